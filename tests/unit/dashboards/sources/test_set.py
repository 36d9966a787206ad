"""Which source a dashboard means."""

import pytest

from dashboards.sources.base import SourceConfig
from dashboards.sources.set import SourceSet


def sources() -> SourceSet:
    return SourceSet(
        (
            SourceConfig("prom", "Prometheus", "prometheus", "http://p"),
            SourceConfig("other", "Other", "prometheus", "http://o"),
            SourceConfig("logs", "Logs", "elasticsearch", "http://l"),
        )
    )


def test_a_source_is_found_by_uid_name_and_type() -> None:
    known = sources()
    assert known.find("other").config.uid == "other"
    assert known.find("Other").config.uid == "other"
    assert known.find("prometheus").config.uid == "prom"
    assert known.find("P1809F7CD0C75ACF3").config.uid == "prom"
    assert known.find("x", "elasticsearch").config.uid == "logs"


def test_a_missing_type_is_told() -> None:
    with pytest.raises(ValueError, match="none of type alertmanager"):
        _ = sources().alerting
