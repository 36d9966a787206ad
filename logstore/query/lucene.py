"""Lucene's query language: text to a tree. Pure; what a leaf means is decided elsewhere.

    level:error AND (timeout OR "connection reset"~2) -namespace:kube-* size:[1 TO 10} took:>=5 _exists_:trace /ab+c/ wor?d^2 fuzy~1

As in Lucene's classic parser, AND makes both neighbours required, OR none: `a OR b AND c` means `a +b +c`.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from logstore.errors import ElasticError


@dataclass(frozen=True, slots=True)
class Leaf:
    """A condition on one field (None: the default fields). `kind`: word, phrase, pattern, regex, range, fuzzy, exists."""

    kind: str
    field: str | None
    text: str = ""
    slop: int = 0
    boost: float = 1.0
    bounds: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Group:
    """Clauses with their occurrence: `+` required, `-` forbidden, empty: optional."""

    clauses: list[tuple[str, "Leaf | Group"]] = field(default_factory=list)
    boost: float = 1.0


_TOKENS: Final = re.compile(
    r"""(?P<space>\s+)
      | (?P<and>AND\b|&&)
      | (?P<or>OR\b|\|\|)
      | (?P<not>NOT\b|!)
      | (?P<open>\() | (?P<close>\))
      | (?P<phrase>"(?:\\.|[^"\\])*")
      | (?P<range>[\[{]\s*(?:"(?:\\.|[^"\\])*"|(?:\\.|[^\s\\\]}])+)\s+TO\s+(?:"(?:\\.|[^"\\])*"|(?:\\.|[^\s\\\]}])+)\s*[\]}])
      | (?P<regex>/(?:\\.|[^/\\])+/)
      | (?P<compare>[<>]=?)
      | (?P<boost>\^\d*\.?\d+)
      | (?P<fuzzy>~\d*\.?\d*)
      | (?P<plus>\+) | (?P<minus>-)
      | (?P<colon>:)
      | (?P<word>(?:\\.|[^\s\\:()\[\]{}"^~/<>+!-]|(?<=[^\s(:])[-+/!<>])(?:\\.|[^\s\\:()\[\]{}"^~])*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    def __init__(self, text: str, default_and: bool) -> None:
        self.text, self.default_and = text, default_and
        self.tokens = [
            _Token(str(match.lastgroup), match[0], match.start())
            for match in _TOKENS.finditer(text)
            if match.lastgroup != "space"
        ]
        self.at = 0

    def fail(self, token: _Token | None, message: str) -> ElasticError:
        where = f"at line 1, column {token.at}" if token else "at the end"
        return ElasticError(400, "query_shard_exception", f"Failed to parse query [{self.text}]: {message} {where}")

    def peek(self, ahead: int = 0) -> _Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise self.fail(None, "unexpected end")
        self.at += 1
        return token

    def accept(self, kind: str) -> _Token | None:
        token = self.peek()
        if token is not None and token.kind == kind:
            self.at += 1
            return token
        return None

    def group(self, field_name: str | None, *, nested: bool) -> Group:
        group = Group()
        while (token := self.peek()) is not None and token.kind != "close":
            conjunction = ""
            if group.clauses and token.kind in ("and", "or"):
                conjunction = self.take().kind
            sign = self._sign()
            clause = self.clause(field_name)
            self._add(group, conjunction, sign, clause)
        if nested and self.accept("close") is None:
            raise self.fail(None, "missing )")
        if not nested and (extra := self.peek()) is not None:
            raise self.fail(extra, f"unexpected [{extra.text}]")
        return group

    def _sign(self) -> str:
        sign = ""
        while (token := self.peek()) is not None and token.kind in ("plus", "minus", "not"):
            self.take()
            negative = token.kind != "plus"
            sign = "+" if not negative else ("" if sign == "-" and token.kind == "not" else "-")
        return sign

    def _add(self, group: Group, conjunction: str, sign: str, clause: "Leaf | Group") -> None:
        if group.clauses:
            occur, previous = group.clauses[-1]
            if conjunction == "and" and occur != "-":
                group.clauses[-1] = ("+", previous)
            if conjunction == "or" and self.default_and and occur != "-":
                group.clauses[-1] = ("", previous)
        if sign == "-":
            occur = "-"
        elif sign == "+" or conjunction == "and" or (self.default_and and conjunction != "or"):
            occur = "+"
        else:
            occur = ""
        group.clauses.append((occur, clause))

    def clause(self, field_name: str | None) -> "Leaf | Group":
        following = self.peek(1)
        token = self.peek()
        if token is not None and token.kind == "word" and following is not None and following.kind == "colon":
            self.at += 2
            field_name = unescape(token.text)
        if self.accept("open"):
            inner = self.group(field_name, nested=True)
            inner.boost = self._boost()
            return inner
        return self.leaf(field_name)

    def leaf(self, field_name: str | None) -> Leaf:
        token = self.take()
        if token.kind == "word":
            return self._word(field_name, token)
        if token.kind == "phrase":
            slop = self._fuzzy()
            return Leaf("phrase", field_name, unescape(token.text[1:-1]), int(slop or 0), self._boost())
        if token.kind == "regex":
            return Leaf("regex", field_name, token.text[1:-1].replace("\\/", "/"), boost=self._boost())
        if token.kind == "range":
            return Leaf("range", field_name, token.text, boost=self._boost(), bounds=_bounds(token.text))
        if token.kind == "compare":
            value = self.take()
            if value.kind not in ("word", "phrase", "minus", "plus"):
                raise self.fail(value, f"unexpected [{value.text}]")
            text = value.text + (self.take().text if value.kind in ("minus", "plus") else "")
            key = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}[token.text]
            return Leaf(
                "range", field_name, token.text, boost=self._boost(), bounds=((key, unescape(text.strip('"'))),)
            )
        raise self.fail(token, f"unexpected [{token.text}]")

    def _word(self, field_name: str | None, token: _Token) -> Leaf:
        if field_name == "_exists_":
            return Leaf("exists", unescape(token.text))
        fuzzy = self._fuzzy()
        boost = self._boost()
        if fuzzy is not None:
            return Leaf("fuzzy", field_name, unescape(token.text), int(float(fuzzy or 2)), boost)
        if re.search(r"(?<!\\)[*?]", token.text):
            if token.text == "*":
                return Leaf("exists", field_name, boost=boost)
            return Leaf("pattern", field_name, token.text, boost=boost)
        return Leaf("word", field_name, unescape(token.text), boost=boost)

    def _fuzzy(self) -> str | None:
        token = self.accept("fuzzy")
        return token.text[1:] if token else None

    def _boost(self) -> float:
        token = self.accept("boost")
        return float(token.text[1:]) if token else 1.0


def _bounds(text: str) -> tuple[tuple[str, str], ...]:
    low, high = re.split(r"\s+TO\s+", text[1:-1].strip(), maxsplit=1)
    out = []
    if low != "*":
        out.append(("gte" if text[0] == "[" else "gt", unescape(low.strip('"'))))
    if high != "*":
        out.append(("lte" if text[-1] == "]" else "lt", unescape(high.strip('"'))))
    return tuple(out)


def unescape(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def parse(text: str, *, default_and: bool = False) -> Group:
    """The tree of a query. Raises `ElasticError` with the position."""
    return _Parser(text, default_and).group(None, nested=False)


def quoted_literally(text: str) -> str:
    """The text with every special character escaped: for lenient callers whose query does not parse."""
    return re.sub(r'([\\+\-!():^\[\]"{}~*?/<>=&|])', r"\\\1", text)
