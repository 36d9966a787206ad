from pathlib import Path
from typing import Any

import pytest

from exporters.container.perfconfig import PerfEvent, load_events, parse_events
from pharos.config import ConfigError


def test_generic_and_custom_events_single_and_in_groups() -> None:
    document = {
        "core": {
            "events": ["context-switches", ["cycles", "walks"], "LLC-load-misses", "cycles"],
            "custom_events": [{"type": 4, "config": ["0x1cc", "7"], "name": "walks"}],
        }
    }
    assert parse_events(document) == (
        PerfEvent("context-switches", 1, 3),
        PerfEvent("cycles", 0, 0),
        PerfEvent("walks", 4, 0x1CC, (7, 0)),
        PerfEvent("LLC-load-misses", 3, 2 | 1 << 16),
    )


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "the file: expected an object, found list"),
        ({"core": {"events": []}}, "expected at least one event"),
        ({"core": {"events": ["cycels"]}}, "unknown event 'cycels', known: cycles"),
        ({"core": {"events": ["a"], "custom_events": [{"name": "a", "type": 4}]}}, "expected name, type and config"),
        ({"core": {"events": ["cycles"]}, "uncore": {"events": ["x/y"]}}, "uncore: events of the uncore"),
    ],
)
def test_mistakes_are_named(document: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_events(document)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text("{")
    with pytest.raises(ConfigError, match=r"--perf_events_config .*events\.json"):
        load_events(str(tmp_path / "events.json"))
    with pytest.raises(ConfigError, match="No such file"):
        load_events(str(tmp_path / "none.json"))
