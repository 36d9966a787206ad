"""Silences: what they are, which there are, and how they survive a crash."""
