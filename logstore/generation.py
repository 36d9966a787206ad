"""One backing index: its rows on disk, its tantivy index that follows behind, its fields, its ids.

Folder `indices/<name>/`: `source.blk` and `tail.wal` (see `source`), `ids.map` (see `identity`), `index/` (tantivy), `about.json`
(number, name, time of creation, fields). A row is acknowledged when it is in the source log; the index may be rebuilt from there.
"""

import contextlib
import json
import logging
import os
import shutil
import threading
from pathlib import Path
from typing import Any, Final

import orjson

from logstore import engine
from logstore.engine import ROW_BITS, ROW_MASK, Opened, Query
from logstore.frames import DamagedError
from logstore.identity import KnownIds
from logstore.mapping import LONGEST_KEYWORD, Mapping
from logstore.source import Row, SourceLog, encode_row
from logstore.text import spaced
from logstore.timestamps import is_plain, iso, parse_date

logger = logging.getLogger(__name__)

SAVE_IDS_ROWS: Final = 200_000


class Generation:
    """A backing index. `append` is called by one thread, `index_row` and `commit` by another, reading by any."""

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.folder = folder
        self.name: str = about["name"]
        self.number: int = about["number"]
        self.created_ms: int = about["created_ms"]
        self.uuid: str = about["uuid"]
        self.settings: dict[str, Any] = about.get("settings", {})
        self.mapping = Mapping.from_json(about["mapping"])
        self.source = SourceLog(folder)
        self.ids = KnownIds(folder / "ids.map")
        self.pending: dict[str, tuple[int, int, bool]] = {}
        """Ids written since the last commit: row, version, and whether the document is there (False: deleted)."""
        self.commits = 0
        self.indexed_rows = 0
        self.deleted_rows = 0
        self._uncommitted: list[str] = []
        self._writer: engine.IndexWriter | None = None
        self._committed_rows = 0
        self._index_failed = False
        """The index could not be written: rows from `_committed_rows` on must be indexed again."""
        self.lock = threading.Lock()
        self.opened = self._open_index()
        self._replay()

    @classmethod
    def create(cls, folder: Path, about: dict[str, Any]) -> "Generation":
        try:
            folder.mkdir(parents=True)
            _write_json(folder / "about.json", about)
            return cls(folder, about)
        except (OSError, ValueError):
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def load(cls, folder: Path) -> "Generation":
        return cls(folder, json.loads((folder / "about.json").read_text()))

    def _open_index(self) -> Opened:
        path = self.folder / "index"
        try:
            if (path / "meta.json").exists():
                return engine.open_index(path)
        except (ValueError, KeyError) as error:
            logger.error("Index is built anew from the source", extra={"index": self.name, "reason": str(error)})
        shutil.rmtree(path, ignore_errors=True)
        return engine.create(path)

    def _replay(self) -> None:
        """Index the rows written after the last commit, note the ids not yet noted."""
        newest = engine.rows_newest_first(self.opened.searcher, Query.all_query(), 1)
        start = (newest[0] & ROW_MASK) + 1 if newest else 0
        self.source.resume_at(start)
        fresh: list[str] = []
        for number, row in self.source.rows_from(min(start, self.ids.rows)):
            if number >= self.ids.rows:
                fresh.append(row.id)
            if number >= start:
                self.index_row(number, row, orjson.loads(row.source) if row.kind == "i" else {})
        self.ids.add(fresh, self.source.end_row)
        self.indexed_rows = self.source.end_row
        self._committed_rows = start
        if start < self.source.end_row:
            self.commit()
            logger.info(
                "Rows indexed that were written before the last stop",
                extra={"index": self.name, "rows": self.source.end_row - start},
            )

    # Writing

    def append(self, rows: list[Row]) -> int:
        """Make rows durable; returns the number of the first."""
        first = self.source.append([encode_row(*row) for row in rows])
        fresh = {row.id: (number, row.version, row.kind == "i") for number, row in enumerate(rows, first)}
        with self.lock:
            self.pending.update(fresh)
        self.ids.add((row.id for row in rows if row.version == 1), self.source.end_row)
        return first

    def index_row(self, number: int, row: Row, doc: dict[str, Any]) -> None:
        """Hand one row to the index."""
        self.indexed_rows = number + 1
        self._uncommitted.append(row.id)
        if not self._index_failed:
            self._index(number, row, doc)

    def _index(self, number: int, row: Row, doc: dict[str, Any]) -> None:
        writer = self._writer
        if writer is None:
            writer = self._writer = self.opened.writer()
        if row.version > 1 or row.kind == "d":
            engine.delete_id(writer, row.id)
        if row.kind == "i":
            try:
                engine.add(writer, self._document(number, row, doc))
            except Exception as error:  # a document the index cannot take must not stop those after it
                if engine.writer_is_dead(error):
                    self._give_up_writer(error)
                    return
                logger.error(
                    "Document is stored but cannot be searched",
                    extra={"index": self.name, "id": row.id, "reason": str(error)},
                )

    def _give_up_writer(self, error: Exception) -> None:
        """Most likely the disk is full. Nothing is lost, the rows are in the source: they are indexed when there is room again."""
        logger.error("The index cannot be written for now", extra={"index": self.name, "reason": str(error)})
        self._writer, self._index_failed = None, True

    def _document(self, number: int, row: Row, doc: dict[str, Any]) -> str:
        whole, words = self.mapping.split(doc, len(row.source) > LONGEST_KEYWORD)
        out: dict[str, Any] = {"_row": self.number << ROW_BITS | number, "_id": row.id}
        rest = dict(whole)
        moment = rest.pop("@timestamp", None)
        if moment is not None:
            out["@timestamp"] = moment if is_plain(moment) else iso(parse_date(moment))
        message = doc.get("message")
        if isinstance(message, str):
            out["message"] = message if message.isascii() else spaced(message)
            words.pop("message", None)
            if self.mapping.keywords:
                rest.pop("message", None)
            rest["_text"] = ["message", *words] if words else "message"
        elif words:
            rest["_text"] = list(words)
        if words:
            out["t"] = {key: _spaced(text) for key, text in words.items()}
        out["k"] = rest
        return orjson.dumps(out, option=orjson.OPT_NON_STR_KEYS).decode()

    @property
    def dirty(self) -> bool:
        return bool(self._uncommitted)

    @property
    def uncommitted_rows(self) -> int:
        return len(self._uncommitted)

    def commit(self) -> None:
        """Make everything indexed so far searchable and durable in the index."""
        if self._writer is None and not self._index_failed:
            return
        try:
            if self._index_failed:
                self._index_again()
            assert self._writer is not None
            self._writer.commit()
            self.opened.refresh()
        except (ValueError, OSError) as error:
            self._give_up_writer(error)
            return
        self._committed_rows = self.indexed_rows
        done, self._uncommitted = self._uncommitted, []
        self.commits += 1
        with self.lock:
            for doc_id in done:
                entry = self.pending.get(doc_id)
                if entry is not None and entry[0] < self.indexed_rows:
                    del self.pending[doc_id]
        self._save()

    def _index_again(self) -> None:
        self._index_failed = False
        self._writer = self.opened.writer()
        for number, row in self.source.rows_from(self._committed_rows):
            if number < self.indexed_rows and not self._index_failed:
                self._index(number, row, orjson.loads(row.source) if row.kind == "i" else {})
        if self._index_failed:
            raise OSError("it failed again")

    def _save(self) -> None:
        """Fields and ids: both can be found out again from the rows, so a full disk is no reason to stop."""
        try:
            if self.mapping.changed:
                self.save_about()
            if self.ids.unsaved >= SAVE_IDS_ROWS:
                self.ids.save()
        except OSError as error:
            logger.warning("Fields and ids are saved later", extra={"index": self.name, "reason": str(error)})

    def rest(self) -> None:
        """Let go of the writer and its memory until somebody writes again."""
        if self._writer is not None and not self._uncommitted:
            writer, self._writer = self._writer, None
            writer.wait_merging_threads()
            self.opened.refresh()
            self.commits += 1
        self.source.trim_cache()

    def save_about(self) -> None:
        about = {
            "name": self.name, "number": self.number, "created_ms": self.created_ms, "uuid": self.uuid,
            "settings": self.settings, "mapping": self.mapping.to_json(),
        }  # fmt: skip
        _write_json(self.folder / "about.json", about)
        self.mapping.changed = False

    # Reading

    def find(self, doc_id: str) -> tuple[int, Row] | None:
        """The newest row of an id, as of this moment (also before it can be searched); None when there is none."""
        with self.lock:
            entry = self.pending.get(doc_id)
        if entry is not None:
            return (entry[0], self.source.read(entry[0])) if entry[2] else None
        if not self.ids.may_hold(doc_id):
            return None
        hits = engine.rows_newest_first(
            self.opened.searcher, Query.term_query(engine.SCHEMA, "_id", doc_id, "basic"), 1
        )
        return (hits[0] & ROW_MASK, self.source.read(hits[0] & ROW_MASK)) if hits else None

    def version(self, doc_id: str) -> int:
        """The version of an id, 0 when there is none; 1 when the row that would tell is damaged."""
        try:
            found = self.find(doc_id)
        except DamagedError:
            return 1
        return found[1].version if found else 0

    @property
    def docs(self) -> int:
        return int(self.opened.searcher.num_docs)

    def size_bytes(self) -> int:
        total = self.source.size_bytes
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / "index") as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    total += entry.stat().st_size
        return total

    def close(self) -> None:
        self.commit()
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
        if self.ids.unsaved:
            with contextlib.suppress(OSError):  # made anew from the rows at the next start
                self.ids.save()
        self.source.close()

    def drop(self) -> None:
        """Delete everything."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer = None
        self.source.close()
        shutil.rmtree(self.folder)


def _spaced(text: Any) -> Any:
    if isinstance(text, list):
        return [_spaced(item) for item in text]
    return text if not isinstance(text, str) or text.isascii() else spaced(text)


def _write_json(path: Path, data: Any) -> None:
    fresh = path.with_suffix(".tmp")
    with open(fresh, "wb") as file:
        file.write(orjson.dumps(data))
        file.flush()
        os.fdatasync(file.fileno())
    os.replace(fresh, path)
