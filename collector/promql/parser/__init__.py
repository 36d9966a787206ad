"""Text to a checked tree, and back. Not here: anything that needs data."""

import sys
from functools import lru_cache
from typing import Final

from collector.promql.errors import ParseError, Span
from collector.promql.parser.ast import Expr, VectorSelector, children
from collector.promql.parser.check import check
from collector.promql.parser.options import ParserOptions, options_of
from collector.promql.parser.printer import matcher_text, pretty, to_text
from collector.promql.parser.signatures import SIGNATURES, Signature
from collector.promql.parser.syntax import Syntax
from collector.promql.parser.tree_json import to_json
from pharos.matchers import Matcher

__all__ = [
    "Parser",
    "ParserOptions",
    "matcher_text",
    "options_of",
    "parse_selector",
    "pretty",
    "to_json",
    "to_text",
]  # fmt: skip

MAX_DEPTH: Final = 1000  # levels of an expression; what walks through a tree calls itself for each
_FRAMES: Final = 20  # of Python, for one level
sys.setrecursionlimit(max(sys.getrecursionlimit(), MAX_DEPTH * _FRAMES))


class Parser:
    """Parses expressions with given options and functions, and remembers the last thousand: dashboards repeat themselves."""

    def __init__(self, options: ParserOptions | None = None, functions: dict[str, Signature] | None = None) -> None:
        self.options = options or ParserOptions()
        self._functions = SIGNATURES if functions is None else functions
        self._cached = lru_cache(maxsize=1024)(self._parse)

    def parse(self, text: str) -> Expr:
        """The checked tree of an expression; shared, not to be changed. Raises `ParseError`."""
        return self._cached(text)

    def _parse(self, text: str) -> Expr:
        try:
            expr = Syntax(text, self.options, self._functions).expression()
        except RecursionError:
            raise _too_deep(text) from None
        if _deeper(expr, MAX_DEPTH):
            raise _too_deep(text)
        check(expr, text)
        return expr


def _deeper(expr: Expr, most: int) -> bool:
    """Whether an expression has more levels than that; found without recursion."""
    level = [expr]
    for _ in range(most):
        level = [child for node in level for child in children(node)]
        if not level:
            return False
    return True


def _too_deep(text: str) -> ParseError:
    return ParseError(f"expression is nested more than {MAX_DEPTH} levels deep", Span(), text)


def parse_selector(text: str) -> list[Matcher]:
    """The matchers of a bare series selector such as `up{job="a"}`, as `match[]` takes it. Raises `ParseError`."""
    selector: VectorSelector = Syntax(text, ParserOptions()).selector()
    return selector.matchers
