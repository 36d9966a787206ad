"""Template variables: what a dashboard declares, the query language of `label_values`, and choosing the current value."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from dashboards.model.interpolation import ALL, Value, references

KINDS: Final = ("query", "datasource", "custom", "interval", "textbox", "constant", "adhoc")
MAX_OPTIONS: Final = 2000
_CALL: Final = re.compile(r"^\s*(label_values|label_names|metrics|query_result)\s*\((.*)\)\s*$", re.DOTALL)
_HIDDEN: Final[dict[int, Literal["", "label", "variable"]]] = {0: "", 1: "label", 2: "variable"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One declared variable. `options` are the fixed ones; those of a query are found out by asking its source."""

    name: str
    kind: str
    label: str = ""
    query: str = ""
    datasource: str = ""
    regex: str = ""
    sort: int = 0
    multi: bool = False
    include_all: bool = False
    all_value: str = ""
    hide: Literal["", "label", "variable"] = ""
    current: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return self.label or self.name

    def depends_on(self) -> set[str]:
        """Names of the variables that its query, regex and source mention."""
        return references(f"{self.query} {self.regex} {self.datasource}")


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed variable query."""

    function: Literal["label_values", "label_names", "metrics", "query_result"]
    label: str = ""
    argument: str = ""


def read_variable(raw: Mapping[str, Any]) -> Variable:
    """From an entry of `templating.list`, old and new spellings."""
    kind = str(raw.get("type", "query"))
    query = raw.get("query")
    if isinstance(query, Mapping):
        query = query.get("query") or raw.get("definition") or ""
    source = raw.get("datasource")
    if isinstance(source, Mapping):
        source = source.get("uid") or source.get("type")
    return Variable(
        name=str(raw.get("name", "")),
        kind=kind,
        label=str(raw.get("label") or ""),
        query=str(query or raw.get("definition") or ""),
        datasource=str(source or ""),
        regex=str(raw.get("regex") or ""),
        sort=int(raw.get("sort") or 0),
        multi=bool(raw.get("multi")),
        include_all=bool(raw.get("includeAll")),
        all_value=str(raw.get("allValue") or ""),
        hide=_HIDDEN.get(int(raw.get("hide") or 0), ""),
        current=_current(raw),
        options=_fixed_options(kind, str(query or "")),
    )


def _current(raw: Mapping[str, Any]) -> tuple[str, ...]:
    value = (raw.get("current") or {}).get("value")
    if value is None or value == "":
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _fixed_options(kind: str, query: str) -> tuple[tuple[str, str], ...]:
    if kind not in ("custom", "interval"):
        return ()
    options = []
    for part in re.split(r"(?<!\\),", query):
        text, separator, value = part.replace("\\,", ",").partition(" : ")
        options.append((text.strip(), value.strip() if separator else text.strip()))
    return tuple(option for option in options if option[1])


def parse_query(text: str) -> Query:
    """`label_values(metric{...}, label)`, `label_values(label)`, `label_names()`, `metrics(regex)`, `query_result(expr)`. Raises `ValueError`."""
    found = _CALL.match(text)
    if found is None:
        raise ValueError(f"{text!r}: expected label_values(...), label_names(), metrics(...) or query_result(...)")
    function, inside = found[1], found[2].strip()
    if function != "label_values":
        return Query(function, "", inside)  # type: ignore[arg-type]
    selector, comma, label = inside.rpartition(",")
    if not comma or "}" in label or '"' in label:
        return Query("label_values", inside, "")
    return Query("label_values", label.strip(), selector.strip())


def apply_regex(values: Iterable[str], regex: str) -> list[tuple[str, str]]:
    """Grafana's option filter: keep what matches, show the first group, or the groups named `text` and `value`. Raises `ValueError`."""
    if not regex:
        return [(value, value) for value in values]
    pattern_text, flags = regex, 0
    if regex.startswith("/"):
        pattern_text, _, letters = regex[1:].rpartition("/")
        flags = re.IGNORECASE if "i" in letters else 0
    try:
        pattern = re.compile(re.sub(r"\(\?<(?![=!])", "(?P<", pattern_text), flags)
    except re.error as error:
        raise ValueError(f"variable regex {regex!r}: {error}") from error
    options = []
    for value in values:
        found = pattern.search(value)
        if found is None:
            continue
        named = found.groupdict()
        if named.get("value") or named.get("text"):
            chosen = named.get("value") or named["text"]
            options.append((named.get("text") or chosen, chosen))
        else:
            chosen = found[1] if pattern.groups and found[1] is not None else (value if not pattern.groups else "")
            options.append((chosen, chosen))
    return [option for option in options if option[1]]


def sort_options(options: Iterable[tuple[str, str]], order: int) -> list[tuple[str, str]]:
    """Grafana's sort codes: 0 none, then alphabetical, numerical, case-insensitive and natural, each up and down."""
    unique = list(dict.fromkeys(options))
    keys = {1: lambda o: o[0], 2: _number_key, 3: lambda o: o[0].lower(), 4: _natural_key}
    key = keys.get((order + 1) // 2)
    return sorted(unique, key=key, reverse=order % 2 == 0) if key else unique


def _number_key(option: tuple[str, str]) -> tuple[float, str]:
    found = re.search(r"\d+(?:\.\d+)?", option[0])
    return (float(found[0]) if found else -1.0, option[0])


def _natural_key(option: tuple[str, str]) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", option[0])]


def choose(variable: Variable, options: Sequence[tuple[str, str]], asked: Sequence[str]) -> tuple[str, ...]:
    """The current value: what the URL asks for if it exists, else what was saved, else All or the first option."""
    if variable.kind in ("textbox", "constant", "adhoc"):
        return tuple(asked) or variable.current or ((variable.query,) if variable.query else ("",))
    known = {value for _, value in options}
    for texts in (asked, variable.current):
        wanted = tuple(ALL if text == "All" and "All" not in known else text for text in texts)
        if ALL in wanted and variable.include_all:
            return (ALL,)
        kept = tuple(text for text in wanted if text in known)
        if kept:
            return kept if variable.multi else kept[:1]
    if variable.include_all:
        return (ALL,)
    return (options[0][1],) if options else ()


def to_value(variable: Variable, options: Sequence[tuple[str, str]], current: Sequence[str]) -> Value:
    """The value for interpolation; All becomes every option, or the custom text for all."""
    multi = variable.multi or variable.include_all
    if ALL in current:
        every = tuple(value for _, value in options)
        return Value(every or (".*",), multi=bool(every) and multi, custom_all=variable.all_value or None)
    return Value(tuple(current) or ("",), multi=multi)
