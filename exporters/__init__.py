"""Metrics of this machine and of its containers. Not here: scraping or storing them."""
