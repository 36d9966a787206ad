"""Random pages for scrapers: what a target answers, and the configurations it is scraped with."""
