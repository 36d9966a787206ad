"""The unix prober: the tcp prober's dialogue on a Unix socket."""

from blackbox.dialogue import run_dialogue
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.wire.stream import Wire
from blackbox.wire.tls import tls_metrics


@probers.register("unix")
async def probe_unix(probe: Probe) -> None:
    """Connect to a Unix socket; the target is its path."""
    options = probe.module.unix
    wire = await Wire.connect_unix(probe.target)

    async def start_tls() -> None:
        await wire.start_tls(probe.contexts.get(options.tls_config), options.tls_config.server_name)
        tls_metrics(probe.page, wire.ssl_object)

    try:
        if options.tls:
            await start_tls()
        probe.page.set("probe_failed_due_to_regex", 0)
        probe.page.set("probe_failed_due_to_bytes", 0)
        await run_dialogue(probe, wire, options.query_response, start_tls)
    finally:
        wire.close()
