"""Cgroups as folders: where the hierarchies are, which groups exist, how their names tell what they belong to."""
