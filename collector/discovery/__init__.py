"""Finding targets: static, files, HTTP, DNS. Stands alone: knows nothing of scraping."""
