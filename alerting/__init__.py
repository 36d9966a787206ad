"""Alerts in by the Alertmanager API v2, notifications out to chats. Not here: evaluating alert rules."""
