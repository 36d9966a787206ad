"""The embedded log store that speaks the Elasticsearch REST API. Not here: collecting logs."""
