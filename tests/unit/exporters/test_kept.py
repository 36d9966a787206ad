import errno
import os
from pathlib import Path

import pytest

from exporters.kept import KeptFiles, kernel_devices


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles({tmp_path.stat().st_dev}, most=2)


def opened(path: Path, text: str = "") -> int:
    path.write_text(text)
    return os.open(path, os.O_RDONLY)


def test_a_kept_file_is_read_anew_each_time(kept: KeptFiles, tmp_path: Path) -> None:
    path = tmp_path / "stat"
    assert kept.read(str(path), 100, whole=True) is None
    assert kept.take(str(path), opened(path, "1"))
    assert kept.read(str(path), 100, whole=True) == b"1"
    path.write_text("22")
    assert kept.read(str(path), 100, whole=True) == b"22"


def test_long_files_are_read_to_the_end_when_the_whole_is_wanted(kept: KeptFiles, tmp_path: Path) -> None:
    path = tmp_path / "netstat"
    kept.take(str(path), opened(path, "x" * 250))
    assert kept.read(str(path), 100, whole=True) == b"x" * 250
    assert kept.read(str(path), 100, whole=False) == b"x" * 100


def test_files_of_other_devices_of_processes_and_beyond_the_limit_are_not_kept(kept: KeptFiles, tmp_path: Path) -> None:
    (tmp_path / "4711").mkdir()
    (tmp_path / "1").mkdir()
    paths = [tmp_path / "4711/stat", tmp_path / "1/mountinfo", tmp_path / "b", tmp_path / "c"]
    descriptors = [opened(path) for path in paths]
    assert [kept.take(str(path), number) for path, number in zip(paths, descriptors, strict=True)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert len(kept) == 2
    elsewhere = KeptFiles({0}, most=2)
    assert not elsewhere.take(str(paths[3]), descriptors[3])
    for number in (descriptors[0], descriptors[3]):
        os.close(number)


def test_a_file_that_is_gone_is_let_go_and_any_other_error_is_told(
    kept: KeptFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "speed"
    number = opened(path)
    kept.take(str(path), number)
    answers = iter([errno.EINVAL, errno.ENODEV])

    def refuse(*_: int) -> bytes:
        code = next(answers)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "pread", refuse)
    with pytest.raises(OSError, match="Invalid argument"):
        kept.read(str(path), 100, whole=False)
    assert kept.read(str(path), 100, whole=False) is None
    assert len(kept) == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)


def test_devices_of_procfs_and_sysfs() -> None:
    text = (
        "22 28 0:20 / /proc rw,nosuid - proc proc rw\n"
        "23 28 0:21 / /host/sys rw,nosuid shared:7 - sysfs sysfs rw\n"
        "28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
    )
    assert kernel_devices(text) == {os.makedev(0, 20), os.makedev(0, 21)}
