"""Parquet, for DuckDB, pandas, Spark: columns `name`, `labels` (map), `timestamp` (UTC, milliseconds), `value`.

pyarrow writes it; it is an optional extra, since it weighs more than all of Pharos. Source: Apache Parquet format 2.6, logical types.
"""

from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Timestamps, Values
from pharos.labels import METRIC_NAME, Labels

_GROUP_ROWS: Final = 256 * 1024


class ParquetWriter:
    """Collects series until a row group is full. Raises `ValueError` where pyarrow is not installed."""

    def __init__(self, out: IO[bytes]) -> None:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            raise ValueError("parquet needs pyarrow, which is an extra: pip install 'pharos[parquet]'") from None
        self._pa = pa
        columns = [
            ("name", pa.string()),
            ("labels", pa.map_(pa.string(), pa.string())),
            ("timestamp", pa.timestamp("ms", tz="UTC")),
            ("value", pa.float64()),
        ]
        self._schema = pa.schema(columns)
        self._file = parquet.ParquetWriter(out, self._schema, compression="zstd")
        self._series: list[Labels] = []
        self._times: list[Timestamps] = []
        self._values: list[Values] = []
        self._rows = 0

    def write(self, labels: Labels, times: Timestamps, values: Values) -> None:
        self._series.append(labels)
        self._times.append(times)
        self._values.append(values)
        self._rows += len(times)
        if self._rows >= _GROUP_ROWS:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()
        self._file.close()

    def _flush(self) -> None:
        pa = self._pa
        row_of: NDArray[np.int64] = np.repeat(np.arange(len(self._series)), [len(times) for times in self._times])
        names = pa.array([labels.get(METRIC_NAME, "") for labels in self._series], pa.string())
        labels = pa.array([_rest(labels) for labels in self._series], self._schema.field("labels").type)
        times = pa.array(np.concatenate(self._times), pa.int64()).cast(self._schema.field("timestamp").type)
        columns: list[Any] = [names.take(row_of), labels.take(row_of), times, pa.array(np.concatenate(self._values))]
        self._file.write_table(pa.table(columns, schema=self._schema), row_group_size=self._rows)
        self._series, self._times, self._values, self._rows = [], [], [], 0


def _rest(labels: Labels) -> list[tuple[str, str]]:
    return [(name, value) for name, value in labels.items() if name != METRIC_NAME]
