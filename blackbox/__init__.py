"""The blackbox prober: asks endpoints over HTTP, TCP, ICMP and DNS and tells how it went. Not here: schedules."""
