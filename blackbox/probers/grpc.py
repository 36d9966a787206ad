"""The grpc prober: the standard health service, `grpc.health.v1.Health/Check`, over HTTP/2."""

import time

from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.wire.http1 import Request
from blackbox.wire.http2 import Exchange2
from blackbox.wire.resolve import resolve
from blackbox.wire.stream import Wire
from blackbox.wire.target import parse_url
from blackbox.wire.tls import tls_metrics
from pharos.http.client_options import USER_AGENT

_STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_DURATION = "probe_grpc_duration_seconds"
_UNKNOWN, _DEADLINE_EXCEEDED, _UNAVAILABLE = 2, 4, 14  # gRPC status codes


@probers.register("grpc")
async def probe_grpc(probe: Probe) -> None:
    """Ask a gRPC server for its health."""
    options, page = probe.module.grpc, probe.page
    page.phases(_DURATION, "resolve")
    page.set("probe_grpc_ssl", 0)
    page.set("probe_grpc_status_code", 0)
    text = probe.target if probe.target.startswith(("http://", "https://")) else f"http://{probe.target}"
    url = parse_url(text)
    port = url.port if ":" in url.authority.rpartition("]")[2] else (443 if options.tls else 80)
    address, seconds = await resolve(probe, url.host, options.preferred_ip_protocol, options.ip_protocol_fallback)
    page.add(_DURATION, seconds, phase="resolve")
    start = time.perf_counter()
    code, serving = _DEADLINE_EXCEEDED, ""
    try:
        code, serving = await _check(probe, address, port, url.host)
    except ProbeError:
        code = _UNAVAILABLE
        raise
    finally:
        page.add(_DURATION, time.perf_counter() - start, phase="check")
        page.set("probe_grpc_status_code", code)
        for status in _STATUSES:
            page.set("probe_grpc_healthcheck_response", 1 if status == serving else 0, serving_status=status)
    if code or serving != "SERVING":
        raise ProbeError(Reason.STATUS, f"gRPC status {code}, health {serving or 'not told'}")


async def _check(probe: Probe, address: str, port: int, host: str) -> tuple[int, str]:
    """gRPC status code and the health status."""
    options = probe.module.grpc
    wire = await Wire.connect(address, port)
    try:
        if options.tls:
            await wire.start_tls(
                probe.contexts.get(options.tls_config, ("h2",)), options.tls_config.server_name or host
            )
            probe.page.set("probe_grpc_ssl", 1)
            tls_metrics(probe.page, wire.ssl_object, chain=False)
        pieces: list[bytes] = []
        exchange = Exchange2(wire, pieces.append, "https" if options.tls else "http")
        response = await exchange.head(_request(probe, f"{host}:{port}"))
        await exchange.drain()
    finally:
        wire.close()
    if response.status != 200:
        return _UNKNOWN, ""
    code = exchange.trailers.get("grpc-status") or response.get("grpc-status") or str(_UNKNOWN)
    if code != "0":
        message = exchange.trailers.get("grpc-message") or response.get("grpc-message")
        probe.log("error", "The server refused the check", code=code, message=message)
        return int(code), ""
    return 0, _STATUSES[_status_field(b"".join(pieces)[5:]) % len(_STATUSES)]


def _request(probe: Probe, authority: str) -> Request:
    options = probe.module.grpc
    service = options.service.encode()
    message = b"\x0a" + _varint(len(service)) + service if service else b""
    headers = [
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("user-agent", USER_AGENT),
        *((name, value) for name, values in options.metadata.items() for value in values),
    ]
    framed = b"\0" + len(message).to_bytes(4, "big") + message
    return Request("POST", "/grpc.health.v1.Health/Check", authority, tuple(headers), framed)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _status_field(message: bytes) -> int:
    """Field 1 (an enum below 128) of HealthCheckResponse; absent means 0."""
    return message[1] if len(message) >= 2 and message[0] == 0x08 else 0
