"""Runs one prober: its time, its isolation, its verdict. A prober contains only its subject."""

import asyncio
import logging
import time

from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers

logger = logging.getLogger(__name__)


async def run_probe(probe: Probe, timeout_s: float) -> tuple[bool, float]:
    """Probe and complete the page. Returns success and duration in seconds; never raises for what the target did."""
    page = probe.page
    prober = probers[probe.module.prober].factory
    start = time.perf_counter()
    try:
        async with asyncio.timeout(timeout_s) as scope:
            probe.deadline = scope.when() or 0.0
            await prober(probe)
    except TimeoutError:
        probe.fail(Reason.TIMEOUT, f"no answer within {timeout_s:g} s")
    except ProbeError as error:
        probe.fail(error.reason, str(error))
    except Exception as error:
        logger.exception("Prober failed", extra={"prober": probe.module.prober, "target": probe.target})
        probe.fail(Reason.INTERNAL, f"{type(error).__name__}: {error}")
    duration = time.perf_counter() - start
    success = probe.failure is None
    page.set("probe_success", 1 if success else 0)
    page.set("probe_duration_seconds", duration)
    page.set("probe_timeout_seconds", timeout_s)
    if probe.failure is not None:
        page.set("probe_failure_info", 1, reason=probe.failure.reason.value)
        probe.log("error", "Probe failed", duration_seconds=duration)
    else:
        probe.log("debug", "Probe succeeded", duration_seconds=duration)
    return success, duration


def probe_timeout(header: str | None, module_timeout_s: float, offset_s: float) -> float:
    """Seconds a probe may take. Raises `ValueError` when Prometheus's header is no number."""
    asked = float(header) if header else 0.0
    limit = (asked or 120.0) - offset_s
    if limit <= 0:  # an offset beyond the scrape's own limit cannot be kept
        limit = asked or 120.0
    return min(module_timeout_s, limit) if module_timeout_s > 0 else limit
