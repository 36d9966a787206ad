"""Metrics for notebooks and scripts: a query gives a frame of NumPy arrays, or of pandas when that is installed.

    from pharos import Client

    frame = Client("http://127.0.0.1:9090").query_range('rate(http_requests_total[5m])', "-1h", step=15)
    frame.values.mean(axis=1), frame.to_pandas()

Works against Pharos (columns on the wire) and against any server with Prometheus's HTTP API (JSON).
"""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import httpx
import numpy as np
import orjson
from numpy.typing import NDArray

from pharos.durations import parse_duration_ms
from pharos.labels import Labels, format_labels

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

COLUMNS: Final = "application/vnd.pharos.columns"


class ClientError(Exception):
    """The server refused or failed; `kind` is the errorType of the HTTP API."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


@dataclass(frozen=True, slots=True)
class Frame:
    """S series at T times. `times`: datetime64[ms]; `values`: float64[S, T], NaN where a series has no sample."""

    kind: str
    labels: list[Labels]
    times: NDArray[np.datetime64]
    values: NDArray[np.float64]
    warnings: list[str] = field(default_factory=list)
    infos: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[tuple[Labels, NDArray[np.float64]]]:
        return iter(zip(self.labels, self.values, strict=True))

    @property
    def names(self) -> list[str]:
        """Each series as Prometheus prints it: `up{job="a"}`."""
        return [format_labels(labels) for labels in self.labels]

    def scalar(self) -> float:
        """The only value. Raises `ValueError` when there is not exactly one."""
        if self.values.size != 1:
            raise ValueError(f"expected one value, the answer has {len(self)} series at {len(self.times)} times")
        return float(self.values.flat[0])

    def to_pandas(self) -> "pd.DataFrame":
        """A data frame: times as index, one column a series, labels as a column index where there are several. Needs pandas."""
        import pandas

        names = sorted({name for labels in self.labels for name in labels})
        columns: Any = ["value"] * len(self.labels)
        if names:
            rows = [tuple(labels.get(name, "") for name in names) for labels in self.labels]
            columns = pandas.MultiIndex.from_tuples(rows, names=names)
        return pandas.DataFrame(self.values.T, index=pandas.DatetimeIndex(self.times, name="time"), columns=columns)


class Client:
    """A server with Prometheus's HTTP API. Close it, or use it as a context manager."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:9090",
        *,
        timeout_s: float = 130.0,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(
            base_url=url.rstrip("/"), timeout=timeout_s, headers=dict(headers or {}), auth=auth, transport=transport
        )

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def query(self, expr: str, at: Any = None, **parameters: Any) -> Frame:
        """An expression at one time: now, seconds since 1970, a `datetime`, RFC 3339, or `-5m` from now. Raises `ClientError`."""
        if at is not None:
            parameters["time"] = seconds(at)
        return self._frame("/api/v1/query", {"query": expr, **parameters})

    def query_range(self, expr: str, start: Any, end: Any = None, step: Any = None, **parameters: Any) -> Frame:
        """An expression over time, by default until now in some 250 steps. Raises `ClientError`."""
        low, high = seconds(start), seconds(end)
        stride = max(1.0, round((high - low) / 250)) if step is None else _step(step)
        span = {"start": low, "end": high, "step": stride}
        return self._frame("/api/v1/query_range", {"query": expr, **span, **parameters})

    def series(self, *selectors: str, start: Any = None, end: Any = None, limit: int = 0) -> list[Labels]:
        """Label sets of the series that match. Raises `ClientError`."""
        found: list[Labels] = self._json("/api/v1/series", _choice(selectors, start, end, limit))["data"]
        return found

    def label_names(self, *selectors: str, start: Any = None, end: Any = None, limit: int = 0) -> list[str]:
        """Names of labels. Raises `ClientError`."""
        found: list[str] = self._json("/api/v1/labels", _choice(selectors, start, end, limit))["data"]
        return found

    def label_values(self, name: str, *selectors: str, start: Any = None, end: Any = None, limit: int = 0) -> list[str]:
        """Values of one label. Raises `ClientError`."""
        path = f"/api/v1/label/{name}/values"
        found: list[str] = self._json(path, _choice(selectors, start, end, limit), method="GET")["data"]
        return found

    def get(self, path: str, **parameters: Any) -> Any:
        """The data of any other endpoint, such as `rules` or `status/tsdb`. Raises `ClientError`."""
        return self._json(f"/api/v1/{path}", parameters, method="GET")["data"]

    def _frame(self, path: str, parameters: dict[str, Any]) -> Frame:
        answer = self._http.post(path, data=parameters, headers={"Accept": f"{COLUMNS}, application/json;q=0.5"})
        if answer.headers.get("content-type", "").startswith(COLUMNS):
            return decode_columns(answer.content)
        return decode_json(_checked(answer))

    def _json(self, path: str, parameters: dict[str, Any], method: str = "POST") -> dict[str, Any]:
        sent = {"data": parameters} if method == "POST" else {"params": parameters}
        return _checked(self._http.request(method, path, **sent))  # type: ignore[arg-type]


def _checked(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise ClientError("server_error", f"HTTP {answer.status_code}: {answer.text[:200].strip()}") from None
    if body.get("status") != "success":
        raise ClientError(str(body.get("errorType", "server_error")), str(body.get("error", answer.status_code)))
    return body


def _choice(selectors: Sequence[str], start: Any, end: Any, limit: int) -> dict[str, Any]:
    chosen: dict[str, Any] = {"match[]": list(selectors)} if selectors else {}
    if start is not None:
        chosen["start"] = seconds(start)
    if end is not None:
        chosen["end"] = seconds(end)
    return {**chosen, "limit": limit} if limit else chosen


def seconds(when: Any) -> float:
    """Seconds since 1970 of a time; None is now, `-5m` that long before now. Raises `ValueError`."""
    if when is None:
        return time.time()
    if isinstance(when, datetime):
        return when.timestamp()
    if isinstance(when, int | float):
        return float(when)
    text = str(when)
    if text.startswith("-"):
        return time.time() - parse_duration_ms(text[1:]) / 1000
    if text == "now":
        return time.time()
    try:
        return float(text)
    except ValueError:
        return datetime.fromisoformat(text).timestamp()


def _step(step: Any) -> float:
    return parse_duration_ms(step) / 1000 if isinstance(step, str) else float(step)


def decode_columns(body: bytes) -> Frame:
    """A frame out of the columnar answer, see docs/contracts/columns.md."""
    (length,) = struct.unpack_from("<I", body)
    header = orjson.loads(body[4 : 4 + length])
    count, series = header["count"], header["series"]
    kind = "<f4" if header["dtype"] == "float32" else "<f8"
    values = np.frombuffer(body, kind, len(series) * count, 4 + length).astype(np.float64).reshape(len(series), count)
    times = header.get("times") or header["start"] + header["step"] * np.arange(count)
    stamps = np.asarray(times, np.int64).astype("datetime64[ms]")
    return Frame(header["kind"], series, stamps, values, header["warnings"], header["infos"])


def decode_json(body: dict[str, Any]) -> Frame:
    """A frame out of Prometheus's JSON; histograms are represented by their sums."""
    data = body["data"]
    kind, result = data["resultType"], data["result"]
    if kind == "string":
        return Frame(kind, [], np.array([], "datetime64[ms]"), np.zeros((0, 0)))
    rows: list[dict[str, Any]] = [{"metric": {}, "values": [result]}] if kind == "scalar" else result
    samples = [_pairs(row) for row in rows]
    times = sorted({when for row in samples for when in row})
    place = {when: index for index, when in enumerate(times)}
    values = np.full((len(rows), len(times)), np.nan)
    for number, row in enumerate(samples):
        for when, value in row.items():
            values[number, place[when]] = value
    stamps = np.array([round(when * 1000) for when in times], np.int64).astype("datetime64[ms]")
    labels = [row["metric"] for row in rows]
    return Frame(kind, labels, stamps, values, body.get("warnings", []), body.get("infos", []))


def _pairs(row: Mapping[str, Any]) -> dict[float, float]:
    out = {}
    for when, value in row.get("values", []) or ([row["value"]] if "value" in row else []):
        out[float(when)] = float(value)
    for when, histogram in row.get("histograms", []) or ([row["histogram"]] if "histogram" in row else []):
        out[float(when)] = float(histogram["sum"])
    return out


__all__ = ["Client", "ClientError", "Frame", "decode_columns", "decode_json"]
