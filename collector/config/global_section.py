"""The `global` section: defaults of all jobs, and the labels this server adds towards others."""

import os
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from collector.config.protocols import ProtocolName, check_protocols
from pharos.config import FieldError
from pharos.durations import Duration
from pharos.labels import is_valid_utf8_name
from pharos.sizes import Size

ValidationScheme: TypeAlias = Literal["", "utf8", "legacy"]
EscapingScheme: TypeAlias = Literal["", "allow-utf-8", "underscores", "dots", "values"]

_REFERENCE = re.compile(r"\$(?:\$|\{([^}]*)\}|(\w+))", re.ASCII)


@dataclass(frozen=True, slots=True)
class GlobalConfig:
    """Source: the `<global>` section of the Prometheus configuration documentation. Limits of 0 mean none."""

    scrape_interval: Duration = Duration(60)
    scrape_timeout: Duration = Duration(0)  # 10s, or the interval when that is shorter
    scrape_protocols: tuple[ProtocolName, ...] = ()
    evaluation_interval: Duration = Duration(60)
    rule_query_offset: Duration = Duration(0)
    external_labels: dict[str, str] = field(default_factory=dict)
    query_log_file: str = ""
    scrape_failure_log_file: str = ""
    body_size_limit: Size = Size(0)
    sample_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    target_limit: int = 0
    keep_dropped_targets: int = 0
    metric_name_validation_scheme: ValidationScheme = ""
    metric_name_escaping_scheme: EscapingScheme = ""
    scrape_native_histograms: bool = False
    convert_classic_histograms_to_nhcb: bool = False
    always_scrape_classic_histograms: bool = False
    extra_scrape_metrics: bool = False

    def __post_init__(self) -> None:
        if not self.scrape_interval:
            object.__setattr__(self, "scrape_interval", Duration(60))
        if self.scrape_timeout > self.scrape_interval:
            raise FieldError("scrape_timeout", "global scrape timeout greater than scrape interval")
        if not self.scrape_timeout:
            object.__setattr__(self, "scrape_timeout", min(Duration(10), self.scrape_interval))
        if not self.evaluation_interval:
            object.__setattr__(self, "evaluation_interval", Duration(60))
        try:
            check_protocols(self.scrape_protocols)
        except ValueError as error:
            raise FieldError("scrape_protocols", f"{error} for global config") from error
        self._check_labels()

    def _check_labels(self) -> None:
        for name in self.external_labels:
            if not is_valid_utf8_name(name):
                raise FieldError("external_labels", f'"{name}" is not a valid label name')
        expanded = {name: expand_environment(value) for name, value in self.external_labels.items()}
        object.__setattr__(self, "external_labels", expanded)


def expand_environment(text: str) -> str:
    """`$name` and `${name}` from the environment; unknown ones become empty, `$$` is `$`."""

    def fill(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else os.environ.get(match[1] if match[1] is not None else match[2], "")

    return _REFERENCE.sub(fill, text)
