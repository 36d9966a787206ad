"""Remote write and read, OTLP: the ways to and from other engines."""
