"""Discovered labels to targets, page labels to stored labels, content types: the pure part of scraping."""

import pytest

from collector.config import ScrapeConfig, parse_config
from collector.discovery import TargetGroup
from collector.scrape.loop import aligned_ms
from collector.scrape.mutate import LabelLimitError, LabelRules, report_labels, stored_labels
from collector.scrape.negotiate import accept_header, page_format
from collector.scrape.page import ScrapeError
from collector.scrape.targets import build_targets, within_limit
from pharos.labels import label_set


def job(text: str = "") -> ScrapeConfig:
    return parse_config(f"scrape_configs: [{{job_name: j, {text}}}]").scrape_configs[0]


def built(own: dict[str, str], text: str = ""):
    return build_targets([TargetGroup((own,), {"shared": "s"}, "x")], job(text))


def test_defaults_and_url() -> None:
    (target,) = built({"__address__": "h:1"}, "params: {b: [x y], a: ['1', '2']}, metrics_path: /m").targets
    assert dict(target.labels) == {"instance": "h:1", "job": "j", "shared": "s"}
    assert target.url == "http://h:1/m?a=1&a=2&b=x+y"
    assert (target.interval, target.timeout) == (60, 10)
    assert target.discovered["__scrape_interval__"] == "1m"


def test_labels_decide_about_everything() -> None:
    own = {
        "__address__": "h:1",
        "__scheme__": "https",
        "__metrics_path__": "probe",
        "__param_target": "t",
        "__scrape_interval__": "5s",
        "__scrape_timeout__": "1s",
        "__meta_x": "y",
        "__tmp": "z",
        "job": "other",
        "instance": "i",
    }
    (target,) = built(own, "params: {target: [old]}").targets
    assert target.url == "https://h:1/probe?target=t"
    assert dict(target.labels) == {"instance": "i", "job": "other", "shared": "s"}
    assert (target.interval, target.timeout) == (5, 1)


def test_relabelling_drops_and_rewrites() -> None:
    rules = "relabel_configs: [{source_labels: [__meta_a], target_label: __address__}, {source_labels: [k], regex: x, action: drop}]"
    assert built({"__address__": "h:1", "__meta_a": "n:2"}, rules).targets[0].url == "http://n:2/metrics"
    dropped = built({"__address__": "h:1", "k": "x"}, rules)
    assert (dropped.targets, dropped.dropped[0]["k"]) == ([], "x")


@pytest.mark.parametrize(
    ("own", "problem"),
    [
        ({"x": "y"}, "no address"),
        ({"__address__": "a/b"}, "not a valid hostname"),
        ({"__address__": "a", "__scrape_timeout__": "2m"}, "cannot be greater"),
        ({"__address__": "a", "__scrape_interval__": "x"}, "error parsing scrape interval"),
        ({"__address__": "a", "__scrape_interval__": "0"}, "cannot be 0"),
    ],
)
def test_unusable_targets_are_told(own: dict[str, str], problem: str) -> None:
    result = built(own, "relabel_configs: [{target_label: a, replacement: b}]")
    assert result.targets == []
    assert problem in result.errors[0]


def test_the_same_target_is_scraped_once_and_limits_hold() -> None:
    group = TargetGroup(({"__address__": "a"}, {"__address__": "a"}, {"__address__": "b"}))
    targets = build_targets([group], job()).targets
    assert len(targets) == 2
    assert within_limit(targets, job("target_limit: 1")) == "target_limit exceeded (number of targets: 2, limit: 1)"
    assert within_limit(targets, job()) == ""


def test_offsets_are_spread_and_stable() -> None:
    groups = [TargetGroup(tuple({"__address__": f"h:{number}"} for number in range(500)))]
    targets = build_targets(groups, job()).targets
    offsets = [target.offset_s(1000.0) for target in targets]
    assert offsets == [target.offset_s(1000.0) for target in targets]
    assert all(0 <= offset < 60 for offset in offsets)
    assert max(sum(low <= offset < low + 6 for offset in offsets) for low in range(0, 60, 6)) < 100
    assert (1000.0 + offsets[0]) % 60 == pytest.approx((1017.5 + targets[0].offset_s(1017.5)) % 60)


TARGET = label_set({"job": "j", "instance": "i"})


def stored(pairs: dict[str, str], **rules) -> dict[str, str] | None:
    labels = stored_labels(list(pairs.items()), LabelRules(TARGET, **rules))
    return None if labels is None else dict(labels)


def test_conflicts_are_kept_apart() -> None:
    page = {"__name__": "a", "job": "x", "exported_job": "y"}
    assert stored(page) == {
        "__name__": "a",
        "job": "j",
        "exported_job": "y",
        "exported_exported_job": "x",
        "instance": "i",
    }
    assert stored(page, honor_labels=True) == {"__name__": "a", "job": "x", "exported_job": "y", "instance": "i"}


def test_an_honoured_empty_label_is_no_label() -> None:
    assert stored({"__name__": "a", "instance": ""}, honor_labels=True) == {"__name__": "a", "job": "j"}


def test_metric_relabelling() -> None:
    rules = job("metric_relabel_configs: [{source_labels: [__name__], regex: b, action: drop}]").metric_relabel_configs
    assert stored({"__name__": "b"}, relabel_configs=rules) is None
    nameless = job("metric_relabel_configs: [{regex: __name__, action: labeldrop}]").metric_relabel_configs
    with pytest.raises(ScrapeError, match="missing metric name"):
        stored({"__name__": "b"}, relabel_configs=nameless)


@pytest.mark.parametrize(
    ("limits", "problem"),
    [
        ({"label_limit": 3}, "label_limit exceeded"),
        ({"name_length_limit": 5}, "label_name_length_limit exceeded"),
        ({"value_length_limit": 2}, "label_value_length_limit exceeded"),
    ],
)
def test_label_limits(limits: dict[str, int], problem: str) -> None:
    with pytest.raises(LabelLimitError, match=problem):
        stored({"__name__": "a", "b": "long"}, **limits)


def test_legacy_names() -> None:
    with pytest.raises(ScrapeError, match="invalid metric name"):
        stored({"__name__": "a.b"}, legacy_names=True)


def test_report_series_are_those_of_the_target() -> None:
    assert dict(report_labels("up", TARGET)) == {"__name__": "up", "job": "j", "instance": "i"}


def test_accept_header() -> None:
    assert accept_header(job("scrape_protocols: [PrometheusText1.0.0, PrometheusText0.0.4]")) == (
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
    )


def test_content_types() -> None:
    assert page_format("text/plain; version=9", job()) == "PrometheusText0.0.4"
    assert page_format("application/openmetrics-text", job()) == "OpenMetricsText1.0.0"
    for kind in ("", "text/html", "text"):
        with pytest.raises(ScrapeError, match="fallback_scrape_protocol"):
            page_format(kind, job())
        assert page_format(kind, job("fallback_scrape_protocol: PrometheusProto")) == "PrometheusProto"


def test_timestamps_are_drawn_to_the_grid() -> None:
    assert aligned_ms(100.0015, 100.0, 15, 0.002) == 100_000
    assert aligned_ms(100.003, 100.0, 15, 0.002) == 100_003
    assert aligned_ms(99.999, 100.0, 15, 0.002) == 99_999
    assert aligned_ms(100.0015, 100.0, 0.1, 0.002) == 100_002
    assert aligned_ms(100.0015, 100.0, 15, None) == 100_002
    assert aligned_ms(100.003, 100.0, 15, 0.01) == 100_000
