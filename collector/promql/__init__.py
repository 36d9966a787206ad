"""PromQL: parser, evaluator on [series, steps] matrices, engine. Not here: HTTP, rules, storage."""

from collector.promql.engine import ActiveQuery, Engine, EngineOptions
from collector.promql.errors import (
    ExecutionError,
    InvalidQueryError,
    ParseError,
    QueryCanceledError,
    QueryError,
    QueryTimeoutError,
    Span,
)
from collector.promql.functions.own import function
from collector.promql.parser import Parser, ParserOptions, parse_selector
from collector.promql.result import QueryResult, QueryStats
from collector.promql.run import CancelToken

__all__ = [
    "ActiveQuery", "CancelToken", "Engine", "EngineOptions", "ExecutionError", "InvalidQueryError", "ParseError", "Parser",
    "ParserOptions", "QueryCanceledError", "QueryError", "QueryResult", "QueryStats", "QueryTimeoutError", "Span", "function",
    "parse_selector",
]  # fmt: skip
