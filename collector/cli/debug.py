"""`pharos debug {metrics,all} URL`: what a server says about itself, in one archive to send along with a question."""

import io
import tarfile
import time
from pathlib import Path
from typing import Final

import httpx

from collector.cli.arguments import Parser, complain

_ARCHIVE: Final = "debug.tar.gz"
_PAGES: Final = {
    "metrics": ("metrics", "/metrics"),
    "all": (
        "metrics",
        "/metrics",
        "config.json",
        "/api/v1/status/config",
        "flags.json",
        "/api/v1/status/flags",
        "runtimeinfo.json",
        "/api/v1/status/runtimeinfo",
        "buildinfo.json",
        "/api/v1/status/buildinfo",
        "tsdb.json",
        "/api/v1/status/tsdb",
        "targets.json",
        "/api/v1/targets",
        "rules.json",
        "/api/v1/rules",
        "active_queries.json",
        "/api/v1/status/active_queries",
    ),
}


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos debug", "Fetch what a server says about itself.")
    commands = parser.add_subparsers(dest="command", metavar="WHAT", required=True)
    for name, help_text in (
        ("metrics", "its metrics"),
        ("all", "metrics, configuration, flags, status, targets, rules"),
    ):
        sub = commands.add_parser(name, help=help_text)
        sub.add_argument("server", metavar="URL")
    options = parser.parse_args(arguments)
    pages = _PAGES[options.command]
    archive = Path(_ARCHIVE)
    try:
        with httpx.Client(timeout=30, trust_env=False) as http, tarfile.open(archive, "w:gz") as tar:
            for name, path in zip(pages[::2], pages[1::2], strict=True):
                url = options.server.rstrip("/") + path
                print(f"collecting: {url}")
                answer = http.get(url)
                answer.raise_for_status()
                _add(tar, name, answer.content)
    except (httpx.HTTPError, OSError) as error:
        complain(f"error completing debug command: {error}")
        archive.unlink(missing_ok=True)
        return 1
    print(f'Compiling debug information complete, all files written in "{_ARCHIVE}".')
    return 0


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), int(time.time())
    tar.addfile(info, io.BytesIO(content))
