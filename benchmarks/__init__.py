"""Benchmarks: each module compares with the real peer in one run and prints ratios; machines are noisy, ratios less so."""
