"""Metrics that other programs leave in files: `*.prom` in one or several folders."""

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass

from exporters.files import read_bytes
from exporters.node.host import Host
from exporters.node.options import option
from exporters.node.registry import collectors
from exporters.textformat import FormatError, TextPage, parse
from pharos.durations import Duration
from pharos.exposition import Metric, gauge


@dataclass(frozen=True, slots=True)
class TextfileOptions:
    """Where the files are and how old they may be."""

    directory: tuple[str, ...] = option(
        (), "Directory to read text files with metrics from, globs allowed (repeatable)."
    )
    max_age: Duration = option(Duration(0), "Leave out files that were not written for so long, 0 for never.")


@dataclass(frozen=True, slots=True)
class _Parsed:
    identity: tuple[int, int, int]
    page: TextPage
    error: str


@collectors.register("textfile", options=TextfileOptions)
class Textfile:
    """Metrics read from files in the text format."""

    def __init__(self, host: Host, options: TextfileOptions) -> None:
        self._host, self._options = host, options
        self._known: dict[str, _Parsed] = {}

    def __call__(self) -> Iterator[Metric]:
        errors: dict[str, str] = {}
        pages: dict[str, TextPage] = {}
        mtimes = gauge("node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.")
        for path in self._files(errors):
            try:
                parsed, mtime = self._read(path)
            except OSError as error:
                errors[path] = error.strerror or str(error)
                continue
            if parsed.error:
                errors[path] = parsed.error
            elif self._options.max_age and self._host.clock.now() - mtime > self._options.max_age:
                errors[path] = f"stale: not written for more than {self._options.max_age}"
            else:
                pages[path] = parsed.page
                mtimes.add(mtime, {"file": path})
        self._known = {path: known for path, known in self._known.items() if path in pages or path in errors}
        yield from _merge(pages, errors)
        yield mtimes
        yield gauge(
            "node_textfile_scrape_error",
            "1 if there was an error opening or reading a file, 0 otherwise",
            int(bool(errors)),
        )
        reasons = gauge("node_textfile_file_error", "Files and folders that could not be used, and why.")
        for path, reason in errors.items():
            reasons.add(1, {"file": path, "error": reason})
        yield reasons

    def _files(self, errors: dict[str, str]) -> Iterator[str]:
        for pattern in self._options.directory:
            for folder in sorted(glob.glob(pattern)) or [pattern]:
                try:
                    names = sorted(os.listdir(folder))
                except OSError as error:
                    errors[folder] = error.strerror or str(error)
                    continue
                yield from (f"{folder.rstrip('/')}/{name}" for name in names if name.endswith(".prom"))

    def _read(self, path: str) -> tuple[_Parsed, float]:
        status = os.stat(path)
        identity = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._known.get(path)
        if known is None or known.identity != identity:
            page, problem = TextPage(), ""
            try:
                page = parse(read_bytes(path).decode())
            except UnicodeDecodeError:
                problem = "expected UTF-8 text"
            except FormatError as error:
                problem = str(error)
            known = self._known[path] = _Parsed(identity, page, problem)
        return known, status.st_mtime


def _merge(pages: dict[str, TextPage], errors: dict[str, str]) -> Iterator[Metric]:
    """The families of all files; where help texts differ the first file's families stay."""
    sources: dict[str, list[str]] = {}
    helps: dict[str, str] = {}
    for path, page in pages.items():
        for name, family in page.families.items():
            text = family.help if name in page.helped else helps.get(name, "")
            if helps.setdefault(name, text) != text:
                errors[path] = f"inconsistent help text of {name}"
                continue
            sources.setdefault(name, []).append(path)
    for name, paths in sources.items():
        text = helps[name] or f"Metric read from {', '.join(paths)}"
        for path in paths:
            family = pages[path].families[name]
            yield Metric(name, family.type, text, family.samples)
