"""Clauses on words: match, match_phrase, match_phrase_prefix, match_bool_prefix, multi_match, fuzzy."""

from typing import Any

from logstore.engine import SCHEMA, Query
from logstore.errors import parsing
from logstore.query.base import (
    Context,
    Target,
    all_of,
    any_of,
    boosted,
    clauses,
    expand_fields,
    options,
    single,
    target,
)
from logstore.query.bool_ import required_matches
from logstore.query.leaves import term
from logstore.text import all_words, phrases


@clauses.register("match")
def match_clause(context: Context, body: Any) -> Query:
    """Any (or all) of the words of a text."""
    name, value = single(body, "match")
    given = options(value, "query")
    if "query" not in given:
        raise parsing("No text specified for text query")
    return boosted(match(context, name, given["query"], given), given)


def match(context: Context, name: str, text: Any, given: dict[str, Any]) -> Query:
    where = target(context, name)
    if where.words is None or not isinstance(text, str):
        return term(context, name, text)
    parts = [_words_query(context, where, cut, given) for cut in phrases(text)]
    if not parts:
        return Query.empty_query() if given.get("zero_terms_query", "none") == "none" else Query.all_query()
    if str(given.get("operator", "or")).lower() == "and":
        found = all_of(parts)
    elif "minimum_should_match" in given:
        found = _some_of(parts, required_matches(given["minimum_should_match"], len(parts)))
    else:
        found = any_of(parts)
    if len(set(where.types)) > 1 and where.kind == "json":
        return any_of([found, term(context, name, text)])
    return found


def _some_of(parts: list[Query], wanted: int) -> Query:
    from tantivy import Occur

    return Query.boolean_query([(Occur.Should, part) for part in parts], max(1, wanted))


def _words_query(context: Context, where: Target, cut: list[str], given: dict[str, Any], slop: int = 0) -> Query:
    assert where.words is not None
    context.terms.extend((where.name, word) for word in cut)
    if len(cut) > 1:
        return Query.phrase_query(SCHEMA, where.words, list(cut), slop)
    if given.get("fuzziness") not in (None, 0, "0"):
        return fuzzy_word(where.words, cut[0], given["fuzziness"], int(given.get("prefix_length", 0)))
    return Query.term_query(SCHEMA, where.words, cut[0])


def fuzzy_word(path: str, word: str, fuzziness: Any, prefix_length: int = 0) -> Query:
    if str(fuzziness).upper().startswith("AUTO"):
        distance = 0 if len(word) < 3 else 1 if len(word) < 6 else 2
    else:
        distance = min(2, int(float(fuzziness)))
    return Query.fuzzy_term_query(SCHEMA, path, word, distance) if distance else Query.term_query(SCHEMA, path, word)


@clauses.register("match_phrase")
def match_phrase_clause(context: Context, body: Any) -> Query:
    """The words in this order."""
    name, value = single(body, "match_phrase")
    given = options(value, "query")
    return boosted(phrase(context, name, given.get("query"), int(given.get("slop", 0))), given)


def phrase(context: Context, name: str, text: Any, slop: int = 0) -> Query:
    where = target(context, name)
    if where.words is None or not isinstance(text, str):
        return term(context, name, text)
    cut = all_words(text)
    if not cut:
        return Query.empty_query()
    found = _words_query(context, where, cut, {}, slop)
    if len(set(where.types)) > 1 and where.kind == "json":
        return any_of([found, term(context, name, text)])
    return found


@clauses.register("match_phrase_prefix")
def match_phrase_prefix_clause(context: Context, body: Any) -> Query:
    """The words in this order, the last one only begun."""
    name, value = single(body, "match_phrase_prefix")
    given = options(value, "query")
    return boosted(phrase_prefix(context, name, str(given.get("query"))), given)


def phrase_prefix(context: Context, name: str, text: str) -> Query:
    where = target(context, name)
    if where.words is None:
        return clauses["prefix"].factory(context, {name: text})
    cut = all_words(text)
    if not cut:
        return Query.empty_query()
    context.terms.extend((where.name, word) for word in cut[:-1])
    context.terms.append((where.name, "/" + cut[-1] + ".*"))
    if len(cut) == 1 and where.words == "message":
        return Query.regex_query(SCHEMA, where.words, cut[0] + ".*")
    return Query.phrase_prefix_query(SCHEMA, where.words, list(cut))


@clauses.register("match_bool_prefix")
def match_bool_prefix_clause(context: Context, body: Any) -> Query:
    """Any of the words, the last one only begun."""
    name, value = single(body, "match_bool_prefix")
    given = options(value, "query")
    cut = all_words(str(given.get("query")))
    parts = [match(context, name, word, {}) for word in cut[:-1]]
    parts += [phrase_prefix(context, name, cut[-1])] if cut else []
    both = all_of if str(given.get("operator", "or")).lower() == "and" else any_of
    return boosted(both(parts), given)


@clauses.register("multi_match")
def multi_match_clause(context: Context, body: Any) -> Query:
    """match over several fields."""
    if not isinstance(body, dict) or "query" not in body:
        raise parsing("No text specified for multi_match query")
    given = body.get("fields") or ["*"]
    fields = expand_fields(context, [given] if isinstance(given, str) else given)
    kind = body.get("type", "best_fields")
    found = []
    for name, boost in fields:
        if kind == "phrase":
            query = phrase(context, name, body["query"], int(body.get("slop", 0)))
        elif kind in ("phrase_prefix", "bool_prefix"):
            query = phrase_prefix(context, name, str(body["query"]))
        else:
            query = match(context, name, body["query"], body)
        found.append(Query.boost_query(query, boost) if boost != 1 else query)
    if not found:
        return Query.empty_query()
    return boosted(Query.disjunction_max_query(found, float(body.get("tie_breaker", 0))), body)


@clauses.register("fuzzy")
def fuzzy_clause(context: Context, body: Any) -> Query:
    """Words nearly spelt so."""
    name, value = single(body, "fuzzy")
    given = options(value, "value")
    where = target(context, name)
    if where.kind == "none":
        return Query.empty_query()
    word = str(given.get("value"))
    return boosted(fuzzy_word(where.words or where.whole, word, given.get("fuzziness", "AUTO")), given)
