"""Time-series storage: head, write-ahead log, blocks, selection."""
