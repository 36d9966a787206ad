from pathlib import Path

from pharos.up.logfile import RotatingLog


def test_rotates_at_line_ends_and_keeps_a_few(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "x.log", rotate_at=10, keep=2)
    for chunk in (b"1234567\n", b"half of", b" a line\n", b"second-file\n", b"third-file-\n", b"new\n"):
        log.write(chunk)
    log.close()
    assert (tmp_path / "x.log").read_bytes() == b"new\n"
    assert (tmp_path / "x.log.1").read_bytes() == b"third-file-\n"
    assert (tmp_path / "x.log.2").read_bytes() == b"second-file\n"
    assert not (tmp_path / "x.log.3").exists()


def test_goes_on_where_it_was(tmp_path: Path) -> None:
    for text in (b"a\n", b"b\n"):
        log = RotatingLog(tmp_path / "x.log")
        log.write(text)
        log.close()
    assert (tmp_path / "x.log").read_bytes() == b"a\nb\n"
