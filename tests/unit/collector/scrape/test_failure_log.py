"""The log of failed scrapes."""

import json
import logging
from pathlib import Path

import pytest

from collector.scrape.failure_log import FailureLog


def test_a_line_each(tmp_path: Path) -> None:
    log = FailureLog(str(tmp_path / "log"), "j")
    log.write(1.5, "http://a/metrics", "refused")
    (tmp_path / "log").rename(tmp_path / "old")
    log.write(2.0, "http://a/metrics", "refused again")
    assert json.loads((tmp_path / "old").read_text()) == {
        "time": "1970-01-01T00:00:01.500000Z",
        "level": "ERROR",
        "msg": "refused",
        "job_name": "j",
        "target": "http://a/metrics",
    }
    assert json.loads((tmp_path / "log").read_text())["msg"] == "refused again"


def test_trouble_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = FailureLog(str(tmp_path / "none" / "log"), "j")
    with caplog.at_level(logging.ERROR):
        log.write(1.0, "t", "x")
        log.write(2.0, "t", "x")
    assert len(caplog.records) == 1
