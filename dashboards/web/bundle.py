"""`python -m dashboards.web.bundle`: put Plotly's cartesian bundle (a third of the size) into the package. Needs npm; without it pip's bundle serves.

The bundle has the version of plotly.js that pip's plotly brings, so both draw alike. Nothing here runs while the UI serves.
"""

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

from dashboards.web.static import COMPONENTS, pip_bundle

PACKAGE: Final = "plotly.js-cartesian-dist-min"
VENDOR: Final = COMPONENTS / "vendor"
_WANTED: Final = {"package/plotly-cartesian.min.js": "plotly-cartesian.min.js", "package/LICENSE": "plotly-LICENSE.txt"}


def plotly_version(script: bytes) -> str:
    """The version in the banner of a bundle. Raises `ValueError` when there is none."""
    found = re.search(rb"plotly\.js v(\d+\.\d+\.\d+)", script[:500])
    if found is None:
        raise ValueError("the bundle of pip's plotly names no version")
    return found[1].decode()


def unpack(archive: bytes, folder: Path) -> None:
    """Write the bundle and its licence from npm's archive. Raises `ValueError` when they are not in it."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as files:
        contents = {name: files.extractfile(name) for name in files.getnames() if name in _WANTED}
        if set(contents) != set(_WANTED) or None in contents.values():
            raise ValueError(f"the archive of {PACKAGE} holds no {' and '.join(_WANTED)}")
        folder.mkdir(exist_ok=True)
        for name, file in contents.items():
            assert file is not None
            (folder / _WANTED[name]).write_bytes(file.read())


def main() -> int:
    """Fetch and unpack; exit code 1 with the reason when npm cannot."""
    version = plotly_version(pip_bundle().read_bytes()[:500])
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(["npm", "pack", "--silent", f"{PACKAGE}@{version}"], cwd=folder, check=True, timeout=300)
            archive = next(Path(folder).glob("*.tgz"))
            unpack(archive.read_bytes(), VENDOR)
        except (OSError, subprocess.SubprocessError, StopIteration, ValueError) as error:
            sys.stderr.write(f"no smaller Plotly bundle, pip's own will serve: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
