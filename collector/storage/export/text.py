"""Text formats: OpenMetrics, which `import openmetrics` (ours and promtool's) takes back, and CSV."""

import csv
import io
from typing import IO

from collector.storage.interface import Timestamps, Values
from pharos.labels import METRIC_NAME, Labels, format_labels


class OpenMetricsWriter:
    """One line a sample, with its time in seconds."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, labels: Labels, times: Timestamps, values: Values) -> None:
        name = format_labels(labels).replace(", ", ",")
        lines = (
            f"{name} {_number(value)} {time_ms / 1000!r}\n"
            for time_ms, value in zip(times.tolist(), values.tolist(), strict=True)
        )
        self._out.write("".join(lines).encode())

    def close(self) -> None:
        self._out.write(b"# EOF\n")


class CsvWriter:
    """Columns `name`, `labels` (as in a selector), `timestamp_ms`, `value`."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        out.write(b"name,labels,timestamp_ms,value\r\n")

    def write(self, labels: Labels, times: Timestamps, values: Values) -> None:
        buffer = io.StringIO()
        rest = format_labels({name: value for name, value in labels.items() if name != METRIC_NAME})
        csv.writer(buffer).writerows(
            (labels.get(METRIC_NAME, ""), rest, time_ms, _number(value))
            for time_ms, value in zip(times.tolist(), values.tolist(), strict=True)
        )
        self._out.write(buffer.getvalue().encode())

    def close(self) -> None:
        """Nothing follows the last row."""


def _number(value: float) -> str:
    return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}.get(str(value), repr(value))
