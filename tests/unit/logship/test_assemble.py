"""Lines to items."""

from typing import Any

import orjson

from logship.assemble import Assembler
from logship.document import action_for
from logship.held import HOLD_S, PARTIAL_HOLD_S, Resume
from logship.record import Batch


class File:
    key = b"abcdefghijk"

    def __init__(self, resume: Resume | None = None) -> None:
        self.resume = resume
        self.cuts: list[int] = []

    def remember_cut(self, offset: int) -> None:
        self.cuts.append(offset)


def assembler(shape: str = "cri", multiline: str = "auto", parser: str = "auto") -> Assembler:
    return Assembler(
        shape=shape, parser=parser, multiline=multiline, metadata={"service": "cart"},
        action=action_for("logs-%Y.%m.%d"), now=lambda: 1_795_172_400.5,
    )  # fmt: skip


def docs(batch: Batch) -> list[dict[str, Any]]:
    return [orjson.loads(item.split(b"\n")[1]) for item in batch.items]


def cri(content: str, tag: str = "F", stream: str = "stdout", second: int = 0) -> bytes:
    return f"2026-11-20T11:00:{second:02d}Z {stream} {tag} {content}".encode()


def test_a_document_has_id_index_time_message_and_metadata() -> None:
    maker, batch = assembler(multiline="none"), Batch()
    line = cri("INFO hello")
    assert maker.feed(File(), [line], 256, batch, 0.0) == 256 + len(line) + 1
    action, document = batch.items[0].split(b"\n")[:2]
    assert orjson.loads(action) == {
        "create": {"_index": "logs-2026.11.20", "_id": f"abcdefghijk{256:010x}{len(line) + 1:x}"}
    }
    assert orjson.loads(document) == {
        "@timestamp": "2026-11-20T11:00:00Z", "message": "INFO hello", "level": "info", "stream": "stdout", "service": "cart",
    }  # fmt: skip
    assert batch.size == len(batch.items[0])


def test_partial_lines_are_joined_per_stream() -> None:
    maker, batch = assembler(), Batch()
    lines = [cri("a", "P"), cri("x", "P", "stderr"), cri("b", "P"), cri("y", "F", "stderr"), cri("c")]
    maker.feed(File(), lines, 0, batch, 0.0)
    maker.flush(batch, HOLD_S)
    assert sorted(doc["message"] for doc in docs(batch)) == ["abc", "xy"]


def test_a_partial_line_goes_on_in_the_next_file() -> None:
    maker, batch, old, new = assembler(), Batch(), File(), File()
    maker.feed(old, [cri("first"), cri("half ", "P")], 0, batch, 0.0)
    start = len(cri("first")) + 1
    assert maker.mark(old, 999).offset == start
    maker.feed(new, [cri("rest"), cri("next")], 0, batch, 0.0)
    maker.flush(batch, 0, force=True)
    assert [doc["message"] for doc in docs(batch)] == ["first", "half rest", "next"]
    assert maker.mark(old, 999).offset == 999


def test_traces_become_one_document_and_json_is_never_held() -> None:
    maker, batch = assembler(), Batch()
    lines = [cri("ERROR x"), cri("java.lang.Exception: y"), cri("\tat a.b(C)"), cri('{"msg":"j","level":"warn","n":1}')]
    maker.feed(File(), lines, 0, batch, 0.0)
    assert [doc["message"] for doc in docs(batch)] == ["ERROR x\njava.lang.Exception: y\n\tat a.b(C)", "j"]
    assert docs(batch)[1]["fields"] == {"n": 1}
    assert not maker.holding


def test_what_is_held_is_let_go_in_time() -> None:
    maker, batch = assembler(), Batch()
    maker.feed(File(), [cri("wait"), cri("torn", "P", "stderr")], 0, batch, 10.0)
    maker.flush(batch, 10.0 + HOLD_S / 2)
    assert batch.items == []
    maker.flush(batch, 10.0 + HOLD_S)
    assert [doc["message"] for doc in docs(batch)] == ["wait"]
    maker.flush(batch, 10.0 + PARTIAL_HOLD_S)
    assert not maker.holding


def test_lines_that_are_not_cri_are_shipped_as_they_are() -> None:
    maker, batch = assembler(), Batch()
    maker.feed(File(), [b"not a container line", b"\xff\xfe"], 0, batch, 0.0)
    maker.flush(batch, 0, force=True)
    assert [doc["message"] for doc in docs(batch)] == ["not a container line", "\ufffd\ufffd"]
    assert docs(batch)[0]["@timestamp"] == "2026-11-20T11:00:00.500Z"
    assert maker.malformed == 2


def test_docker_and_plain_and_logfmt() -> None:
    docker, batch = assembler("docker"), Batch()
    parts = [
        b'{"log":"a","stream":"stdout","time":"2026-11-20T11:00:00Z"}',
        b'{"log":"b\\n","stream":"stdout","time":"2026-11-20T11:00:01Z"}',
    ]
    docker.feed(File(), parts, 0, batch, 0.0)
    docker.flush(batch, 0, force=True)
    plain = assembler("plain", parser="logfmt")
    plain.feed(File(), [b'ts=2026-11-20T12:00:00Z level=debug msg="hi there" a=b\r'], 0, batch, 0.0)
    plain.flush(batch, 0, force=True)
    assert [(doc["message"], doc.get("level"), doc["@timestamp"][11:13]) for doc in docs(batch)] == [
        ("ab", None, "11"),
        ("hi there", "debug", "12"),
    ]


def test_levels_are_counted() -> None:
    maker, batch = assembler(multiline="none"), Batch()
    maker.feed(File(), [cri("INFO a"), cri("INFO b"), cri("c")], 0, batch, 0.0)
    assert dict(maker.documents.by_level) == {"info": 2, None: 1}


def test_a_record_is_let_through_when_the_next_line_shows_that_it_is_whole() -> None:
    maker, batch = assembler(), Batch()
    maker.feed(File(), [cri("one"), cri("two"), cri("three", stream="stderr"), cri("Four")], 0, batch, 0.0)
    assert [doc["message"] for doc in docs(batch)] == ["one", "two"]  # only the last of each stream may go on
    maker.feed(File(), [cri("  five")], 500, batch, 0.0)
    maker.flush(batch, 0, force=True)
    assert [doc["message"] for doc in docs(batch)] == ["one", "two", "Four\n  five", "three"]


def test_a_stream_that_is_further_than_the_other_is_not_read_again() -> None:
    lines = [cri("ERROR boom"), cri("held", stream="stderr"), cri("\tat a.b(C)"), cri('{"msg":"next"}')]
    maker, batch, file = assembler(), Batch(), File()
    end = maker.feed(file, lines, 0, batch, 0.0)
    assert [doc["message"] for doc in docs(batch)] == ["ERROR boom\n\tat a.b(C)", "next"]
    mark = maker.mark(file, end)
    first = len(lines[0]) + 1
    assert mark.offset == first
    assert mark.ahead == {"stdout": end, "": end}

    maker, batch = assembler(), Batch()
    more = [*lines[1:], cri("after")]
    maker.feed(File(Resume(mark.ahead)), more, first, batch, 0.0)
    maker.flush(batch, 0, force=True)
    assert [doc["message"] for doc in docs(batch)] == ["after", "held"]


def test_a_record_cut_off_by_time_is_cut_off_again() -> None:
    lines = [cri("ERROR boom"), cri("\tat a.b(C)")]
    maker, batch, file = assembler(), Batch(), File()
    end = maker.feed(file, lines, 0, batch, 0.0)
    maker.flush(batch, HOLD_S)
    assert (file.cuts, batch.cut) == ([end], True)
    late = cri("\tat late.d(E)")
    again = Batch()
    file = File(Resume(cuts=frozenset({end})))
    maker.feed(file, [*lines, late], 0, again, 0.0)
    maker.flush(again, 0, force=True)
    assert again.items[0] == batch.items[0]
    assert docs(again)[1]["message"] == "\tat late.d(E)"
    assert file.resume is None


def test_a_file_is_not_done_while_a_record_begun_before_it_is_open() -> None:
    maker, batch, old, new = assembler(), Batch(), File(), File()
    maker.feed(old, [cri("half ", "P")], 0, batch, 0.0)
    end = maker.feed(new, [cri("more ", "P")], 0, batch, 0.0)
    assert maker.mark(old, 99).offset == 0
    assert maker.mark(new, end).offset == 0
    maker.feed(new, [cri("rest")], end, batch, 0.0)
    maker.flush(batch, 0, force=True)
    assert [doc["message"] for doc in docs(batch)] == ["half more rest"]
    assert maker.mark(new, 999).offset == 999
