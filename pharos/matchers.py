"""Label matchers: `job="api"`, `code!~"5.."`, shared by PromQL selectors, routes, silences and API parameters."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pharos.labels import METRIC_NAME, escape_value, is_legacy_label_name, is_valid_utf8_name
from pharos.regex import Regex, anchored


class MatchOp(enum.StrEnum):
    """How a matcher compares; the value is its operator."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True, slots=True)
class Matcher:
    """One comparison of a label with a value. A missing label compares as the empty text."""

    name: str
    op: MatchOp
    value: str
    regex: Regex | None = field(init=False, compare=False, repr=False, default=None)

    def __post_init__(self) -> None:
        if self.op in (MatchOp.REGEX, MatchOp.NOT_REGEX):
            object.__setattr__(self, "regex", anchored(self.value))

    @property
    def negative(self) -> bool:
        return self.op in (MatchOp.NOT_EQUAL, MatchOp.NOT_REGEX)

    def matches_value(self, value: str) -> bool:
        """Whether a label value satisfies the matcher."""
        hit = value == self.value if self.regex is None else self.regex.matches(value)
        return hit != self.negative

    def matches(self, labels: Mapping[str, str]) -> bool:
        return self.matches_value(labels.get(self.name, ""))

    def __str__(self) -> str:
        name = self.name if is_legacy_label_name(self.name) else f'"{escape_value(self.name)}"'
        return f'{name}{self.op.value}"{escape_value(self.value)}"'


_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^\s{}!=~,"'`\\]+))\s*(?P<op>=~|!~|!=|=)\s*"""
    r"""(?:(?P<qvalue>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?P<value>[^\s{}!=~,"'`\\]*))\s*""",
    re.DOTALL,
)
_UNESCAPE = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}


def parse_matcher(text: str) -> Matcher:
    """One matcher in Alertmanager's syntax: `name="value"`, `name=~value`, quotes optional. Raises `ValueError`."""
    match = _TOKEN.fullmatch(text)
    if match is None:
        raise ValueError(f"bad matcher format: {text}, expected name, one of = != =~ !~, and a value")
    return _matcher(match)


def parse_matchers(text: str) -> list[Matcher]:
    """Comma-separated matchers, with or without braces and with an optional leading metric name. Raises `ValueError`."""
    name, _, rest = text.strip().partition("{")
    matchers = []
    body = text.strip()
    if body.endswith("}") and "{" in body:
        body = rest[:-1]
        if name.strip():
            matchers.append(Matcher(METRIC_NAME, MatchOp.EQUAL, name.strip()))
    elif body and not _TOKEN.match(body):
        return [Matcher(METRIC_NAME, MatchOp.EQUAL, body)]
    position = 0
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            if not body[position:].strip():
                break
            raise ValueError(f"bad matcher format: {body[position:].strip()}")
        matchers.append(_matcher(match))
        position = match.end()
        if position < len(body) and body[position] != ",":
            raise ValueError(f"expected a comma after a matcher, found {body[position:]!r}")
        position += 1
    return matchers


def _matcher(match: re.Match[str]) -> Matcher:
    name = _unquote(match["quoted"]) if match["quoted"] else match["bare"]
    value = _unquote(match["qvalue"]) if match["qvalue"] is not None else match["value"]
    if not is_valid_utf8_name(name):
        raise ValueError(f"invalid label name {name!r}")
    return Matcher(name, MatchOp(match["op"]), value)


def _unquote(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]
    return re.sub(r"\\(.)", lambda m: _UNESCAPE.get(m[1], m[0]), text[1:-1], flags=re.DOTALL)
