"""Readable PromQL tests: data, expressions and what they give.

    load 1m
      requests_total{code="200"} 0+60x10

    eval instant at 10m rate(requests_total[5m])
      {code="200"} 1

    eval range from 0 to 2m step 1m requests_total > 60
      requests_total{code="200"} _ _ 120

    eval instant at 1m sum(
      expect fail 1:5: parse error: unclosed left parenthesis

A line of the answer is a series in the notation of rule unit tests, one value per step. `expect fail TEXT`, `expect warn TEXT`, `expect info
TEXT`: the text is found in the message. `expect ordered`: the order counts. `expect number X`: a scalar. `clear` forgets the data.
"""

import math
import re
from dataclasses import dataclass, field

import pytest

from collector.histogram import FloatHistogram
from collector.promql import Engine, EngineOptions, QueryError, QueryResult
from collector.promql.histograms.buckets import shown_buckets
from collector.promql.series_notation import SeriesValue, parse_series_description
from collector.storage.memory import MemoryStorage
from pharos.durations import parse_duration_ms
from pharos.labels import Labels, format_labels

_INSTANT = re.compile(r"eval instant at (\S+) (.+)")
_RANGE = re.compile(r"eval range from (\S+) to (\S+) step (\S+) (.+)")


@dataclass(slots=True)
class Case:
    """One expression and what it should give; `storage` holds the data loaded so far."""

    line: int
    text: str
    start_ms: int
    end_ms: int
    step_ms: int
    storage: MemoryStorage
    answer: list[str] = field(default_factory=list)
    expect: list[tuple[str, str]] = field(default_factory=list)


def parse_script(script: str) -> list[Case]:
    """The cases of a script."""
    cases: list[Case] = []
    storage, load_step = MemoryStorage(), 0
    for number, raw in enumerate(script.splitlines(), 1):
        line = raw.split(" # ")[0].strip()
        if not line or line.startswith("#"):
            continue
        indented = raw[0].isspace()
        if line == "clear":
            storage = MemoryStorage()
        elif line.startswith("load "):
            load_step = parse_duration_ms(line.removeprefix("load "))
        elif not indented:
            load_step = 0
            cases.append(_case(number, line, storage))
        elif load_step:
            labels, values = parse_series_description(line)
            storage.put(labels, [(index * load_step, value) for index, value in enumerate(values)])
        elif line.startswith("expect "):
            word, _, rest = line.removeprefix("expect ").partition(" ")
            cases[-1].expect.append((word, rest))
        else:
            cases[-1].answer.append(line)
    return cases


def _case(number: int, line: str, storage: MemoryStorage) -> Case:
    if match := _INSTANT.fullmatch(line):
        at = parse_duration_ms(match[1])
        return Case(number, match[2], at, at, 0, storage)
    match = _RANGE.fullmatch(line)
    assert match is not None, f"line {number}: {line}"
    start, end, step = (parse_duration_ms(match[index]) for index in (1, 2, 3))
    return Case(number, match[4], start, end, step, storage)


def check(case: Case, features: frozenset[str] = frozenset()) -> None:
    """Run one case and compare."""
    engine = Engine(case.storage, EngineOptions(features=features))
    expected = dict(case.expect)
    if "fail" in expected:
        with pytest.raises(QueryError, match=re.escape(expected["fail"])):
            _run(engine, case)
        return
    result = _run(engine, case)
    for word, found in (("warn", result.warnings), ("info", result.infos)):
        wanted = [text for kind, text in case.expect if kind == word]
        assert len(found) >= bool(wanted), f"no {word}"
        assert all(any(text in line for line in found) for text in wanted), f"{word}: {found}"
        assert wanted or not found, f"{word}: {found}"
    if "number" in expected:
        assert result.kind == "scalar"
        assert _same(float(expected["number"]), float(result.values[0, 0]))
        return
    compare(case, result, ordered="ordered" in expected)


def _run(engine: Engine, case: Case) -> QueryResult:
    if case.step_ms:
        return engine.range(case.text, case.start_ms, case.end_ms, case.step_ms)
    return engine.instant(case.text, case.start_ms)


def compare(case: Case, result: QueryResult, *, ordered: bool) -> None:
    """Every series and every value of the answer, no more and no less."""
    expected = [parse_series_description(line) for line in case.answer]
    found = [(result.labels.labels(row), _values(result, row)) for row in range(len(result))]
    if not ordered:
        expected, found = (sorted(side, key=lambda item: format_labels(item[0])) for side in (expected, found))
    assert [_name(labels) for labels, _ in expected] == [_name(labels) for labels, _ in found]
    for (labels, wanted), (_, got) in zip(expected, found, strict=True):
        padded = wanted + [None] * (len(got) - len(wanted))
        same = all(_same(a, b) for a, b in zip(padded, got, strict=True))
        assert same, f"{format_labels(labels)}: expected {wanted}, got {got}"


def _name(labels: Labels) -> str:
    return format_labels(labels)


def _values(result: QueryResult, row: int) -> list[SeriesValue]:
    if result.raw is not None:
        piece = slice(int(result.raw.offsets[row]), int(result.raw.offsets[row + 1]))
        return list(result.raw.values[piece].tolist())
    cells: list[SeriesValue] = []
    for step, there in enumerate(result.present[row].tolist()):
        histogram = None if result.histograms is None else result.histograms[row, step]
        cells.append(None if not there else histogram or float(result.values[row, step]))
    return cells


def _same(a: SeriesValue, b: SeriesValue) -> bool:
    if a is None or b is None:
        return a is b
    if isinstance(a, FloatHistogram) or isinstance(b, FloatHistogram):
        if not (isinstance(a, FloatHistogram) and isinstance(b, FloatHistogram)):
            return False
        left, right = shown_buckets(a), shown_buckets(b)
        totals = _same(a.count, b.count) and _same(a.sum, b.sum) and len(left) == len(right)
        return totals and all(_same(x, y) for p, q in zip(left, right, strict=True) for x, y in zip(p, q, strict=True))
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or math.isclose(a, b, rel_tol=1e-9)
