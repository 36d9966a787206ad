"""Serving the UI: static files, security headers, and the Dash application on our FastAPI instance."""
