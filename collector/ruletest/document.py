"""The test file as typed values. Source: Prometheus's documentation of unit testing for rules."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pharos.config import load
from pharos.durations import Duration


class Number(float):
    """A number of YAML or a text that is one (`Inf`, `NaN`, `1e3`)."""

    __slots__ = ()

    @classmethod
    def from_config(cls, value: Any) -> Self:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("expected a number")
        text = str(value).strip().lower()
        return cls(text.replace(".inf", "inf").replace(".nan", "nan"))


@dataclass(frozen=True, slots=True)
class InputSeries:
    """One series: `up{job="a"}` and its values in series notation."""

    series: str
    values: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedSample:
    """One element of an expected vector."""

    labels: str = ""
    value: Number = field(default_factory=Number)
    histogram: str = ""


@dataclass(frozen=True, slots=True)
class ExpressionTest:
    """An expression, when it is evaluated, and what it must give."""

    expr: str
    eval_time: Duration = Duration(0)
    exp_samples: tuple[ExpectedSample, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectedAlert:
    """A firing alert without its name."""

    exp_labels: dict[str, str] = field(default_factory=dict)
    exp_annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AlertTest:
    """Which alerts of one name fire at a time."""

    eval_time: Duration = Duration(0)
    alertname: str = ""
    exp_alerts: tuple[ExpectedAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class TestGroup:
    """One data set with its tests. `interval` is the distance of the input's samples."""

    __test__ = False

    interval: Duration = Duration(0)
    name: str = ""
    input_series: tuple[InputSeries, ...] = ()
    alert_rule_test: tuple[AlertTest, ...] = ()
    promql_expr_test: tuple[ExpressionTest, ...] = ()
    external_labels: dict[str, str] = field(default_factory=dict)
    external_url: str = ""
    start_timestamp: Any = None

    @property
    def last_ms(self) -> int:
        """The latest time anything is asked about."""
        alerts = [test.eval_time.ms for test in self.alert_rule_test]
        return max([*alerts, *(test.eval_time.ms for test in self.promql_expr_test)], default=0)


@dataclass(frozen=True, slots=True)
class TestFile:
    """The whole file."""

    __test__ = False

    rule_files: tuple[str, ...] = ()
    evaluation_interval: Duration = Duration(60)
    group_eval_order: tuple[str, ...] = ()
    fuzzy_compare: bool = False
    tests: tuple[TestGroup, ...] = ()


def load_test_file(path: str | Path) -> TestFile:
    """The test file at `path`. Raises `ConfigError`."""
    return load(TestFile, path)
