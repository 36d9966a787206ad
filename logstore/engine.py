"""tantivy, wrapped: the only module that knows the binding (pinned to 0.27: a young library).

Every index has the same schema, so segments of several can be searched together:

    _row        u64   generation << ROW_BITS | row: finds the source, breaks ties, unique over the whole store
    _id         raw   the document's id
    @timestamp  date  milliseconds
    message     words
    k           JSON  everything else, whole values, as columns too (terms, ranges, aggregations)
    t           JSON  the words of text fields other than `message`

`_row` and `@timestamp` are columns only: ranges and order come from there, and a list of documents for each of their values would take 19 B a document
and a seventh of the time of indexing.

What the binding cannot set is patched into `meta.json` of the empty index: milliseconds (its dates are seconds), no field norms
where nobody scores, no document store.
"""

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import tantivy
from tantivy import (
    FieldType,
    Filter,
    Index,
    IndexWriter,
    Query,
    Schema,
    SchemaBuilder,
    Searcher,
    TextAnalyzerBuilder,
    Tokenizer,
)

__all__ = ["ROW_BITS", "FieldType", "IndexWriter", "Opened", "Query", "Searcher", "create", "open_index", "open_union"]

ROW_BITS: Final = 34
ROW_MASK: Final = (1 << ROW_BITS) - 1
WRITER_HEAP_BYTES: Final = 32_000_000
LONGEST_WORD: Final = 512
_WITHOUT_NORMS: Final = ("_id", "k")
_COLUMNS: Final = ("_row", "@timestamp")


def _build_schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_unsigned_field("_row", indexed=False, fast=True)
    builder.add_text_field("_id", tokenizer_name="raw", index_option="basic")
    builder.add_date_field("@timestamp", indexed=False, fast=True)
    builder.add_text_field("message", tokenizer_name="words", index_option="position")
    builder.add_json_field("k", fast=True, tokenizer_name="raw", index_option="basic", expand_dots_enabled=True)
    builder.add_json_field("t", tokenizer_name="words", index_option="position", expand_dots_enabled=True)
    return builder.build()


SCHEMA: Final = _build_schema()
ANALYZER: Final = (
    TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.lowercase()).filter(Filter.remove_long(LONGEST_WORD)).build()
)


class Opened:
    """An open index with a searcher as of its last `refresh`."""

    def __init__(self, index: Index) -> None:
        self.index = index
        index.register_tokenizer("words", ANALYZER)
        index.config_reader("manual")
        index.reload()
        self.searcher = index.searcher()

    def refresh(self) -> None:
        self.index.reload()
        self.searcher = self.index.searcher()

    def writer(self) -> IndexWriter:
        return self.index.writer(WRITER_HEAP_BYTES, 1)


def create(path: Path) -> Opened:
    """A new, empty index."""
    path.mkdir(parents=True)
    Index(SCHEMA, path=str(path))
    meta_file = path / "meta.json"
    meta = json.loads(meta_file.read_text())
    meta["index_settings"] = {"docstore_compression": "lz4", "docstore_blocksize": 131072}
    for field in meta["schema"]:
        if field["name"] == "@timestamp":
            field["options"]["precision"] = "milliseconds"
        if field["name"] in _WITHOUT_NORMS:
            field["options"]["indexing"]["fieldnorms"] = False
    meta_file.write_text(json.dumps(meta))
    return open_index(path)


def open_index(path: Path) -> Opened:
    """An index as it is on disk. Raises `ValueError` when it is damaged, or was made with another schema."""
    for field in json.loads((path / "meta.json").read_text())["schema"]:
        if field["name"] in _COLUMNS and field["options"]["indexed"]:
            raise ValueError(f"an older schema: [{field['name']}] is more than a column")
    return Opened(Index.open(str(path)))


def open_union(paths: list[Path], folder: Path) -> Opened:
    """The committed segments of several indices as one, frozen: exact sort, cardinality and percentiles over all of them.

    Hard links and a merged `meta.json` in a folder that is gone as soon as the files are mapped.
    """
    for attempt in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            segments: list[Any] = []
            for path in paths:
                meta = json.loads((path / "meta.json").read_text())
                _link_segments(path, folder, meta)
                segments += meta["segments"]
            (folder / "meta.json").write_text(json.dumps({**meta, "segments": segments}))
            return Opened(Index.open(str(folder)))
        except OSError:  # a merge removed a segment between reading the list and linking it
            if attempt == 4:
                raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    raise AssertionError("unreachable")


def _link_segments(path: Path, folder: Path, meta: dict[str, Any]) -> None:
    wanted = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
    found = set()
    for name in os.listdir(path):
        if name.partition(".")[0] in wanted:
            os.link(path / name, folder / name)
            found.add(name.partition(".")[0])
    if found != wanted:
        raise FileNotFoundError("segment files vanished")


def add(writer: IndexWriter, document: str) -> None:
    """Add one document given as JSON text with the schema's fields. Raises `ValueError`."""
    writer.add_json(document)


def writer_is_dead(error: Exception) -> bool:
    """Whether the writer's own thread has ended, after an error of the file system: it takes nothing any more."""
    text = str(error)
    return "killed" in text or "worker thread" in text


def delete_id(writer: IndexWriter, doc_id: str) -> None:
    writer.delete_documents_by_term("_id", doc_id)


def words(text: str) -> list[str]:
    """The words the index sees in a text."""
    return ANALYZER.analyze(text)


def utc(ms: int) -> datetime:
    """A moment as the binding takes it."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def _guarded(call: Callable[[], Any]) -> Any:
    """A panic inside tantivy is no `Exception`; callers see a `ValueError`. Stubs lag behind the binding: results are Any."""
    try:
        return call()
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise ValueError(f"tantivy failed: {error}") from error
        raise


def _search(searcher: Searcher, query: Query, limit: int, **options: Any) -> Any:
    return _guarded(lambda: searcher.search(query, max(1, limit), **options))


def _rows(searcher: Searcher, addresses: list[Any]) -> list[int]:
    values: list[Any] = searcher.fast_field_values("_row", addresses) if addresses else []
    return [int(row) for row in values]


def rows_newest_first(searcher: Searcher, query: Query, limit: int, *, ascending: bool = False) -> list[int]:
    """`_row` of the hits in the order of `_row`."""
    order = tantivy.Order.Asc if ascending else tantivy.Order.Desc
    found = _search(searcher, query, limit, count=False, order_by_field="_row", order=order)
    return [int(row) for row, _ in found.hits]


def rows_by_score(searcher: Searcher, query: Query, limit: int) -> list[tuple[float, int]]:
    """`(score, _row)` of the best hits."""
    hits = _search(searcher, query, limit, count=False).hits
    rows = _rows(searcher, [address for _, address in hits])
    return [(score, row) for (score, _), row in zip(hits, rows, strict=True)]


def rows_by_time(searcher: Searcher, query: Query, limit: int, *, ascending: bool) -> list[tuple[int | None, int]]:
    """`(@timestamp in ms, _row)` of the hits in time order; those without a time have None."""
    order = tantivy.Order.Asc if ascending else tantivy.Order.Desc
    hits = _search(searcher, query, limit, count=False, order_by_field="@timestamp", order=order).hits
    rows = _rows(searcher, [address for _, address in hits])
    return [(None if ns is None else ns // 1_000_000, row) for (ns, _), row in zip(hits, rows, strict=True)]


def count(searcher: Searcher, query: Query) -> int:
    return int(_search(searcher, query, 1, count=True).count)


def aggregate(searcher: Searcher, query: Query, request: dict[str, Any]) -> dict[str, Any]:
    """tantivy's own aggregations. Raises `ValueError`."""
    found: dict[str, Any] = _guarded(lambda: searcher.aggregate(query, request))
    return found
