"""Kubernetes API client and reflector, shared by discovery and log enrichment."""
