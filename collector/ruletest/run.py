"""Running a test file: rules are evaluated at each interval over the data so far, then expressions over all of it."""

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from collector.cli.arguments import complain
from collector.config import RuleFile, load_rules
from collector.histogram import FloatHistogram
from collector.promql.errors import QueryError
from collector.promql.parser import Parser
from collector.promql.series_notation import parse_metric, parse_series_description, parse_series_values
from collector.queries import Queries, parser_for
from collector.rules.group import Group, evaluate_group
from collector.rules.loader import GroupLoader
from collector.rules.samples import RuleError, Sample
from collector.rules.templates import Surroundings
from collector.ruletest.alerts import difference, firing
from collector.ruletest.document import ExpressionTest, TestFile, TestGroup, load_test_file
from collector.ruletest.histogram_notation import histogram_notation
from collector.ruletest.samples import Shown, found_samples, labels_text, listed, same
from collector.storage.interface import DensePart, Selection
from collector.storage.memory import MemoryStorage
from pharos.config import ConfigError
from pharos.durations import Duration
from pharos.gotemplate.gofmt import quote
from pharos.gotemplate.gotime import GoDuration
from pharos.labels import Labels, LabelSet

Input = tuple[Labels, list[tuple[int, object]]]


class StoppedClock:
    """Time stands still: evaluation times come from the test."""

    def now(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing waits in a unit test")


@dataclass(slots=True)
class GroupOutcome:
    """One test group: its failures as promtool words them."""

    name: str
    failures: list[str] = field(default_factory=list)
    debug: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FileOutcome:
    """One file: `problem` when it could not be run at all."""

    path: str
    groups: list[GroupOutcome] = field(default_factory=list)
    problem: str = ""

    @property
    def failures(self) -> list[str]:
        own = [self.problem] if self.problem else []
        return own + [failure for group in self.groups for failure in group.failures]


def run_file(
    path: str,
    features: frozenset[str],
    wanted: Callable[[str], bool] = lambda _: True,
    *,
    debug: bool = False,
    diff: bool = False,
) -> FileOutcome:
    """Run all test groups of a file whose name is wanted. Never raises for what the file says."""
    outcome = FileOutcome(path)
    try:
        file = load_test_file(path)
        rules = [(str(rule), load_rules(rule)) for rule in _rule_paths(file, Path(path).parent)]
        parser = parser_for(features)
        for group in file.tests:
            if wanted(group.name):
                outcome.groups.append(_GroupRun(file, group, rules, features, parser, debug=debug, diff=diff).run())
    except (ConfigError, OSError) as error:
        outcome.problem = str(error)
    return outcome


def _rule_paths(file: TestFile, folder: Path) -> list[Path]:
    out: list[Path] = []
    for pattern in file.rule_files:
        found = sorted(glob.glob(str(folder / pattern)))
        if not found:
            complain(f"  WARNING: no file match pattern {pattern}")
        out += [Path(path) for path in found]
    return out


class _GroupRun:
    """One test group on a storage of its own."""

    def __init__(
        self,
        file: TestFile,
        test: TestGroup,
        rules: Sequence[tuple[str, RuleFile]],
        features: frozenset[str],
        parser: Parser,
        *,
        debug: bool,
        diff: bool,
    ) -> None:
        self.file, self.test, self.debug, self.diff = file, test, debug, diff
        self.interval_ms = file.evaluation_interval.ms or 60_000
        self.outcome = GroupOutcome(test.name)
        self.storage = MemoryStorage()
        self.queries = Queries.over(self.storage, features)
        self.queries.engine.parser = parser  # the same expressions come again in every test group
        self._rules = rules

    def run(self) -> GroupOutcome:
        try:
            series = [self._input(given.series, given.values) for given in self.test.input_series]
            groups = self._groups()
            self._check_alert_tests()
            self._evaluate(groups, series)
            for test in self.test.promql_expr_test:
                self._expression(test)
        except (ConfigError, QueryError, ValueError) as error:
            self.outcome.failures.append(str(error))
        if self.debug:
            self._dump()
        return self.outcome

    def _input(self, series: str, values: str) -> Input:
        step = self.test.interval.ms or self.interval_ms
        if values:
            labels, _ = parse_metric(series)
            found = parse_series_values(values)
        else:
            labels, found = parse_series_description(series)
        return labels, [(index * step, value) for index, value in enumerate(found) if value is not None]

    def _groups(self) -> list[Group]:
        surroundings = Surroundings(self.test.external_url, self.test.external_labels)
        loader = GroupLoader(self.queries.parse, interval_ms=self.interval_ms, surroundings=surroundings)
        groups = [group for path, rules in self._rules for group in loader.groups(rules, path)]
        order = {name: place for place, name in enumerate(self.file.group_eval_order)}
        return sorted(groups, key=lambda group: order.get(group.name, -1))

    def _check_alert_tests(self) -> None:
        for test in self.test.alert_rule_test:
            if not test.alertname:
                raise ValueError(
                    f"an item under alert_rule_test misses required attribute alertname at eval_time {test.eval_time}"
                )

    def _evaluate(self, groups: Sequence[Group], series: Sequence[Input]) -> None:
        position = [0] * len(series)
        for now_ms in range(0, self.test.last_ms + 1, self.interval_ms):
            self._load(series, position, now_ms)
            for group in groups:
                evaluate_group(group, now_ms, self.queries.for_rules, self._append, StoppedClock())
            broken = [
                f"    rule: {rule.name}, time: {Duration(now_ms / 1000)}, err: {rule.state.last_error}"
                for group in groups
                for rule in group.rules
                if rule.state.last_error
            ]
            if broken:
                self.outcome.failures += broken
                return
            self._check_alerts(groups, now_ms)

    def _load(self, series: Sequence[Input], position: list[int], until_ms: int) -> None:
        for index, (labels, samples) in enumerate(series):
            end = position[index]
            while end < len(samples) and samples[end][0] <= until_ms:
                end += 1
            self.storage.put(labels, samples[position[index] : end])  # type: ignore[arg-type]
            position[index] = end

    def _append(self, series: Sequence[LabelSet], samples: Sequence[Sample], at_ms: int) -> None:
        for key, sample in zip(series, samples, strict=True):
            self.storage.put(key, [(at_ms, sample.value if sample.histogram is None else sample.histogram)])

    def _check_alerts(self, groups: Sequence[Group], now_ms: int) -> None:
        for test in self.test.alert_rule_test:
            if now_ms <= test.eval_time.ms < now_ms + self.interval_ms:
                problem = difference(test, firing(groups, test.alertname), coloured=self.diff)
                if problem:
                    name = f"    name: {self.test.name},\n" if self.test.name else ""
                    self.outcome.failures.append(name + problem)

    def _expression(self, test: ExpressionTest) -> None:
        head = f"    expr: {quote(test.expr)}, time: {test.eval_time},"
        try:
            found = found_samples(self.queries.instant(test.expr, test.eval_time.ms))
            expected = [self._expected(sample.labels, sample.value, sample.histogram) for sample in test.exp_samples]
        except (QueryError, RuleError, ValueError) as error:
            self.outcome.failures.append(f"{head} err: {error}")
            return
        expected.sort(key=lambda sample: sample.labels)
        found.sort(key=lambda sample: sample.labels)
        if not same(expected, found, fuzzy=self.file.fuzzy_compare):
            self.outcome.failures.append(f"{head}\n        exp: {listed(expected)}\n        got: {listed(found)}")

    def _expected(self, labels: str, value: float, histogram: str) -> Shown:
        try:
            found = {} if labels.strip() in ("", "{}") else parse_metric(labels)[0]
        except QueryError as error:
            raise ValueError(f"labels {quote(labels)}: {error}") from error
        pairs = tuple(sorted((name, text) for name, text in found.items() if text))
        return Shown(pairs, 0.0 if histogram else float(value), normal_histogram(histogram) if histogram else "")

    def _dump(self) -> None:
        """All data, input and rules, as promtool's `--debug` lists it."""
        until = self.test.last_ms
        out = [f"DEBUG: Dump of all data (input_series and rules) at {_go_duration(until)}:"]
        selection = self.storage.select([], 1, max(until, 1))
        rows = []
        for labels, samples in _samples_of(selection):
            lines = [f"{value:g} @[{when}]" for when, value in samples]
            rows.append("\n".join([f"{labels_text(labels)} =>", *lines]))
        self.outcome.debug = [*out, *sorted(rows)]


def normal_histogram(text: str) -> str:
    """A histogram in series notation, written the one way."""
    values = parse_series_values(text)
    if len(values) != 1 or not isinstance(values[0], FloatHistogram):
        raise ValueError(f"expected a histogram, found {text}")
    return histogram_notation(values[0])


def _go_duration(ms: int) -> str:
    return str(GoDuration(ms * 1_000_000))


def _samples_of(selection: Selection) -> list[tuple[Labels, list[tuple[int, float]]]]:
    out = []
    for part in selection.parts:
        if isinstance(part, DensePart):
            pairs = [(row, part.timestamps, part.values[index]) for index, row in enumerate(part.rows.tolist())]
        else:
            cuts = list(zip(part.offsets[:-1].tolist(), part.offsets[1:].tolist(), strict=True))
            pairs = [
                (row, part.timestamps[low:high], part.values[low:high])
                for row, (low, high) in zip(part.rows.tolist(), cuts, strict=True)
            ]
        for row, times, values in pairs:
            kept = np.flatnonzero(~np.isnan(values)).tolist()
            out.append((selection.labels.labels(row), [(int(times[i]), float(values[i])) for i in kept]))
    return out
