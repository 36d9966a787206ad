"""The log shipper: from files (and the network) on this node to Elasticsearch, a forward server, a file or stdout, each line effectively once.

Not here: storing and searching (`logstore`). The contract between the two is Elasticsearch's HTTP API and the documents in
`docs/contracts/elasticsearch.md`.
"""

__all__: list[str] = []
