"""Clauses made of other clauses: bool, constant_score, dis_max, match_all, match_none."""

from typing import Any

from tantivy import Occur

from logstore.engine import Query
from logstore.errors import parsing
from logstore.query.base import Context, all_of, boosted, build, clauses

_PARTS = ("must", "filter", "should", "must_not")


@clauses.register("bool")
def bool_query(context: Context, body: Any) -> Query:
    """must, filter, should, must_not, minimum_should_match."""
    if not isinstance(body, dict):
        raise parsing("[bool] query malformed, no start_object after query name")
    unknown = set(body) - {*_PARTS, "minimum_should_match", "boost", "_name", "adjust_pure_negative"}
    if unknown:
        raise parsing(f"[bool] query does not support [{sorted(unknown)[0]}]")
    parts = {part: [build(context, clause) for clause in _list(body.get(part))] for part in _PARTS}
    required = [(Occur.Must, query) for query in parts["must"]]
    required += [(Occur.Must, Query.const_score_query(query, 0.0)) for query in parts["filter"]]
    should = [(Occur.Should, query) for query in parts["should"]]
    wanted = required_matches(body.get("minimum_should_match", 0 if required else 1), len(should))
    if should and wanted:
        required.append((Occur.Must, Query.boolean_query(should, wanted)))
        should = []
    if wanted and not parts["should"] and "minimum_should_match" in body:
        return Query.empty_query()
    if (not required and not should) or (not required and parts["must_not"]):
        required.append(
            (Occur.Must, Query.const_score_query(Query.all_query(), 1.0 if not any(parts.values()) else 0.0))
        )
    return boosted(Query.boolean_query(required + should + [(Occur.MustNot, q) for q in parts["must_not"]]), body)


def required_matches(text: Any, count: int) -> int:
    """How many of `count` must match for `minimum_should_match`: `2`, `-1`, `75%`, `-25%`, `3<90%`."""
    rule = str(text).strip()
    if "<" in rule:
        chosen = str(count)
        for condition in rule.split():
            limit, _, value = condition.partition("<")
            if count > int(limit):
                chosen = value
        return required_matches(chosen, count)
    if rule.endswith("%"):
        percent = float(rule[:-1])
        part = int(count * abs(percent) / 100)
        wanted = count - part if percent < 0 else part
    else:
        wanted = int(rule) if int(rule) >= 0 else count + int(rule)
    return max(0, min(wanted, count) if count else wanted)


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


@clauses.register("match_all")
def match_all(context: Context, body: Any) -> Query:
    """Every document."""
    return boosted(Query.const_score_query(Query.all_query(), 1.0), body)


@clauses.register("match_none")
def match_none(context: Context, body: Any) -> Query:
    """No document."""
    return Query.empty_query()


@clauses.register("constant_score")
def constant_score(context: Context, body: Any) -> Query:
    """A filter with a fixed score."""
    return Query.const_score_query(build(context, body.get("filter")), float(body.get("boost", 1)))


@clauses.register("dis_max")
def dis_max(context: Context, body: Any) -> Query:
    """The best of several."""
    queries = [build(context, clause) for clause in _list(body.get("queries"))]
    return boosted(Query.disjunction_max_query(queries, float(body.get("tie_breaker", 0))), body)


@clauses.register("boosting")
def boosting(context: Context, body: Any) -> Query:
    """Matches the positive query; the negative one only changes the order, by leaving its matches unscored."""
    positive = build(context, body["positive"])
    return all_of([positive])
