"""Commands of the collector behind `pharos check`, `test`, `query` and so on: promtool's jobs, with its lines and exit codes."""
