import io
import json
import logging

import pytest

from pharos.logs import setup_logging


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_logfmt_quotes_only_what_needs_it(stream: io.StringIO) -> None:
    setup_logging("info", "logfmt", stream)
    logging.getLogger("a.b").warning("Scrape failed", extra={"target": "http://x", "reason": 'said "no"'})
    line = stream.getvalue()
    assert line.endswith('level=warn logger=a.b msg="Scrape failed" target=http://x reason="said \\"no\\""\n')
    assert line.startswith("ts=")


def test_json_is_one_object_a_line(stream: io.StringIO) -> None:
    setup_logging("info", "json", stream)
    try:
        raise ValueError("bad\nthing")
    except ValueError:
        logging.getLogger().exception("Failed")
    [line] = stream.getvalue().splitlines()
    assert json.loads(line) | {"ts": ""} == {
        "ts": "",
        "level": "error",
        "logger": "root",
        "msg": "Failed",
        "error": "ValueError: bad\nthing",
    }


def test_level(stream: io.StringIO) -> None:
    setup_logging("error", "logfmt", stream)
    logging.getLogger("x").info("quiet")
    assert stream.getvalue() == ""
