from collections.abc import Sequence

import numpy as np
import pytest

from collector.queries import Queries
from collector.rules.group import Group, evaluate_group
from collector.rules.samples import Sample
from collector.storage.interface import is_stale
from pharos.labels import LabelSet
from tests.support.collector_api import NOW_S, FakeStore, FixedClock, groups_of, storage_with

NOW = int(NOW_S * 1000)


class Server:
    """Rules over a memory storage; what is stored is remembered."""

    def __init__(self, rules: str, *series: str) -> None:
        self.store: FakeStore = storage_with(*series)
        self.queries = Queries.over(self.store, frozenset())
        (self.group,) = groups_of(rules, self.queries)
        self.stored: list[tuple[LabelSet, float, int]] = []
        self.told: list[tuple[str, int]] = []

    def round(self, at_ms: int = NOW) -> None:
        self.stored.clear()
        clock = FixedClock(at_ms / 1000)
        evaluate_group(
            self.group,
            at_ms,
            self.queries.for_rules,
            self._append,
            clock,
            lambda rule, at: self.told.append((rule.name, at)),
        )

    def _append(self, series: Sequence[LabelSet], samples: Sequence[Sample], at_ms: int) -> None:
        for key, sample in zip(series, samples, strict=True):
            self.stored.append((key, sample.value, at_ms))
            self.store.put(key, [(at_ms, sample.value)])

    def shown(self) -> list[tuple[dict[str, str], float, int]]:
        return [(dict(key), value, at) for key, value, at in self.stored]


def rules(body: str, head: str = "") -> str:
    return f"groups:\n- name: g\n  interval: 30s\n{head}  rules:\n{body}"


def test_a_recorded_series_is_seen_by_the_next_rule() -> None:
    text = rules(
        "  - {record: total, expr: sum(hits), labels: {a: x, job: ''}}\n  - {record: twice, expr: total * 2}\n"
    )
    server = Server(text, 'hits{job="a"} 1x10', 'hits{job="b"} 2x10')
    server.round()
    assert server.shown() == [({"__name__": "total", "a": "x"}, 3, NOW), ({"__name__": "twice", "a": "x"}, 6, NOW)]
    assert server.group.last_samples == 2


def test_series_that_are_gone_get_a_staleness_marker() -> None:
    server = Server(rules("  - {record: kept, expr: hits}\n"), 'hits{job="a"} 1 1 stale', 'hits{job="b"} 1x20')
    server.round(NOW - 270_000)
    assert len(server.stored) == 2
    server.round(NOW - 240_000)
    gone = [key for key, value, _ in server.stored if is_stale(np.array([value]))[0]]
    assert [dict(key)["job"] for key in gone] == ["a"]


def test_alerts_become_series_and_are_told_about() -> None:
    text = rules(
        "  - {alert: Down, expr: up == 0, for: 1m, labels: {sev: '{{ $value }}'}, annotations: {a: '{{ $labels.i }}'}}\n"
    )
    server = Server(text, 'up{i="x"} 0x20', 'up{i="y"} 1x20')
    server.round(NOW - 60_000)
    assert server.shown() == [
        ({"__name__": "ALERTS", "alertname": "Down", "alertstate": "pending", "i": "x", "sev": "0"}, 1, NOW - 60_000),
        ({"__name__": "ALERTS_FOR_STATE", "alertname": "Down", "i": "x", "sev": "0"}, NOW_S - 60, NOW - 60_000),
    ]
    server.round(NOW)
    (alert,) = server.group.alerting[0].active
    assert (alert.state, alert.annotations) == ("firing", {"a": "x"})
    assert server.told == [("Down", NOW - 60_000), ("Down", NOW)]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("  - {record: r, expr: hits + on() hits}\n", "many-to-many"),
        ("  - {record: r, expr: hits, labels: {job: same}}\n", "same labelset after applying rule labels"),
        ("  - {alert: A, expr: hits, labels: {job: same}}\n", "same labelset after applying alert labels"),
        ("  - {record: r, expr: 'hits[5m]'}\n", "not a vector or scalar"),
    ],
)
def test_a_rule_that_fails_says_why_and_the_others_go_on(body: str, error: str) -> None:
    server = Server(rules(body + "  - {record: ok, expr: sum(hits)}\n"), 'hits{job="a"} 1x10', 'hits{job="b"} 2x10')
    server.round()
    broken, good = server.group.rules
    assert (broken.state.health, good.state.health) == ("err", "ok")
    assert error in broken.state.last_error
    assert server.group.failures == 1


def test_limits_and_the_query_offset() -> None:
    server = Server(rules("  - {record: r, expr: hits}\n", "  limit: 1\n"), 'hits{job="a"} 1x10', 'hits{job="b"} 2x10')
    server.round()
    assert server.group.rules[0].state.last_error == "exceeded limit of 1 with 2 series"
    server = Server(rules("  - {record: r, expr: hits}\n", "  query_offset: 1m\n"), "hits 0+1x10")
    server.round()
    assert [(value, at) for _, value, at in server.stored] == [(8, NOW - 60_000)]


def test_a_group_keeps_its_own_place_in_the_interval() -> None:
    group = Group("f", "g", 60_000, 0, 0, [])
    slot = group.slot_ms(NOW)
    assert slot <= NOW < slot + 60_000
    assert group.slot_ms(slot) == slot
    assert group.slot_ms(slot - 1) == slot - 60_000


def test_a_reload_keeps_alerts_and_buries_what_is_gone() -> None:
    text = rules("  - {alert: Down, expr: up == 0}\n  - {record: r, expr: up}\n")
    server = Server(text, 'up{i="x"} 0x20')
    server.round(NOW - 30_000)
    (fresh,) = groups_of(rules("  - {alert: Down, expr: up == 0}\n"), server.queries)
    fresh.adopt(server.group)
    assert len(fresh.alerting[0].active) == 1
    server.group = fresh
    server.round(NOW)
    assert [dict(key) for key, value, _ in server.stored if value != value] == [{"__name__": "r", "i": "x"}]


def test_a_mistake_of_ours_harms_one_rule_only() -> None:
    server = Server(rules("  - {record: r, expr: hits}\n  - {record: ok, expr: sum(hits)}\n"), "hits 1x10")
    good = server.queries.for_rules

    def query(text: str, at_ms: int) -> list[Sample]:
        if text == "hits":
            raise IndexError("oh")
        return good(text, at_ms)

    evaluate_group(server.group, NOW, query, server._append, FixedClock())
    assert [rule.state.health for rule in server.group.rules] == ["err", "ok"]
    assert server.group.rules[0].state.last_error == "IndexError: oh"
