"""query_string and simple_query_string: the language of the search box."""

import re
from typing import Any, Final

from tantivy import Occur

from logstore.engine import Query
from logstore.errors import ElasticError, parsing
from logstore.query import lucene
from logstore.query import text as words
from logstore.query.base import Context, any_of, boosted, build, clauses, expand_fields, none_of, target
from logstore.query.bool_ import required_matches
from logstore.query.leaves import exists, pattern, range_, term, wildcard_regex
from logstore.query.lucene import Group, Leaf
from logstore.text import all_words

MOST_FIELDS: Final = 1024


@clauses.register("query_string")
def query_string_clause(context: Context, body: Any) -> Query:
    """Lucene's query language."""
    if not isinstance(body, dict) or "query" not in body:
        raise parsing("[query_string] must be provided with a [query]")
    tree = lucene.parse(str(body["query"]), default_and=str(body.get("default_operator", "or")).lower() == "and")
    given = body.get("fields") or [body.get("default_field") or "*"]
    return boosted(_Translator(context, given, body).group(tree), body)


class _Translator:
    """Tree to query, given the default fields."""

    def __init__(self, context: Context, fields: list[str], body: dict[str, Any]) -> None:
        self.context, self.body = context, body
        self.fields = expand_fields(context, fields)
        if len(self.fields) > MOST_FIELDS:
            raise ElasticError(
                400, "too_many_clauses", f"field expansion matches too many fields, limit: {MOST_FIELDS}"
            )

    def group(self, group: Group) -> Query:
        if not group.clauses:
            return Query.empty_query()
        parts = []
        for sign, clause in group.clauses:
            query = self.group(clause) if isinstance(clause, Group) else self.leaf(clause)
            parts.append(({"+": Occur.Must, "-": Occur.MustNot, "": Occur.Should}[sign], query))
        if all(occur == Occur.MustNot for occur, _ in parts):
            parts.append((Occur.Must, Query.all_query()))
        optional = sum(occur == Occur.Should for occur, _ in parts)
        wanted = self.body.get("minimum_should_match")
        if wanted is not None and optional:
            found = Query.boolean_query(parts, required_matches(wanted, optional))
        else:
            found = parts[0][1] if len(parts) == 1 and parts[0][0] != Occur.MustNot else Query.boolean_query(parts)
        return found if group.boost == 1 else Query.boost_query(found, group.boost)

    def leaf(self, leaf: Leaf) -> Query:
        if leaf.field is None:
            fields = self.fields
            if leaf.kind == "exists":
                return Query.all_query()
        else:
            fields = expand_fields(self.context, [leaf.field.replace("\\", "")])
        found = [self._weighted(self.on_field(leaf, name), boost) for name, boost in fields]
        query = found[0] if len(found) == 1 else (Query.disjunction_max_query(found) if found else Query.empty_query())
        return self._weighted(query, leaf.boost)

    @staticmethod
    def _weighted(query: Query, boost: float) -> Query:
        return query if boost == 1 else Query.boost_query(query, boost)

    def on_field(self, leaf: Leaf, name: str) -> Query:
        context = self.context
        if leaf.kind == "exists":
            return Query.all_query() if name == "*" else exists(context, name)
        if leaf.kind == "range":
            return range_(context, name, dict(leaf.bounds))
        if leaf.kind in ("pattern", "regex"):
            return self._pattern(leaf, name)
        if leaf.kind == "phrase":
            return words.phrase(context, name, leaf.text, leaf.slop or int(self.body.get("phrase_slop", 0)))
        if leaf.kind == "fuzzy":
            return clauses["fuzzy"].factory(context, {name: {"value": leaf.text.lower(), "fuzziness": leaf.slop}})
        return self._word(leaf, name)

    def _pattern(self, leaf: Leaf, name: str) -> Query:
        where = target(self.context, name)
        if where.kind in ("time",) or (where.types and not where.stringy):
            return Query.empty_query()
        regex = leaf.text if leaf.kind == "regex" else wildcard_regex(leaf.text)
        return pattern(self.context, where, regex)

    def _word(self, leaf: Leaf, name: str) -> Query:
        where = target(self.context, name)
        if where.words is not None:
            cut = all_words(leaf.text)
            return words.phrase(self.context, name, leaf.text) if cut else Query.empty_query()
        if leaf.field is None and where.kind == "time":
            return Query.empty_query()
        return term(self.context, name, leaf.text)


_SIMPLE: Final = re.compile(r'"((?:\\.|[^"\\])*)"(?:~(\d+))?|([()|+-])|((?:\\.|[^\s"()|+])+)|(\s+)')


@clauses.register("simple_query_string")
def simple_query_string_clause(context: Context, body: Any) -> Query:
    """The forgiving language: `+` and, `|` or, `-` not, quotes, `prefix*`, parentheses. Never an error."""
    if not isinstance(body, dict) or "query" not in body:
        raise parsing("[simple_query_string] query text missing")
    fields = body.get("fields") or ["*"]
    default_and = str(body.get("default_operator", "or")).lower() == "and"
    parser = _Simple(_Translator(context, fields, body), str(body["query"]), default_and)
    return boosted(parser.run(), body)


class _Simple:
    def __init__(self, translator: _Translator, text: str, default_and: bool) -> None:
        self.translator, self.default_and = translator, default_and
        self.tokens = [match for match in _SIMPLE.finditer(text) if match[5] is None]
        self.at = 0

    def run(self) -> Query:
        found: Query | None = None
        while self.at < len(self.tokens):
            more = self.sequence()
            found = more if found is None else any_of([found, more])
            self.at += 1  # a stray closing parenthesis
        return found if found is not None else Query.empty_query()

    def sequence(self) -> Query:
        """Operands joined by `+`, `|` or the default, up to a closing parenthesis."""
        result: Query | None = None
        joint = ""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token[3] == ")":
                break
            self.at += 1
            if token[3] in ("+", "|"):
                joint = token[3]
                continue
            operand = self.operand(token)
            if operand is None:
                continue
            both = joint == "+" or (joint == "" and self.default_and)
            if result is None:
                result = operand
            else:
                occur = Occur.Must if both else Occur.Should
                result = Query.boolean_query([(occur, result), (occur, operand)])
            joint = ""
        return result if result is not None else Query.empty_query()

    def operand(self, token: re.Match[str]) -> Query | None:
        if token[3] == "-":
            return self.negated()
        if token[3] == "(":
            inner = self.sequence()
            self.at += 1
            return inner
        if token[1] is not None:
            return self.translator.leaf(Leaf("phrase", None, lucene.unescape(token[1]), int(token[2] or 0)))
        word = token[4]
        if word.startswith("-") and len(word) > 1:
            return none_of(self.word(word[1:]))
        return self.word(word)

    def negated(self) -> Query | None:
        if self.at >= len(self.tokens):
            return None
        self.at += 1
        inner = self.operand(self.tokens[self.at - 1])
        return None if inner is None else none_of(inner)

    def word(self, word: str) -> Query:
        if word.endswith("*") and len(word) > 1:
            return self.translator.leaf(Leaf("pattern", None, re.sub(r"([*?\\])", r"\\\1", word[:-1]) + "*"))
        if match := re.fullmatch(r"(.+)~(\d?)", word):
            return self.translator.leaf(Leaf("fuzzy", None, match[1], int(match[2] or 2)))
        return self.translator.leaf(Leaf("word", None, lucene.unescape(word)))


__all__ = ["build"]
