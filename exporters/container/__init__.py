"""The container exporter: what cAdvisor tells about containers, read from cgroups at scrape time."""
