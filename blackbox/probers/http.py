"""The http prober: one request, redirects followed, verdicts on status, headers, body, version and TLS.

Every hop is a connection of its own, so that the phases mean the same each time. Phases are summed over hops, except `transfer`,
which only the last one has.
"""

import email.utils
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urljoin

from blackbox.config import HttpProbe
from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.probers.http_checks import check_body, check_cel, check_headers, extract_values
from blackbox.registry import probers
from blackbox.wire.body import BodySink
from blackbox.wire.credentials import authorization, custom_headers
from blackbox.wire.http1 import Exchange, Request, Response
from blackbox.wire.proxy import proxy_for, through_proxy
from blackbox.wire.resolve import choose, lookup, resolve
from blackbox.wire.stream import Wire
from blackbox.wire.target import Url, parse_url
from blackbox.wire.tls import tls_metrics
from pharos.http.client_options import USER_AGENT, TlsConfig

MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_DURATION = "probe_http_duration_seconds"


@dataclass(slots=True)
class Visit:
    """Where the probe stands between two hops."""

    url: Url
    method: str
    body: bytes
    hops: int = 0
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)


@probers.register("http")
async def probe_http(probe: Probe) -> None:
    """Ask an HTTP endpoint and judge its answer."""
    options = probe.module.http
    _begin(probe)
    text = probe.target if probe.target.lower().startswith(("http://", "https://")) else f"http://{probe.target}"
    visit = Visit(parse_url(text), options.method, _request_body(options))
    host_header = probe.hostname or next((v for k, v in options.headers.items() if k.lower() == "host"), "")
    proxy = proxy_for(options, visit.url)
    address = ""
    if proxy is None or not options.skip_resolve_phase_with_proxy:
        seconds = 0.0
        try:
            address, seconds = await resolve(
                probe, visit.url.host, options.preferred_ip_protocol, options.ip_protocol_fallback
            )
        finally:
            probe.page.add(
                _DURATION, seconds or probe.page.value("probe_dns_lookup_time_seconds") or 0.0, phase="resolve"
            )
    for phase in ("connect", "tls", "processing", "transfer"):
        probe.page.add(_DURATION, 0.0, phase=phase)
    first_host = visit.url.host
    while True:
        hop = Hop(probe, visit, host_header if visit.hops == 0 else "", first_host)
        if not await hop.run(address if visit.hops == 0 else ""):
            return


class Hop:
    """One request of a visit."""

    def __init__(self, probe: Probe, visit: Visit, host_header: str, first_host: str) -> None:
        self.probe, self.visit, self.options = probe, visit, probe.module.http
        self.url = visit.url
        self.host_header, self.first_host = host_header, first_host
        self.wire: Wire | None = None

    async def run(self, address: str) -> bool:
        """True when there is another hop to make; the visit stands there then."""
        sink = BodySink(self.options.compression, self.options.body_size_limit, _needs_body(self.options))
        try:
            await self._connect(address)
            assert self.wire is not None
            exchange = self._exchange(sink)
            connected_at = time.perf_counter()
            response = await exchange.head(await self._request())
            self.probe.page.add(_DURATION, max(0.0, response.first_byte_at - connected_at), phase="processing")
            location = response.get("location") if response.status in _REDIRECTS else ""
            if location and self._follow(response, location):
                return True
            await self._judge(response, exchange, sink, refused_redirect=bool(location))
            return False
        finally:
            if self.wire is not None:
                self.wire.close()

    def _exchange(self, sink: BodySink) -> Exchange:
        assert self.wire is not None
        ssl_object = self.wire.ssl_object
        if ssl_object is not None and ssl_object.selected_alpn_protocol() == "h2":
            from blackbox.wire.http2 import Exchange2

            return Exchange2(self.wire, sink)  # type: ignore[return-value]  # the same two methods
        return Exchange(self.wire, sink)

    async def _connect(self, address: str) -> None:
        page, url = self.probe.page, self.url
        start = time.perf_counter()
        proxy = proxy_for(self.options, url)
        if proxy is not None:
            self.wire = await through_proxy(proxy, url, self.options)
        else:
            if not address:  # a redirect led to another host
                address = await self._resolve_again()
                page.add(_DURATION, time.perf_counter() - start, phase="resolve")
                start = time.perf_counter()
            self.wire = await Wire.connect(address, url.port)
        connected = time.perf_counter()
        if url.secure:
            alpn = ("h2", "http/1.1") if self.options.enable_http2 else ("http/1.1",)
            context = self.probe.contexts.get(replace(self.options.tls_config, server_name=""), alpn)
            await self.wire.start_tls(context, self._server_name())
            page.add(_DURATION, time.perf_counter() - connected, phase="tls")
        page.add(_DURATION, connected - start, phase="connect")

    async def _resolve_again(self) -> str:
        host = self.url.host
        try:
            found = choose(await lookup(host), self.options.preferred_ip_protocol, True)
        except OSError as error:
            raise ProbeError(Reason.RESOLVE, f"cannot resolve {host!r}: {error.strerror or error}") from error
        assert found is not None
        return found

    def _server_name(self) -> str:
        tls: TlsConfig = self.options.tls_config
        if self.url.host != self.first_host:
            return self.url.host
        return tls.server_name or self.host_header.partition(":")[0] or self.url.host

    async def _request(self) -> Request:
        url, visit = self.url, self.visit
        headers = {name: value for name, value in self.options.headers.items() if name.lower() != "host"}
        out = [*headers.items(), *custom_headers(self.options.http_headers)]
        given = {name.lower() for name, _ in out}
        if "user-agent" not in given:
            out.append(("User-Agent", USER_AGENT))
        if "authorization" not in given and url.host == self.first_host:
            token = await authorization(self.options)
            if token:
                out.append(("Authorization", token))
        jar = visit.cookies.get(url.host)
        if jar:
            out.append(("Cookie", "; ".join(f"{name}={value}" for name, value in jar.items())))
        absolute = proxy_for(self.options, url) is not None and not url.secure
        return Request(
            visit.method, url.text if absolute else url.path, self.host_header or url.authority, tuple(out), visit.body
        )

    def _follow(self, response: Response, location: str) -> bool:
        """Move the visit to where the response points; False when redirects are not followed (any further)."""
        visit, options = self.visit, self.options
        visit.hops += 1
        self.probe.page.set("probe_http_redirects", visit.hops)
        self.probe.log("info", "Received redirect", location=location)
        if not options.follow_redirects or visit.hops > MAX_REDIRECTS:
            self.probe.log("info", "Not following redirect")
            return False
        for cookie in response.all("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            visit.cookies.setdefault(self.url.host, {})[name.strip()] = value.strip()
        visit.url = parse_url(urljoin(self.url.text, location))
        if response.status in (301, 302, 303) and visit.method not in ("GET", "HEAD"):
            visit.method, visit.body = "GET", b""
        return True

    async def _judge(self, response: Response, exchange: Exchange, sink: BodySink, *, refused_redirect: bool) -> None:
        probe, page, options = self.probe, self.probe.page, self.options
        _check_status(probe, response, options)
        good = probe.failure is None
        if good:
            check_headers(probe, response)
        try:
            if not refused_redirect:
                await exchange.drain()
        except ProbeError as error:
            probe.fail(error.reason, str(error))
        finally:
            if not refused_redirect:
                page.add(_DURATION, time.perf_counter() - response.first_byte_at, phase="transfer")
            self._measure(response, sink)
        if good and probe.failure is None:
            check_body(probe, sink.content)
        if good and probe.failure is None:
            check_cel(probe, sink.content)
            extract_values(probe, sink.content)
        self._check_transport(response)

    def _measure(self, response: Response, sink: BodySink) -> None:
        page = self.probe.page
        page.set("probe_http_status_code", response.status)
        page.set("probe_http_content_length", response.content_length)
        page.set("probe_http_uncompressed_body_length", sink.size_bytes)
        page.set("probe_http_version", float(response.version or 0))
        modified = _http_date(response.get("last-modified"))
        if modified is not None:
            page.set("probe_http_last_modified_timestamp_seconds", modified)

    def _check_transport(self, response: Response) -> None:
        probe, options = self.probe, self.options
        version = f"HTTP/{response.version}"
        if options.valid_http_versions and version not in options.valid_http_versions:
            probe.fail(Reason.VERSION, f"invalid HTTP version {version}", valid=list(options.valid_http_versions))
        assert self.wire is not None
        if self.url.secure:
            probe.page.set("probe_http_ssl", 1)
            tls_metrics(probe.page, self.wire.ssl_object, cipher=True)
            if options.fail_if_ssl:
                probe.fail(Reason.SSL, "the final request was over TLS")
        elif options.fail_if_not_ssl:
            probe.fail(Reason.SSL, "the final request was not over TLS")


def _begin(probe: Probe) -> None:
    for name in (
        "probe_failed_due_to_regex",
        "probe_http_content_length",
        "probe_http_redirects",
        "probe_http_ssl",
        "probe_http_status_code",
        "probe_http_uncompressed_body_length",
        "probe_http_version",
    ):
        probe.page.set(name, 0)
    options = probe.module.http
    if options.fail_if_body_json_matches_cel or options.fail_if_body_json_not_matches_cel:
        probe.page.set("probe_failed_due_to_cel", 0)


def _needs_body(options: HttpProbe) -> bool:
    return bool(
        options.fail_if_body_matches_regexp
        or options.fail_if_body_not_matches_regexp
        or options.fail_if_body_json_matches_cel
        or options.fail_if_body_json_not_matches_cel
        or options.extract
    )


def _check_status(probe: Probe, response: Response, options: HttpProbe) -> None:
    status = response.status
    probe.log("debug", "Received HTTP response", status_code=status)
    if options.valid_status_codes:
        if status not in options.valid_status_codes:
            valid = ", ".join(map(str, options.valid_status_codes))
            probe.fail(Reason.STATUS, f"invalid HTTP response status code {status}, wanted {valid}")
    elif not 200 <= status < 300:
        probe.fail(Reason.STATUS, f"invalid HTTP response status code {status}, wanted 2xx")


def _request_body(options: HttpProbe) -> bytes:
    if not options.body_file:
        return options.body.encode()
    try:
        return Path(options.body_file).read_bytes()
    except OSError as error:
        raise ProbeError(Reason.PERMISSION, f"cannot read body_file: {error}") from error


def _http_date(text: str) -> float | None:
    if not text:
        return None
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None
