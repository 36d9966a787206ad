"""Queries: Elasticsearch's query DSL and Lucene's query language, turned into what the index understands.

`build(context, body)` is the entry. Each clause is a function in a registry; what is not there is refused by name.
"""

from logstore.query import bool_, leaves, strings, text
from logstore.query.base import Context, build, clauses

__all__ = ["Context", "bool_", "build", "clauses", "leaves", "strings", "text"]
