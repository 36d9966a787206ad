"""The words of PromQL: what kinds of token there are, and how an error message names one.

The kind of a token is a text: an operator's or bracket's own characters, a keyword in lower case, or one of the classes below.
"""

from dataclasses import dataclass
from typing import Final

from collector.promql.errors import Span
from collector.promql.parser.quoting import go_quote

IDENTIFIER: Final = "identifier"
METRIC_IDENTIFIER: Final = "metric identifier"
STRING: Final = "string"
NUMBER: Final = "number"
DURATION: Final = "duration"
EOF: Final = "end of input"
CLASSES: Final = frozenset({IDENTIFIER, METRIC_IDENTIFIER, STRING, NUMBER, DURATION})

BROKEN: Final = "broken"  # stands where the text is no token
SET_OPERATORS: Final = frozenset({"and", "or", "unless"})
COMPARISONS: Final = frozenset({"==", "!=", "<=", "<", ">=", ">"})
TRIMS: Final = frozenset({"</", ">/"})
ARITHMETIC: Final = frozenset({"+", "-", "*", "/", "%", "^", "atan2"})
OPERATORS: Final = SET_OPERATORS | COMPARISONS | TRIMS | ARITHMETIC | {"=~", "!~", "@"}

AGGREGATORS: Final = (
    "sum", "avg", "count", "min", "max", "group", "stddev", "stdvar", "topk", "bottomk", "count_values", "quantile",
    "limitk", "limit_ratio",
)  # fmt: skip
PARAMETER_AGGREGATORS: Final = frozenset({"topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"})
EXPERIMENTAL_AGGREGATORS: Final = frozenset({"limitk", "limit_ratio"})
MODIFIERS: Final = frozenset({
    "bool", "by", "group_left", "group_right", "fill", "fill_left", "fill_right", "ignoring", "offset", "smoothed",
    "anchored", "on", "without",
})  # fmt: skip
PREPROCESSORS: Final = frozenset({"start", "end", "step", "range", "max_of", "min_of"})
DURATION_WORDS: Final = frozenset({"step", "range", "max_of", "min_of"})
WORD_OPERATORS: Final = SET_OPERATORS | {"atan2"}
KEYWORDS: Final = WORD_OPERATORS | frozenset(AGGREGATORS) | MODIFIERS | PREPROCESSORS

# Keywords that may stand where a metric name or a label name may.
METRIC_WORDS: Final = frozenset(AGGREGATORS) | SET_OPERATORS | PREPROCESSORS | {
    "by", "without", "fill", "fill_left", "fill_right", "offset", "anchored", "smoothed",
}  # fmt: skip
LABEL_WORDS: Final = KEYWORDS - {"without"}

PRECEDENCE: Final = {
    "or": 1, "and": 2, "unless": 2,
    "==": 3, "!=": 3, "<=": 3, "<": 3, ">=": 3, ">": 3, "</": 3, ">/": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "atan2": 5, "^": 6,
}  # fmt: skip
UNARY_PRECEDENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Token:
    """One word: its kind, its text as written, and where it stands."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def describe(self) -> str:
        """The token as Prometheus's messages name it: `<op:+>`, `<by>`, `<aggr:sum>`, `identifier "x"`, `"("`."""
        if self.kind == EOF:
            return EOF
        if self.kind == "@":  # it has no name in Prometheus's table
            return '"<Item 57400>" <op:@>'
        if self.kind in OPERATORS:
            return f"<op:{self.text}>"
        if self.kind in MODIFIERS:
            return f"<{self.text}>"
        if self.kind in AGGREGATORS:
            return f"<aggr:{self.text}>"
        long = len(self.text) > 10 and self.kind not in (IDENTIFIER, METRIC_IDENTIFIER)
        shown = go_quote(self.text[:10]) + "..." if long else go_quote(self.text)
        return f"{self.kind} {shown}" if self.kind in CLASSES else shown
