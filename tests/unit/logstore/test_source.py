"""The source log: what was appended comes back, also after a crash in the middle of a write."""

from pathlib import Path

import pytest

from logstore.frames import DamagedError
from logstore.source import BLOCK_BYTES, Row, SourceLog, decode_rows, encode_row


def rows(first: int, count: int, size: int = 20) -> list[Row]:
    return [Row("i", 1, f"id{n}", b'{"n":%d,"pad":"%s"}' % (n, b"x" * size)) for n in range(first, first + count)]


def append(log: SourceLog, some: list[Row]) -> int:
    return log.append([encode_row(*row) for row in some])


def test_rows_survive_encoding() -> None:
    some = [Row("i", 3, "an id with spaces", b"{}"), Row("d", 4, "é", b"")]
    assert decode_rows(b"".join(encode_row(*row) for row in some)) == some


def test_small_appends_stay_in_the_tail_and_large_ones_become_blocks(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    assert append(log, rows(0, 3)) == 0
    assert (tmp_path / "source.blk").stat().st_size == 0
    assert append(log, rows(3, 400, size=1000)) == 3
    assert (tmp_path / "tail.wal").stat().st_size == 0
    assert log.end_row == 403
    assert [log.read(n).id for n in (0, 2, 3, 402)] == ["id0", "id2", "id3", "id402"]
    with pytest.raises(IndexError):
        log.read(403)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    append(log, rows(0, 2000, size=BLOCK_BYTES // 1000))
    append(log, rows(2000, 5))
    log.close()
    again = SourceLog(tmp_path)
    assert again.end_row == 2005
    assert [number for number, _ in again.rows_from(1990)] == list(range(1990, 2005))
    assert again.read(2004) == rows(2004, 1)[0]


@pytest.mark.parametrize("name", ["tail.wal", "source.blk"])
@pytest.mark.parametrize("cut", [1, 30])
def test_a_torn_frame_is_cut_off_and_the_log_goes_on(tmp_path: Path, name: str, cut: int) -> None:
    log = SourceLog(tmp_path)
    size = 20 if name == "tail.wal" else 1000
    append(log, rows(0, 400 if size > 20 else 1, size))
    first_end = log.end_row
    append(log, rows(400, 400 if size > 20 else 1, size))
    log.close()
    file = tmp_path / name
    file.write_bytes(file.read_bytes()[:-cut])
    again = SourceLog(tmp_path)
    assert again.end_row == first_end
    append(again, rows(7, 1))
    assert again.read(first_end).id == "id7"


def test_a_damaged_frame_at_the_end_is_dropped(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    append(log, rows(0, 1))
    append(log, rows(1, 1))
    log.close()
    data = bytearray((tmp_path / "tail.wal").read_bytes())
    data[-1] ^= 0xFF
    (tmp_path / "tail.wal").write_bytes(data)
    assert SourceLog(tmp_path).end_row == 1


def test_rows_that_moved_to_a_block_are_not_read_twice_from_the_tail(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    append(log, rows(0, 2))
    tail = (tmp_path / "tail.wal").read_bytes()
    append(log, rows(2, 400, size=1000))
    log.close()
    (tmp_path / "tail.wal").write_bytes(tail)  # a crash between writing the block and emptying the tail
    again = SourceLog(tmp_path)
    assert again.end_row == 402
    assert [row.id for _, row in again.rows_from(0)][:3] == ["id0", "id1", "id2"]


def test_rows_of_the_tail_behind_a_damaged_frame_keep_their_numbers(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    for n in range(4):
        append(log, rows(n, 1))
    second = log._wal.offsets[1]
    log.close()
    data = bytearray((tmp_path / "tail.wal").read_bytes())
    data[second + 30] ^= 1
    (tmp_path / "tail.wal").write_bytes(data)
    for _ in range(2):  # and after one more restart
        again = SourceLog(tmp_path)
        assert [(number, row.id) for number, row in again.rows_from(0)] == [(0, "id0"), (2, "id2"), (3, "id3")]
        with pytest.raises(DamagedError):
            again.read(1)
        assert again.read(3).id == "id3"
        assert again.end_row == 4
        again.close()


def test_a_number_the_index_knows_is_never_given_again(tmp_path: Path) -> None:
    log = SourceLog(tmp_path)
    append(log, rows(0, 2))
    log.resume_at(5)
    assert append(log, rows(5, 1)) == 5
    log.close()
    again = SourceLog(tmp_path)
    assert [number for number, _ in again.rows_from(0)] == [0, 1, 5]


def test_a_failed_write_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = SourceLog(tmp_path)
    append(log, rows(0, 2))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", full)
        for some in (rows(2, 2), rows(2, 600, size=1000)):  # a frame of the tail; three blocks
            with pytest.raises(OSError, match="No space"):
                append(log, some)
    assert log.end_row == 2
    assert append(log, rows(2, 3)) == 2
    log.close()
    assert [row.id for _, row in SourceLog(tmp_path).rows_from(0)] == ["id0", "id1", "id2", "id3", "id4"]
