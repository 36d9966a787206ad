from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alerting.alert import Alert, Series
from alerting.config import load_config
from alerting.decide import Told
from alerting.engine import Engine, Integration, Rules
from alerting.explain import explain
from alerting.inhibit import Inhibitor
from alerting.route import build_tree
from alerting.silences.book import SilenceBook
from alerting.silences.silence import Silence
from pharos.labels import label_set
from pharos.matchers import parse_matchers

CONFIG = """
route: {receiver: chat, group_wait: 30s, group_interval: 5m, routes: [{receiver: chat, matchers: [muted="yes"], mute_time_intervals: [always]}]}
receivers: [{name: chat, webhook_configs: [{url: "http://x"}]}]
time_intervals: [{name: always, time_intervals: [{}]}]
inhibit_rules: [{source_matchers: [alertname="source"], target_matchers: [target="yes"]}]
"""


@dataclass
class Case:
    engine: Engine
    now: float = 1000.0
    alerts: dict[str, Series] = field(default_factory=dict)

    def fire(self, name: str, *, over: bool = False, **labels: str) -> Series:
        key = label_set({"alertname": name, **labels})
        end = self.now if over else self.now + 1000
        self.engine.put([(key, Alert(1000, end, self.now, {}))], self.now)
        return next(one for one in self.engine.store if one.key == key)

    def flush(self, success: bool = True) -> None:
        for send in self.engine.due(self.now):
            self.engine.done(send, success, self.now)

    def verdict(self, series: Series, error: str = "") -> str:
        (found,) = explain(self.engine, series, [("chat/webhook[0]", error)], self.now)
        assert found.text
        assert found.payload()["verdict"] == found.verdict
        return found.verdict


@pytest.fixture
def case(tmp_path: Path) -> Case:
    path = tmp_path / "alertmanager.yml"
    path.write_text(CONFIG)
    config = load_config(path)
    intervals = {one.name: one for one in config.time_intervals}
    integrations = {"chat": [Integration("chat/webhook[0]")]}
    return Case(
        Engine(
            Rules(build_tree(config.route), integrations, Inhibitor(config.inhibit_rules), intervals), SilenceBook(1)
        )
    )


def test_from_the_first_moment_to_the_end(case: Case) -> None:
    one = case.fire("disk")
    assert case.verdict(one) == "waiting_for_group"
    case.now += 30
    sends = case.engine.due(case.now)
    assert case.verdict(one) == "sending"
    case.engine.done(sends[0], False, case.now)
    assert case.verdict(one, "no such robot") == "failed"
    case.now += 300
    case.flush()
    assert case.verdict(one) == "told"
    other = case.fire("disk", instance="b")
    assert case.verdict(other) == "waiting_for_next_flush"


def test_over_before_it_was_told(case: Case) -> None:
    case.fire("disk")
    one = case.fire("disk", over=True)
    case.now += 30
    case.flush()
    assert case.verdict(one) == "resolved_untold"


def test_mutes(case: Case) -> None:
    case.engine.silences.set(Silence("", tuple(parse_matchers('alertname="silent"')), 1000, 9000, 0), "id", 1000)
    assert case.verdict(case.fire("silent")) == "silenced"
    assert case.verdict(case.fire("x", muted="yes")) == "muted"
    case.fire("source")
    assert case.verdict(case.fire("x", target="yes")) == "inhibited"


def test_what_was_told_before_a_restart_is_known(case: Case) -> None:
    one = case.fire("disk")
    case.engine.told["{}:{}", "chat/webhook[0]"] = Told(900, frozenset({one.fingerprint}))
    assert case.verdict(one) == "told"
