"""A real Prometheus over given series, for comparing answers."""

import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pharos.exposition import format_value
from pharos.labels import METRIC_NAME, Labels, escape_value
from tests.support.peers import need_peer
from tests.support.processes import PATIENCE_S, free_port, wait_ready

FEATURES = "promql-experimental-functions,promql-duration-expr"


@contextmanager
def prometheus(
    folder: Path, series: Sequence[tuple[Labels, Sequence[float | None]]], start_ms: int, step_ms: int
) -> Iterator[str]:
    """The address of a Prometheus that holds just these samples."""
    binary, promtool = need_peer("prometheus"), need_peer("promtool")
    version = subprocess.run([binary, "--version"], check=True, capture_output=True, text=True).stdout.split()[2]
    if int(version.split(".")[0]) < 3:
        pytest.skip(f"Prometheus {version} has other semantics: 3.x is needed, tests/support/packages.sh gets it")
    text = folder / "data.om"
    text.write_text(open_metrics(series, start_ms, step_ms))
    tsdb = folder / "tsdb"
    subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "openmetrics", str(text), str(tsdb)], check=True, capture_output=True
    )
    config = folder / "prometheus.yml"
    config.write_text("global: {scrape_interval: 15s}\n")
    address = f"127.0.0.1:{free_port()}"
    flags = [
        f"--config.file={config}",
        f"--storage.tsdb.path={tsdb}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
        f"--enable-feature={FEATURES}",
    ]
    process = subprocess.Popen([binary, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_ready(f"http://{address}")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(10)


def open_metrics(series: Sequence[tuple[Labels, Sequence[float | None]]], start_ms: int, step_ms: int) -> str:
    """The samples as `promtool tsdb create-blocks-from openmetrics` reads them."""
    lines = []
    for labels, values in series:
        pairs = ",".join(f'{name}="{escape_value(value)}"' for name, value in labels.items() if name != METRIC_NAME)
        head = f"{labels[METRIC_NAME]}{{{pairs}}}"
        for index, value in enumerate(values):
            if value is not None:
                lines.append(f"{head} {format_value(value)} {(start_ms + index * step_ms) / 1000:.3f}")
    return "\n".join([*lines, "# EOF\n"])


def ask(address: str, path: str, **params: str) -> dict[str, Any]:
    """One answer of the API, errors too."""
    url = f"{address}/api/v1/{path}?{urllib.parse.urlencode(params)}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        answer = json.load(error)
    return answer
