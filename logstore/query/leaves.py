"""Clauses on whole values: term, terms, range, exists, prefix, wildcard, regexp, ids."""

import operator
import re
from typing import Any, Final

from logstore import engine
from logstore.engine import SCHEMA, FieldType, Query
from logstore.errors import ElasticError, parsing, unsupported
from logstore.query.base import (
    Context,
    Target,
    all_of,
    any_of,
    boosted,
    build,
    clauses,
    escape_path,
    options,
    single,
    target,
    variants,
)
from logstore.timestamps import iso, resolve, zone

MAX_EXPANSIONS: Final = 65_000


@clauses.register("term")
def term_clause(context: Context, body: Any) -> Query:
    """One whole value (or one word of a text)."""
    name, value = single(body, "term")
    given = options(value, "value")
    if given.get("case_insensitive") and isinstance(given.get("value"), str):
        return boosted(pattern(context, target(context, name), re.escape(given["value"]), ignore_case=True), given)
    return boosted(term(context, name, given.get("value")), given)


@clauses.register("terms")
def terms_clause(context: Context, body: Any) -> Query:
    """Any of several values."""
    name, values = single(body, "terms")
    if isinstance(values, dict):
        raise unsupported("a terms lookup")
    if not isinstance(values, list):
        raise parsing("[terms] query requires an array of terms")
    return boosted(any_of([term(context, name, value) for value in values]), body)


def term(context: Context, name: str, value: Any) -> Query:
    """The documents whose field holds the value."""
    if value is None:
        raise ElasticError(400, "illegal_argument_exception", f"value cannot be null for field [{name}]")
    where = target(context, name)
    if where.kind == "none":
        return Query.empty_query()
    if where.kind == "time":
        return time_range(context, {"gte": value, "lte": value})
    if where.kind == "id":
        return Query.term_query(SCHEMA, "_id", str(value), "basic")
    if where.kind == "index":
        return in_indices(context, str(value))
    if where.has("ip") and "/" in str(value):
        raise unsupported("a term query with a network mask on an ip field")
    found = []
    if where.words:
        context.terms.append((where.name, str(value).lower()))
        found.append(Query.term_query(SCHEMA, where.words, str(value)))
    if where.kind == "json" and not (where.words and len(where.types) == 1):
        context.terms.append((where.name, str(value)))
        found += [Query.term_query(SCHEMA, where.whole, variant, "basic") for variant in variants(where, value)]
    return any_of(found)


def in_indices(context: Context, pattern_: str) -> Query:
    ranges = context.index_rows(pattern_)
    return any_of([Query.range_query(SCHEMA, "_row", FieldType.Unsigned, low, high) for low, high in ranges])


@clauses.register("ids")
def ids(context: Context, body: Any) -> Query:
    """Documents by id."""
    values = body.get("values", [])
    return Query.term_set_query(
        SCHEMA, "_id", [str(value) for value in (values if isinstance(values, list) else [values])]
    )


@clauses.register("exists")
def exists_clause(context: Context, body: Any) -> Query:
    """Documents that have the field."""
    if not isinstance(body, dict) or "field" not in body:
        raise parsing("[exists] must be provided with a [field]")
    return boosted(exists(context, body["field"]), body)


def exists(context: Context, name: str) -> Query:
    where = target(context, name)
    if name in ("_id", "_index", "_source", "_seq_no"):
        return Query.all_query()
    if where.kind == "time":
        return Query.exists_query("@timestamp")
    if where.kind == "none":
        return Query.empty_query()
    found = [Query.exists_query(where.whole, True)] if where.kind == "json" else []
    found.append(Query.term_query(SCHEMA, "k._text", where.name, "basic"))
    inner = [n for n in context.types if n.startswith(name + ".")]
    found += [Query.term_query(SCHEMA, "k._text", n, "basic") for n in inner]
    return any_of(found)


# Ranges


@clauses.register("range")
def range_clause(context: Context, body: Any) -> Query:
    """gt, gte, lt, lte on dates (with date math), numbers and strings."""
    name, bounds = single(body, "range")
    if not isinstance(bounds, dict):
        raise parsing(f"[range] query malformed, no start_object after field [{name}]")
    unknown = set(bounds) - {
        "gt",
        "gte",
        "lt",
        "lte",
        "from",
        "to",
        "include_lower",
        "include_upper",
        "format",
        "time_zone",
        "boost",
        "relation",
    }
    if unknown:
        raise parsing(f"[range] query does not support [{sorted(unknown)[0]}]")
    return boosted(range_(context, name, _modern(bounds)), bounds)


def _modern(bounds: dict[str, Any]) -> dict[str, Any]:
    out = {key: value for key, value in bounds.items() if value is not None}
    if "from" in out:
        out["gte" if bounds.get("include_lower", True) else "gt"] = out["from"]
    if "to" in out:
        out["lte" if bounds.get("include_upper", True) else "lt"] = out["to"]
    return out


def range_(context: Context, name: str, bounds: dict[str, Any]) -> Query:
    where = target(context, name)
    if where.kind == "none":
        return Query.empty_query()
    if where.kind == "time":
        return time_range(context, bounds)
    if where.kind != "json":
        raise unsupported(f"a range query on the field [{name}]")
    found = []
    if where.has("date", "date_nanos"):
        low, high = moments(context, bounds)
        found.append(_date_range(context, where, low, high))
    elif where.numeric:
        found.append(_number_range(context, where, bounds))
    if where.has("keyword", "ip", "version", "text", "wildcard", "constant_keyword") and not where.has("date"):
        found.append(_string_range(context, where, bounds))
    return any_of(found)


def moments(context: Context, bounds: dict[str, Any]) -> tuple[int | None, int | None]:
    """Inclusive bounds in milliseconds."""
    where = zone(bounds["time_zone"]) if "time_zone" in bounds else context.zone
    form = str(bounds.get("format", ""))

    def moment(key: str, *, up: bool, shift: int) -> int | None:
        if key not in bounds:
            return None
        return resolve(bounds[key], context.now_ms, round_up=up, format_=form, where=where) + shift

    lows = [low for low in (moment("gte", up=False, shift=0), moment("gt", up=True, shift=1)) if low is not None]
    highs = [high for high in (moment("lte", up=True, shift=0), moment("lt", up=False, shift=-1)) if high is not None]
    return max(lows, default=None), min(highs, default=None)


def time_range(context: Context, bounds: dict[str, Any]) -> Query:
    """A range of `@timestamp`."""
    return between(*moments(context, bounds))


def between(low: int | None, high: int | None) -> Query:
    """`@timestamp` from `low` to `high`, both inclusive, in milliseconds."""
    if low is None and high is None:
        return Query.exists_query("@timestamp")
    if low is not None and high is not None and low > high:
        return Query.empty_query()
    try:
        bounds = [None if ms is None else engine.utc(ms) for ms in (low, high)]
    except OverflowError as error:
        raise ElasticError(400, "parse_exception", "date out of range") from error
    return Query.range_query(SCHEMA, "@timestamp", FieldType.Date, bounds[0], bounds[1])


def _side(context: Context, where: Target, sign: str, bound: str) -> Query:
    """One open range. Two of them make a closed one: tantivy's parser gives both bounds of a range one type, or fails."""
    return context.parse(f"{escape_path(where.whole)}:{sign}{bound}")


_SIGNS: Final = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}


def _date_range(context: Context, where: Target, low: int | None, high: int | None) -> Query:
    sides = [_side(context, where, sign, iso(ms)) for sign, ms in ((">=", low), ("<=", high)) if ms is not None]
    return all_of(sides) if sides else Query.exists_query(where.whole, True)


def _number_range(context: Context, where: Target, bounds: dict[str, Any]) -> Query:
    sides = []
    for key, sign in _SIGNS.items():
        if key in bounds:
            try:
                value = float(bounds[key])
            except (TypeError, ValueError) as error:
                raise ElasticError(400, "number_format_exception", f'For input string: "{bounds[key]}"') from error
            sides.append(_side(context, where, sign, str(int(value)) if value.is_integer() else repr(value)))
    return all_of(sides) if sides else Query.exists_query(where.whole, True)


def _string_range(context: Context, where: Target, bounds: dict[str, Any]) -> Query:
    """Compared here, value by value: the parser would take a bound such as `404` for a number."""
    tests = [(_COMPARE[key], str(bounds[key])) for key in _SIGNS if key in bounds]
    if not tests:
        return Query.exists_query(where.whole, True)
    return _any_value(where, [v for v in _values(context, where, {}) if all(test(v, bound) for test, bound in tests)])


_COMPARE: Final = {"gte": operator.ge, "gt": operator.gt, "lte": operator.le, "lt": operator.lt}


# Patterns


@clauses.register("prefix")
def prefix_clause(context: Context, body: Any) -> Query:
    """Values (or words) that begin so."""
    name, value = single(body, "prefix")
    given = options(value, "value")
    text = re.escape(str(given.get("value"))) + ".*"
    return boosted(
        pattern(context, target(context, name), text, ignore_case=bool(given.get("case_insensitive"))), given
    )


@clauses.register("wildcard")
def wildcard_clause(context: Context, body: Any) -> Query:
    """`*` and `?` over values (or words)."""
    name, value = single(body, "wildcard")
    given = options(value, "value")
    text = given.get("value", given.get("wildcard"))
    return boosted(
        pattern(
            context, target(context, name), wildcard_regex(str(text)), ignore_case=bool(given.get("case_insensitive"))
        ),
        given,
    )


@clauses.register("regexp")
def regexp_clause(context: Context, body: Any) -> Query:
    """A regular expression over values (or words)."""
    name, value = single(body, "regexp")
    given = options(value, "value")
    ignore_case = bool(given.get("case_insensitive"))
    return boosted(pattern(context, target(context, name), str(given.get("value")), ignore_case=ignore_case), given)


def wildcard_regex(text: str) -> str:
    """`ab*c?` as a regular expression; a backslash escapes."""
    out, at = [], 0
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            at += 1
            out.append(re.escape(text[at]))
        else:
            out.append({"*": ".*", "?": "."}.get(char) or re.escape(char))
        at += 1
    return "".join(out)


def pattern(context: Context, where: Target, regex: str, *, ignore_case: bool = False) -> Query:
    """Values or words that match a regular expression as a whole."""
    regex = _plain_escapes(regex)
    if where.kind == "none":
        return Query.empty_query()
    if where.kind == "index":
        names = rf"{regex}"
        return any_of([in_indices(context, name) for name in _index_names(context) if re.fullmatch(names, name)])
    if where.kind == "message":
        context.terms.append(("message", "/" + regex))
        return _regex_query("message", regex.lower() if not re.search(r"\\[A-Z]", regex) else regex)
    if where.kind == "id":
        return _regex_query("_id", regex)
    if where.kind == "time":
        raise unsupported("a pattern on a date field")
    context.terms.append((where.name, "/" + regex))
    if where.words:  # a word somewhere in the value; the values of text fields stand in the columns too, up to a length
        word = _insensitive(regex.replace(".*", r"[^\s]*"))
        return _expanded(context, where, rf"(?s:.*[^\w])?({word})(?s:[^\w].*)?|({word})")
    return _expanded(context, where, _insensitive(regex) if ignore_case else regex)


def _index_names(context: Context) -> list[str]:
    return context.types.get("_index", [])


def _regex_query(name: str, regex: str) -> Query:
    try:
        return Query.regex_query(SCHEMA, name, regex)
    except ValueError as error:
        raise ElasticError(400, "illegal_argument_exception", f"bad regular expression [{regex}]: {error}") from error


def _expanded(context: Context, where: Target, regex: str) -> Query:
    """The values that match, looked up in the columns, then one query for the set of them."""
    return _any_value(where, _values(context, where, {"include": regex}))


def _values(context: Context, where: Target, chosen: dict[str, Any]) -> list[str]:
    """The strings in a column. Raises `ElasticError` when they are too many."""
    request = {"values": {"terms": {"field": where.whole, "size": MAX_EXPANSIONS, **chosen}}}
    try:
        buckets = engine.aggregate(context.searcher, Query.all_query(), request)["values"]["buckets"]
    except ValueError as error:
        raise ElasticError(400, "illegal_argument_exception", f"bad expression for [{where.name}]: {error}") from error
    if len(buckets) >= MAX_EXPANSIONS:
        raise ElasticError(400, "too_many_clauses", f"more than {MAX_EXPANSIONS} values of [{where.name}] match")
    return [bucket["key"] for bucket in buckets if isinstance(bucket["key"], str)]


def _any_value(where: Target, values: list[str]) -> Query:
    return Query.term_set_query(SCHEMA, where.whole, values) if values else Query.empty_query()


def _insensitive(regex: str) -> str:
    return re.sub(r"\\.|[A-Za-z]", lambda m: m[0] if m[0][0] == "\\" else f"[{m[0].lower()}{m[0].upper()}]", regex)


def _plain_escapes(regex: str) -> str:
    """Python escapes more than the index's dialect knows: take back what needs no escape."""
    return re.sub(r"\\([^A-Za-z0-9\\.+*?()|\[\]{}^$#&~-])", r"\1", regex).replace("\\-", "[-]")


__all__ = ["between", "build", "exists", "in_indices", "pattern", "range_", "term", "time_range", "wildcard_regex"]
