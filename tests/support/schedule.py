"""Schedules of alerts as readable scripts, played against the engine within a moment.

    config
      route: {receiver: chat, group_by: [alertname], group_wait: 30s}
      receivers: [{name: chat, webhook_configs: [{url: "http://x"}]}]

    at 0s   firing node/1 severity=critical
    at 40s  resolved node/1
    at 1m   silence instance=1 for 10m
    run 20m

    expect
      30s  chat  first notification  firing node/1

Alerts are written `alertname/instance` and more labels. `firing` lasts until `resolved`; `firing-once` ends by resolve_timeout. Other events:
`acknowledge MATCHERS for SPAN`, `expire N` (the N-th silence), `fail RECEIVER`, `mend RECEIVER`, `reload`, `restart`. `start TIME` sets the wall clock at 0s. Every notification must be
expected, in order; `expect nothing` says that there is none.
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

from alerting.alert import Alert
from alerting.config import load_config
from alerting.engine import Engine, Integration, Rules, Send
from alerting.inhibit import Inhibitor
from alerting.moments import parse
from alerting.route import build_tree
from alerting.silences.book import SilenceBook
from alerting.silences.silence import Silence
from pharos.durations import Duration, format_duration_ms
from pharos.labels import LabelSet, label_set
from pharos.matchers import parse_matchers

_FOREVER_S = 365 * 86400.0


@dataclass(slots=True)
class Script:
    """A parsed script. `events`: seconds and words; `expected`: lines in the form of `Player.told`."""

    config: str = ""
    start: float = 1_800_000_000.0
    events: list[tuple[float, list[str]]] = field(default_factory=list)
    run_s: float = 0.0
    expected: list[str] = field(default_factory=list)


def read(text: str) -> Script:
    """Parse a script. Raises `ValueError` with the line that cannot be read."""
    script = Script()
    block, lines = "", {"config": [], "expect": []}  # type: ignore[var-annotated]
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if line[0].isspace():
            lines[block].append(line)
            continue
        block = words[0]
        match words:
            case ["config"] | ["expect"] | ["expect", "nothing"]:
                pass
            case ["start", moment]:
                script.start = parse(moment)
            case ["run", span]:
                script.run_s = Duration.parse(span)
            case ["at", span, *event]:
                script.events.append((Duration.parse(span), event))
            case _:
                raise ValueError(f"cannot read the line {line!r}")
    script.config = textwrap.dedent("\n".join(lines["config"]))
    script.expected = [" ".join(line.split()) for line in lines["expect"]]
    return script


class Player:
    """Plays a script; `told` collects what was sent."""

    def __init__(self, script: Script, folder: Path) -> None:
        path = folder / "alertmanager.yml"
        path.write_text(script.config)
        self._config, self._script = load_config(path), script
        self._silences = SilenceBook(120 * 3600)
        self._ids: list[str] = []
        self._failing: set[str] = set()
        self._alerts: dict[LabelSet, Alert] = {}
        self.told: list[str] = []
        self._engine = Engine(self._rules(), self._silences)

    def _rules(self) -> Rules:
        config = self._config
        receivers = {
            receiver.name: [
                Integration(f"{receiver.name}/{name}[{index}]", one.send_resolved)
                for name in receiver.__dataclass_fields__
                if name.endswith("_configs")
                for index, one in enumerate(getattr(receiver, name))
            ]
            for receiver in config.receivers
        }
        intervals = {one.name: one for one in (*config.time_intervals, *config.mute_time_intervals)}
        return Rules(build_tree(config.route), receivers, Inhibitor(config.inhibit_rules), intervals)

    def play(self) -> list[str]:
        """All events in order, and everything that falls due between them."""
        for offset, event in sorted(self._script.events, key=lambda one: one[0]):
            self._advance(self._script.start + offset)
            self._do(event, self._script.start + offset)
        self._advance(self._script.start + self._script.run_s)
        return self.told

    def _advance(self, until: float) -> None:
        while (due_at := self._engine.next_due()) is not None and due_at < until:
            for send in self._engine.due(due_at):
                self._deliver(send, due_at)

    def _deliver(self, send: Send, now: float) -> None:
        receiver = send.integration.key.partition("/")[0]
        if receiver in self._failing:
            self._engine.done(send, False, now)
            return
        parts = [format_duration_ms(round((now - self._script.start) * 1000)), receiver, send.reason.value]
        for status in ("firing", "resolved"):
            named = sorted(
                f"{view.series.name}/{view.series.labels.get('instance', '')}".rstrip("/")
                for view in send.views
                if view.status == status
            )
            parts += [status, *named] if named else []
        self.told.append(" ".join(parts))
        self._engine.done(send, True, now)

    def _do(self, event: list[str], now: float) -> None:
        match event:
            case ["firing" | "firing-once" | "resolved" as kind, name, *labels]:
                self._put(kind, name, labels, now)
            case ["silence", matchers, "for", span]:
                wanted = Silence("", tuple(parse_matchers(matchers)), now, now + Duration.parse(span), now, "me", "why")
                silence, _ = self._silences.set(wanted, f"silence-{len(self._ids)}", now)
                self._ids.append(silence.id)
            case ["acknowledge", matchers, "for", span]:
                wanted = Silence(
                    "", tuple(parse_matchers(matchers)), now, now + Duration.parse(span), now, "me", "mine"
                )
                self._engine.acknowledgements.set(wanted, f"ack-{now}", now)
            case ["expire", number]:
                self._silences.expire(self._ids[int(number) - 1], now)
            case ["fail", receiver]:
                self._failing.add(receiver)
            case ["mend", receiver]:
                self._failing.discard(receiver)
            case ["reload"]:
                self._engine.reconfigure(self._rules(), now)
            case ["restart"]:
                self._engine = Engine(self._rules(), self._silences, self._engine.told)
            case _:
                raise ValueError(f"cannot do {event!r}")

    def _put(self, kind: str, name: str, pairs: list[str], now: float) -> None:
        alertname, _, instance = name.partition("/")
        labels = dict(re.split("=", pair, maxsplit=1) for pair in pairs)
        key = label_set({"alertname": alertname, "instance": instance, **labels})
        known = self._alerts.get(key)
        starts_at = known.starts_at if known and not known.resolved(now) else now
        timeout = float(self._config.globals.resolve_timeout)
        span = {"firing": _FOREVER_S, "firing-once": timeout, "resolved": 0.0}[kind]
        alert = Alert(starts_at, now + span, now, {}, "", timed_out=kind == "firing-once")
        self._alerts[key] = alert
        self._engine.put([(key, alert)], now)
