"""Notification templates: the data they see, their functions, and our default texts."""
