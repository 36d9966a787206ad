"""The searchable state of a set of indices: one index as it is, several as a union view that is kept while nothing changes."""

import fnmatch
import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Final

from logstore import engine
from logstore.catalog import Catalog
from logstore.engine import ROW_BITS, ROW_MASK, Opened
from logstore.generation import Generation
from logstore.mapping import merged
from logstore.query import Context
from logstore.source import Row

KEPT_VIEWS: Final = 4


class View:
    """A frozen searcher over some generations."""

    def __init__(self, generations: list[Generation], opened: Opened, catalog: Catalog) -> None:
        self.generations = {generation.number: generation for generation in generations}
        self.opened, self._catalog = opened, catalog
        self.searcher = opened.searcher
        self.types = merged(generation.mapping for generation in generations)

    def context(self, now_ms: int) -> Context:
        return Context(self.searcher, self._parse, self.types, self._index_rows, now_ms)

    def _parse(self, text: str) -> engine.Query:
        return self.opened.index.parse_query(text)

    def _index_rows(self, pattern: str) -> list[tuple[int, int]]:
        found = []
        for number, generation in self.generations.items():
            names = (generation.name, self._catalog.owner(generation) or "")
            if any(fnmatch.fnmatchcase(name, pattern) for name in names):
                found.append((number << ROW_BITS, number << ROW_BITS | ROW_MASK))
        return found

    def row(self, global_row: int) -> tuple[Generation, Row]:
        """Index and source row behind a `_row`."""
        generation = self.generations[global_row >> ROW_BITS]
        return generation, generation.source.read(global_row & ROW_MASK)


class Views:
    """Opens views and keeps the last few."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._folder = catalog.folder / "views"
        self._kept: OrderedDict[tuple[tuple[int, int], ...], View] = OrderedDict()
        self._lock = threading.Lock()
        self._count = 0

    def open(self, generations: list[Generation]) -> View | None:
        """The view as of now; None when there is nothing to search."""
        if not generations:
            return None
        key = tuple((generation.number, generation.commits) for generation in generations)
        with self._lock:
            view = self._kept.get(key)
            if view is None:
                view = View(generations, self._opened(generations), self._catalog)
                self._kept[key] = view
                while len(self._kept) > KEPT_VIEWS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return view

    def _opened(self, generations: list[Generation]) -> Opened:
        if len(generations) == 1:
            return Snapshot(generations[0].opened)
        self._count += 1
        paths: list[Path] = [generation.folder / "index" for generation in generations]
        return engine.open_union(paths, self._folder / f"{os.getpid()}-{self._count}")

    def forget(self) -> None:
        """Let go of all views: their files may be gone from disk."""
        with self._lock:
            self._kept.clear()


class Snapshot(Opened):
    """An index that stays as it is now while its owner goes on committing."""

    def __init__(self, opened: Opened) -> None:
        self.index, self.searcher = opened.index, opened.searcher
