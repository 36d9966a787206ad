"""Recording and alerting rules, and sending alerts."""
