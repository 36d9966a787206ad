"""Blocks that a real promtool wrote are imported sample by sample."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from collector.storage.interface import DensePart
from collector.storage.options import StorageOptions
from collector.storage.prometheus_import import import_prometheus
from collector.storage.storage import Storage
from pharos.labels import format_labels
from pharos.matchers import parse_matchers
from tests.support.peers import need_peer

START_S = 1_700_006_400


def page() -> dict[str, dict[int, float]]:
    rng = np.random.default_rng(5)
    columns = {
        "counter": np.cumsum(rng.integers(0, 200, 700)).astype(float),
        "gauge": np.round(50 + np.cumsum(rng.normal(0, 1, 700)), 2),
        "random": rng.normal(0, 1, 700),
        "flat": np.full(700, 3.0),
    }
    return {
        f'test_{kind}{{i="{i}"}}': {
            (START_S + 15 * k) * 1000 + (k * 7 % 5) * (i % 2): float(values[k]) + i for k in range(i, 700)
        }
        for kind, values in columns.items()
        for i in range(4)
    }


@pytest.mark.integration
@pytest.mark.peers
def test_every_sample_is_taken_over(tmp_path: Path) -> None:
    promtool = need_peer("promtool")
    expected = page()
    lines = [f"{name} {value!r} {t / 1000}" for name, samples in expected.items() for t, value in samples.items()]
    (tmp_path / "in.txt").write_text("\n".join([*lines, "# EOF\n"]))
    command = [
        promtool,
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(tmp_path / "in.txt"),
        str(tmp_path / "theirs"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    report = import_prometheus(tmp_path / "theirs", tmp_path / "ours", START_S * 1000, lambda done, total: None)
    assert report.samples == len(lines)
    assert report.blocks > 1
    storage = Storage(tmp_path / "ours", StorageOptions(retention_ms=0))
    storage.open()
    found: dict[str, dict[int, float]] = {}
    selection = storage.select(parse_matchers('{__name__=~"test.*"}'), 0, 2**62)
    for part in selection.parts:
        for index, row in enumerate(part.rows.tolist()):
            if isinstance(part, DensePart):
                times, values = part.timestamps, part.values[index]
            else:
                own = slice(int(part.offsets[index]), int(part.offsets[index + 1]))
                times, values = part.timestamps[own], part.values[own]
            name = format_labels(selection.labels.labels(row))
            found[name] = dict(zip(times.tolist(), values.tolist(), strict=True))
    storage.close()
    assert found == expected
