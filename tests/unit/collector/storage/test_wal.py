from pathlib import Path

import pytest

from collector.storage.wal import WalDamage, WalWriter, list_segments, read_segment, segment_path


def write(
    folder: Path, records: list[tuple[int, bytes]], *, compression: str = "none", segment_bytes: int = 1 << 20
) -> None:
    writer = WalWriter(folder, first=1, segment_bytes=segment_bytes, compression=compression)
    for kind, payload in records:
        writer.add(kind, payload)
        writer.sync()
    writer.close()


def read(folder: Path) -> tuple[list[tuple[int, bytes]], list[WalDamage]]:
    out: list[tuple[int, bytes]] = []
    damages: list[WalDamage] = []
    numbers = list_segments(folder)
    for number in numbers:
        data = memoryview(segment_path(folder, number).read_bytes())
        out.extend(
            (kind, bytes(payload))
            for kind, payload in read_segment(data, number, number == numbers[-1], damages.append)
        )
    return out, damages


RECORDS = [(1, b"first"), (2, b""), (3, b"third" * 50), (4, b"last")]


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd"])
def test_records_come_back(tmp_path: Path, compression: str) -> None:
    write(tmp_path, RECORDS, compression=compression)
    assert read(tmp_path) == (RECORDS, [])


def test_a_full_segment_is_followed_by_a_new_one(tmp_path: Path) -> None:
    write(tmp_path, RECORDS, segment_bytes=100)
    assert len(list_segments(tmp_path)) > 1
    assert read(tmp_path)[0] == RECORDS


def test_a_log_torn_at_any_byte_gives_a_prefix(tmp_path: Path) -> None:
    write(tmp_path, RECORDS)
    path = segment_path(tmp_path, 1)
    whole = path.read_bytes()
    lengths = []
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        records, damages = read(tmp_path)
        assert records == RECORDS[: len(records)]
        assert all(damage.torn for damage in damages)
        lengths.append(len(records))
    assert lengths == sorted(lengths)
    assert lengths[-1] == len(RECORDS) - 1


def test_a_flipped_byte_costs_one_block_and_never_changes_a_record(tmp_path: Path) -> None:
    write(tmp_path, RECORDS)
    path = segment_path(tmp_path, 1)
    whole = path.read_bytes()
    for place in range(8, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x41
        path.write_bytes(damaged)
        records, damages = read(tmp_path)
        missing = [record for record in RECORDS if record not in records]
        assert len(missing) == 1
        assert [record for record in RECORDS if record in records] == records
        assert len(damages) == 1


def test_a_refused_write_is_repeated_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    writer = WalWriter(tmp_path, first=1, segment_bytes=1 << 20)
    writer.add(1, b"before")
    writer.sync()
    write_really = os.write

    def full(handle: int, data: memoryview) -> int:
        write_really(handle, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    writer.add(2, b"while full")
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            writer.sync()
    writer.add(3, b"after")
    writer.close()
    assert read(tmp_path) == ([(1, b"before"), (2, b"while full"), (3, b"after")], [])


def test_a_queue_that_never_drains_drops_records_and_counts_them(tmp_path: Path) -> None:
    writer = WalWriter(tmp_path, first=1, segment_bytes=1 << 20, buffer_limit=100)
    assert writer.add(1, b"x" * 80)
    assert not writer.add(1, b"x" * 80)
    assert writer.dropped_records == 1
    writer.close()


def test_what_is_written_can_be_read_at_once_and_is_synced_later(tmp_path: Path) -> None:
    writer = WalWriter(tmp_path, first=1, segment_bytes=100)
    assert writer.add(1, b"a" * 80)
    writer.write()
    assert [payload for _, payload in read(tmp_path)[0]] == [b"a" * 80]
    assert writer.fsyncs == 0
    writer.add(1, b"b" * 80)
    writer.sync()
    writer.sync()  # nothing to do
    assert writer.fsyncs == 1
    writer.add(1, b"c" * 80)
    writer.write()  # in a new segment: the one before was synced when it was left
    writer.sync()
    assert writer.fsyncs == 2
    assert [payload[:1] for _, payload in read(tmp_path)[0]] == [b"a", b"b", b"c"]
    writer.close()
