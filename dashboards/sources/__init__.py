"""The other parts as this UI sees them: Prometheus's API, Alertmanager's API v2, Elasticsearch's search. Only HTTP, never an import.

SourceError
├── unreachable     nobody answers, or not in time
├── refused         the source answered with an error of its own (its words are kept)
└── unreadable      the answer is not what the contract says
"""
