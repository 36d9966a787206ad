"""The icmp prober: ping. Several pings (`count`) add loss, extremes and jitter."""

import asyncio
import time

from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.series import set_series
from blackbox.wire.ping import Pinger, Reply
from blackbox.wire.resolve import resolve

_DURATION = "probe_icmp_duration_seconds"


@probers.register("icmp")
async def probe_icmp(probe: Probe) -> None:
    """Ping a host."""
    options, page = probe.module.icmp, probe.page
    page.phases(_DURATION, "resolve", "setup", "rtt")
    address, seconds = await resolve(probe, probe.target, options.preferred_ip_protocol, options.ip_protocol_fallback)
    page.add(_DURATION, seconds, phase="resolve")
    start = time.perf_counter()
    with Pinger(
        address,
        options.payload_size,
        source=options.source_ip_address,
        ttl=options.ttl,
        dont_fragment=options.dont_fragment,
    ) as pinger:
        page.add(_DURATION, time.perf_counter() - start, phase="setup")
        reply = await pinger.ping() if options.count == 1 else await _many(probe, pinger)
    page.add(_DURATION, reply.rtt_s, phase="rtt")
    if reply.hop_limit is not None:
        page.set("probe_icmp_reply_hop_limit", reply.hop_limit)


async def _many(probe: Probe, pinger: Pinger) -> Reply:
    """Ping `count` times within the time left; success is at least one reply."""
    options = probe.module.icmp
    replies: list[Reply] = []
    loop = asyncio.get_running_loop()
    for left in range(options.count, 0, -1):
        share = (probe.deadline - loop.time()) / left * 0.95
        begun = loop.time()
        try:
            async with asyncio.timeout(share):
                replies.append(await pinger.ping())
        except TimeoutError:
            probe.log("warn", "No reply", waited_seconds=share)
        if left > 1:
            await asyncio.sleep(min(options.interval, max(0.0, share - (loop.time() - begun))))
    set_series(probe.page, "probe_icmp", "rtt_seconds", [reply.rtt_s for reply in replies], options.count)
    if not replies:
        raise ProbeError(Reason.LOSS, f"none of {options.count} pings was answered")
    return replies[-1]
