"""Routes and inhibition rules of the configuration file."""

from dataclasses import dataclass, field
from typing import Any, Self

from pharos.config import FieldError
from pharos.durations import Duration
from pharos.labels import is_valid_utf8_name
from pharos.matchers import Matcher, MatchOp, parse_matchers


class Matchers(tuple[Matcher, ...]):
    """A list of texts, each one or several matchers: `['a="b"', 'c=~"d.*"']`."""

    __slots__ = ()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        lines = [value] if isinstance(value, str) else value or []
        if not isinstance(lines, list):
            raise ValueError("expected a list of matchers such as 'severity=\"critical\"'")
        out: list[Matcher] = []
        for line in lines:
            if not isinstance(line, str):
                raise ValueError("expected matchers as text, such as 'severity=\"critical\"'")
            if "=" not in line and "~" not in line:
                raise ValueError(f"bad matcher format: {line}, expected name, one of = != =~ !~, and a value")
            out += parse_matchers(line)
        return cls(out)


@dataclass(frozen=True, slots=True)
class EscalationConfig:
    """Who else is told about alerts that nobody has acknowledged so long after their beginning."""

    after: Duration
    receiver: str


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """A node of the routing tree. Source: the `<route>` section of the Alertmanager configuration documentation."""

    receiver: str = ""
    group_by: tuple[str, ...] | None = None
    match: dict[str, str] = field(default_factory=dict)
    match_re: dict[str, str] = field(default_factory=dict)
    matchers: Matchers = field(default_factory=Matchers)
    keep_going: bool = field(default=False, metadata={"key": "continue"})
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    repeat_interval: Duration | None = None
    labels: dict[str, str] = field(default_factory=dict)
    escalate: tuple[EscalationConfig, ...] | None = None
    routes: tuple["RouteConfig", ...] = ()

    def __post_init__(self) -> None:
        self.all_matchers()
        names = self.group_by or ()
        if "..." in names and len(names) > 1:
            raise FieldError("group_by", "cannot have wildcard group_by (`...`) and other labels at the same time")
        for name in names:
            if not is_valid_utf8_name(name):
                raise FieldError("group_by", f"invalid label name {name!r} in group_by list")
            if names.count(name) > 1:
                raise FieldError("group_by", f"duplicated label {name!r} in group_by")
        for key in ("group_interval", "repeat_interval"):
            if getattr(self, key) == 0:
                raise FieldError(key, f"{key} cannot be zero")

    def all_matchers(self) -> tuple[Matcher, ...]:
        """The old and new forms together, in the order that makes up the route's key."""
        out = [Matcher(name, MatchOp.EQUAL, value) for name, value in self.match.items()]
        out += [Matcher(name, MatchOp.REGEX, value) for name, value in self.match_re.items()]
        return tuple(sorted([*out, *self.matchers], key=lambda m: (m.name, m.value, m.op)))


@dataclass(frozen=True, slots=True)
class InhibitRuleConfig:
    """A source that mutes targets. Source: the `<inhibit_rule>` section of the Alertmanager configuration documentation."""

    name: str = ""
    source_match: dict[str, str] = field(default_factory=dict)
    source_match_re: dict[str, str] = field(default_factory=dict)
    source_matchers: Matchers = field(default_factory=Matchers)
    target_match: dict[str, str] = field(default_factory=dict)
    target_match_re: dict[str, str] = field(default_factory=dict)
    target_matchers: Matchers = field(default_factory=Matchers)
    equal: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.source(), self.target()

    def source(self) -> tuple[Matcher, ...]:
        return _together(self.source_match, self.source_match_re, self.source_matchers)

    def target(self) -> tuple[Matcher, ...]:
        return _together(self.target_match, self.target_match_re, self.target_matchers)


def _together(equal: dict[str, str], regex: dict[str, str], matchers: Matchers) -> tuple[Matcher, ...]:
    out = [Matcher(name, MatchOp.EQUAL, value) for name, value in equal.items()]
    out += [Matcher(name, MatchOp.REGEX, value) for name, value in regex.items()]
    return (*out, *matchers)
