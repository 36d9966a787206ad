import pytest

from blackbox.page import Page
from blackbox.series import set_series


def test_loss_and_jitter() -> None:
    page = Page()
    set_series(page, "probe_icmp", "rtt_seconds", [0.1, 0.3, 0.2], 4)
    assert page.value("probe_icmp_loss_ratio") == 0.25
    stats = {stat: page.value("probe_icmp_rtt_seconds", stat=stat) for stat in ("min", "avg", "max", "jitter")}
    assert stats == {"min": 0.1, "avg": pytest.approx(0.2), "max": 0.3, "jitter": pytest.approx(0.15)}


def test_everything_lost() -> None:
    page = Page()
    set_series(page, "probe_icmp", "rtt_seconds", [], 3)
    assert page.value("probe_icmp_loss_ratio") == 1
    assert b"rtt_seconds" not in page.render()
