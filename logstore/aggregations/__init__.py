"""Aggregations: what tantivy can do itself goes down in one request; the rest is put together from filters, bucket by bucket.

Each kind is registered by name; a kind that is not there is refused by name.
"""

from logstore.aggregations import buckets, dates, metrics, parents, pipelines
from logstore.aggregations.base import aggregate, kinds

__all__ = ["aggregate", "buckets", "dates", "kinds", "metrics", "parents", "pipelines"]
