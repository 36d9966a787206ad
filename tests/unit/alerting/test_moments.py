import pytest

from alerting import moments


def test_written_as_alertmanager_writes_them() -> None:
    assert moments.milliseconds(1_800_000_000.408) == "2027-01-15T08:00:00.408Z"
    assert moments.precise(1_800_000_000.25) == "2027-01-15T08:00:00.25Z"
    assert moments.precise(1_800_000_000) == "2027-01-15T08:00:00Z"
    assert moments.precise(0) == moments.ZERO


@pytest.mark.parametrize("text", ["2027-01-15T08:00:00Z", "2027-01-15T16:00:00+08:00"])
def test_read(text: str) -> None:
    assert moments.parse(text) == 1_800_000_000


def test_local_time() -> None:
    assert moments.local(1_800_000_000, "Asia/Shanghai").hour == 16
    assert moments.local(1_800_000_000, "").hour == 8
