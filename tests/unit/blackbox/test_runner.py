import asyncio

import pytest

from blackbox.failures import ProbeError, Reason
from blackbox.history import History
from blackbox.pages import debug_text, landing_page
from blackbox.probe import Probe
from blackbox.probers import load
from blackbox.registry import Prober, probers
from blackbox.runner import probe_timeout, run_probe
from pharos.registry import Plugin
from tests.support.probing import probe


@pytest.fixture
def plug_in(monkeypatch: pytest.MonkeyPatch) -> dict[str, Plugin[Prober]]:
    load()  # before the copy: a module enters itself but once
    plugins = dict(probers._plugins)
    monkeypatch.setattr(probers, "_plugins", plugins)
    return plugins


async def run(plugins: dict[str, Plugin[Prober]], prober: Prober, timeout_s: float = 5) -> Probe:
    one = probe("{prober: icmp}")
    plugins["icmp"] = Plugin("icmp", prober)
    await run_probe(one, timeout_s)
    return one


async def test_success(plug_in: dict[str, Plugin[Prober]]) -> None:
    async def good(probe: Probe) -> None:
        probe.page.set("probe_icmp_reply_hop_limit", 64)

    page = (await run(plug_in, good)).page
    assert page.value("probe_success") == 1
    assert page.value("probe_timeout_seconds") == 5
    assert (page.value("probe_duration_seconds") or 0) > 0
    assert b"probe_failure_info" not in page.render()


@pytest.mark.parametrize(
    ("error", "reason"), [(ProbeError(Reason.CONNECT, "refused"), "connect"), (ZeroDivisionError("bug"), "internal")]
)
async def test_failures_stay_inside(plug_in: dict[str, Plugin[Prober]], error: Exception, reason: str) -> None:
    async def bad(probe: Probe) -> None:
        raise error

    page = (await run(plug_in, bad)).page
    assert page.value("probe_success") == 0
    assert page.value("probe_failure_info", reason=reason) == 1


async def test_a_hanging_prober_is_stopped(plug_in: dict[str, Plugin[Prober]]) -> None:
    async def hangs(probe: Probe) -> None:
        await asyncio.Event().wait()

    one = await run(plug_in, hangs, 0.01)
    assert one.page.value("probe_failure_info", reason="timeout") == 1
    assert "no answer within 0.01 s" in one.rendered_log()


@pytest.mark.parametrize(
    ("header", "module_s", "offset_s", "expected"),
    [
        (None, 0, 0.5, 119.5),
        ("10", 0, 0.5, 9.5),
        ("10", 5, 0.5, 5),
        ("10", 15, 0.5, 9.5),
        (None, 5, 0.5, 5),
        ("0.4", 0, 0.5, 0.4),
    ],
)
def test_timeout(header: str | None, module_s: float, offset_s: float, expected: float) -> None:
    assert probe_timeout(header, module_s, offset_s) == expected


def test_a_header_that_is_no_number() -> None:
    with pytest.raises(ValueError, match="could not convert"):
        probe_timeout("soon", 0, 0.5)


def test_history_keeps_failures_longer() -> None:
    history = History(2)
    for number in range(5):
        history.add(probe("{prober: icmp}", f"host{number}"), number != 0, 0.1)
    assert [outcome.id for outcome in history] == [4, 3, 0]
    assert history.find(0) is not None
    assert history.find(1) is None


def test_pages_escape_what_came_from_outside() -> None:
    history = History(2)
    one = probe("{prober: icmp}", "<script>")
    one.fail(Reason.RESOLVE, "cannot resolve", host="x y")
    history.add(one, False, 0.1)
    from blackbox.config import BlackboxConfig

    page = landing_page(BlackboxConfig({"m": one.module}), history)
    assert "<script>" not in page
    assert "Failure: resolve" in page
    text = debug_text(one)
    assert 'msg="cannot resolve" host="x y"' in text
    assert "prober: icmp" in text
