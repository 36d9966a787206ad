"""The websocket prober: upgrade a connection, then a dialogue of messages."""

import base64
import hashlib
import os
import time
from dataclasses import replace

from blackbox.config import QueryResponse
from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.wire.credentials import authorization, custom_headers
from blackbox.wire.frames import Frames
from blackbox.wire.http1 import Exchange, Request
from blackbox.wire.resolve import resolve
from blackbox.wire.stream import Wire
from blackbox.wire.target import Url, parse_url

_DURATION = "probe_websocket_duration_seconds"
_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3


@probers.register("websocket")
async def probe_websocket(probe: Probe) -> None:
    """Open a websocket (ws:// or wss://) and talk."""
    options, page = probe.module.websocket, probe.page
    for name in ("connection_upgraded", "status_code", "failed_due_to_regex"):
        page.set(f"probe_websocket_{name}", 0)
    url = parse_url(probe.target)
    address, seconds = await resolve(probe, url.host, options.preferred_ip_protocol, options.ip_protocol_fallback)
    page.add(_DURATION, seconds, phase="resolve")
    start = time.perf_counter()
    wire = await Wire.connect(address, url.port)
    connected = time.perf_counter()
    page.add(_DURATION, connected - start, phase="connect")
    try:
        await _upgrade(probe, wire, url)
        transfer = time.perf_counter()
        page.add(_DURATION, transfer - connected, phase="processing")
        page.set("probe_websocket_connection_upgraded", 1)
        frames = Frames(wire)
        try:
            for step in options.query_response:
                await _step(probe, frames, step)
        finally:
            if options.query_response:
                page.add(_DURATION, time.perf_counter() - transfer, phase="transfer")
        frames.close()
    finally:
        wire.close()


async def _upgrade(probe: Probe, wire: Wire, url: Url) -> None:
    options = probe.module.websocket
    tls = options.http_config.tls_config
    if url.secure:
        context = probe.contexts.get(replace(tls, server_name=""), ("http/1.1",))
        await wire.start_tls(context, tls.server_name or url.host)
    key = base64.b64encode(os.urandom(16)).decode()
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
        *custom_headers({**options.http_config.http_headers, **options.headers}),
    ]
    token = await authorization(options.http_config)
    if token:
        headers.append(("Authorization", token))
    request = Request("GET", url.path, url.authority, tuple(headers), keep_open=True)
    response = await Exchange(wire, lambda _: None).head(request)
    probe.page.set("probe_websocket_status_code", response.status)
    wanted = base64.b64encode(hashlib.sha1(key.encode() + _ACCEPT_SUFFIX, usedforsecurity=False).digest()).decode()
    if response.status != 101 or response.get("sec-websocket-accept") != wanted:
        raise ProbeError(Reason.PROTOCOL, f"the server did not upgrade the connection, status {response.status}")


async def _step(probe: Probe, frames: Frames, step: QueryResponse) -> None:
    send = step.send
    if step.expect is not None:
        text = (await frames.message()).decode("utf-8", "replace")
        match = step.expect.search(text)
        if match is None:
            probe.page.set("probe_websocket_failed_due_to_regex", 1)
            raise ProbeError(Reason.EXPECT, f"the message {text[:200]!r} does not match {step.expect}")
        send = step.expect.expand(match, send)
    if send:
        frames.send_text(send)
