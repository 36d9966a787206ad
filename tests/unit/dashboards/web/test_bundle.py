"""The smaller Plotly bundle."""

import io
import tarfile
from pathlib import Path

import pytest

from dashboards.web.bundle import plotly_version, unpack
from dashboards.web.static import pip_bundle


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as files:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = 4
            files.addfile(entry, io.BytesIO(b"text"))
    return buffer.getvalue()


def test_the_version_is_that_of_pips_plotly() -> None:
    assert plotly_version(pip_bundle().read_bytes()).count(".") == 2
    with pytest.raises(ValueError, match="no version"):
        plotly_version(b"/* something else */")


def test_bundle_and_licence_are_unpacked(tmp_path: Path) -> None:
    unpack(archive("package/plotly-cartesian.min.js", "package/LICENSE", "../evil"), tmp_path / "vendor")
    assert sorted(path.name for path in (tmp_path / "vendor").iterdir()) == [
        "plotly-LICENSE.txt",
        "plotly-cartesian.min.js",
    ]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no"):
        unpack(archive("package/LICENSE"), tmp_path / "vendor")
