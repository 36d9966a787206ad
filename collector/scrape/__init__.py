"""Fetching, parsing and appending the pages of targets."""
