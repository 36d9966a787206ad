"""File trees for tests, kept as one text file each: easy to read, to review and to change.

== proc/loadavg
0.21 0.37 0.39 1/719 19737
== sys/class/net/eth0 -> ../../devices/net/eth0      (a symbolic link)
== sys/class/watchdog/                               (an empty folder)
"""

from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


def unpack(archive: Path, folder: Path) -> Path:
    """Write the files of an archive below `folder`; returns it."""
    name, lines = "", list[str]()
    for line in [*archive.read_text().splitlines(), "== "]:
        if not line.startswith("== "):
            lines.append(line)
            continue
        if name:
            _write(folder, name, lines)
        name, lines = line.removeprefix("== ").strip(), []
    return folder


def _write(folder: Path, name: str, lines: list[str]) -> None:
    link, arrow, target = name.partition(" -> ")
    path = folder / link
    if name.endswith("/"):
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if arrow:
        path.symlink_to(target)
    else:
        path.write_text("".join(f"{line}\n" for line in lines))
