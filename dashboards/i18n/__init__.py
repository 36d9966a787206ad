"""English and Simplified Chinese."""
