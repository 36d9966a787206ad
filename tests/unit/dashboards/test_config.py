"""Flags and the optional configuration file."""

from pathlib import Path

import pytest

from dashboards.config import DashboardsConfig, all_sources, user_folder
from pharos.config import ConfigError, loads

URLS = ("http://p:9090", "http://l:9200", "http://a:9093")


def test_the_flags_give_three_sources() -> None:
    assert [(source.uid, source.type, source.url) for source in all_sources(DashboardsConfig(), *URLS)] == [
        ("prometheus", "prometheus", "http://p:9090"),
        ("logs", "elasticsearch", "http://l:9200"),
        ("alerting", "alertmanager", "http://a:9093"),
    ]


def test_the_file_adds_sources_and_replaces_by_uid() -> None:
    text = """
datasources:
  - {name: Long Term, type: prometheus, url: "https://thanos", timeout: 1m, scrape_interval: 30s, basic_auth: {username: u, password: p}}
  - {name: x, uid: logs, type: elasticsearch, url: "http://es:9200"}
"""
    sources = all_sources(loads(DashboardsConfig, text), *URLS)
    assert [source.uid for source in sources] == ["long-term", "logs", "prometheus", "alerting"]
    assert sources[0].timeout_s == 60
    assert sources[0].scrape_interval_ms == 30_000
    assert sources[1].url == "http://es:9200"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("datasource: []", "did you mean 'datasources'"),
        ("datasources: [{name: a, type: mysql, url: 'http://x'}]", "one of prometheus"),
        ("datasources: [{name: a, url: 'x:9090'}]", "expected http://host:port"),
        ("datasources: [{url: 'http://x'}]", "'name' is missing"),
        ("datasources: [{name: a, url: 'http://x'}, {name: A, url: 'http://y'}]", "two data sources have the uid 'a'"),
    ],
)
def test_mistakes_are_named(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        loads(DashboardsConfig, text, "dashboards.yml")


def test_a_flag_that_is_no_url_is_named() -> None:
    with pytest.raises(ConfigError, match=r"--datasource\.logs: found 'l:9200'"):
        all_sources(DashboardsConfig(), URLS[0], "l:9200", URLS[2])


def test_the_users_folder_must_exist(tmp_path: Path) -> None:
    assert user_folder(DashboardsConfig(), "") is None
    assert user_folder(DashboardsConfig(), str(tmp_path)) == tmp_path
    with pytest.raises(NotADirectoryError, match="is no folder"):
        user_folder(DashboardsConfig(), str(tmp_path / "gone"))
