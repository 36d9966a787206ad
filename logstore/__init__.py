"""The embedded log store: Elasticsearch's REST API in front of tantivy, on one box, with nothing to install.

Not here: shipping (`logship`), the web UI (`dashboards`). Whoever needs more than one box points the shipper at an Elasticsearch
cluster and loses nothing: the API is the contract (`docs/contracts/elasticsearch.md`).
"""

__all__: list[str] = []
