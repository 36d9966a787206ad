"""Connections as the probers need them: timed, resolved once, closed at once. Not here: pools, retries, keep-alive."""
