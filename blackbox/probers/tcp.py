"""The tcp prober: connect, TLS when asked, a dialogue when given. Several connections (`count`) add loss and jitter."""

import asyncio
import time

from blackbox.dialogue import run_dialogue
from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.series import set_series
from blackbox.wire.resolve import resolve
from blackbox.wire.stream import Wire
from blackbox.wire.target import split_host_port
from blackbox.wire.tls import tls_metrics


@probers.register("tcp")
async def probe_tcp(probe: Probe) -> None:
    """Connect to a TCP port."""
    options = probe.module.tcp
    host, port = split_host_port(probe.target)
    address, _ = await resolve(probe, host, options.preferred_ip_protocol, options.ip_protocol_fallback)
    if options.count > 1:
        await _measure(probe, address, port)
    wire = await Wire.connect(address, port, source=options.source_ip_address)
    name = options.tls_config.server_name or probe.hostname or host

    async def start_tls() -> None:
        await wire.start_tls(probe.contexts.get(options.tls_config), name)
        tls_metrics(probe.page, wire.ssl_object)

    try:
        if options.tls:
            await start_tls()
        probe.page.set("probe_failed_due_to_regex", 0)
        probe.page.set("probe_failed_due_to_bytes", 0)
        await run_dialogue(probe, wire, options.query_response, start_tls)
    finally:
        wire.close()


async def _measure(probe: Probe, address: str, port: int) -> None:
    """Connect all but once; the last connection is the probe itself."""
    options = probe.module.tcp
    seconds: list[float] = []
    for _ in range(options.count - 1):
        start = time.perf_counter()
        try:
            (await Wire.connect(address, port, source=options.source_ip_address)).close()
            seconds.append(time.perf_counter() - start)
        except ProbeError as error:
            probe.log("warn", "Connection failed", err=str(error))
        await asyncio.sleep(options.interval)
    set_series(probe.page, "probe_tcp_connect", "seconds", seconds, options.count - 1)
    if not seconds:
        raise ProbeError(Reason.CONNECT, f"none of {options.count - 1} connections could be made")
