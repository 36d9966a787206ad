"""Queries as the API, rules and command-line tools ask them, on one engine."""

from collector.api.context import QueryOptions
from collector.promql.engine import Engine, EngineOptions
from collector.promql.functions import own_signatures
from collector.promql.parser import Parser, options_of
from collector.promql.parser.ast import Expr
from collector.promql.result import QueryResult
from collector.rules.samples import Sample, vector
from collector.storage.interface import Queryable


def parser_for(features: frozenset[str]) -> Parser:
    """The parser of a set of features."""
    return Parser(options_of(features), own_signatures())


class Queries:
    """An engine with the calls its users need; every call runs in the thread that asks."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def over(cls, storage: Queryable, features: frozenset[str], **options: object) -> "Queries":
        """Queries over a storage, with features named as Prometheus's flags."""
        return cls(Engine(storage, EngineOptions(features=features, **options)))  # type: ignore[arg-type]

    def parse(self, text: str) -> Expr:
        """Raises `ParseError`."""
        return self.engine.parser.parse(text)

    def instant(self, text: str, time_ms: int, options: QueryOptions | None = None) -> QueryResult:
        """Raises `QueryError`."""
        chosen = options or QueryOptions()
        return self.engine.instant(
            text,
            time_ms,
            cancel=chosen.cancel,
            timeout_s=chosen.timeout_s,
            lookback_ms=chosen.lookback_ms or None,
            light=chosen.light,
        )

    def range(
        self,
        text: str,
        start_ms: int,
        end_ms: int,
        step_ms: int,
        options: QueryOptions | None = None,
        storage: Queryable | None = None,
    ) -> QueryResult:
        """Over another storage when one is given. Raises `QueryError`."""
        chosen = options or QueryOptions()
        return self.engine.range(
            text,
            start_ms,
            end_ms,
            step_ms,
            cancel=chosen.cancel,
            timeout_s=chosen.timeout_s,
            lookback_ms=chosen.lookback_ms or None,
            queryable=storage,
            light=chosen.light,
        )

    def is_light(self, text: str, start_ms: int, end_ms: int, step_ms: int, lookback_ms: int) -> bool:
        """Whether a query (step 0: an instant one) may run on the event loop."""
        return self.engine.is_light(text, start_ms, end_ms, step_ms, lookback_ms or None)

    def for_rules(self, text: str, time_ms: int) -> list[Sample]:
        """The `QueryFunction` of rules. Raises `QueryError` or `RuleError`."""
        return vector(self.engine.instant(text, time_ms))
