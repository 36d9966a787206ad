"""Probing through an HTTP proxy: which one, and the tunnel for TLS."""

import urllib.request
from urllib.parse import unquote

from blackbox.failures import ProbeError, Reason
from blackbox.wire.credentials import basic
from blackbox.wire.http1 import Exchange, Request
from blackbox.wire.resolve import is_address, lookup
from blackbox.wire.stream import Wire
from blackbox.wire.target import Url, parse_url
from pharos.http.client_options import HttpClientConfig


def proxy_for(options: HttpClientConfig, url: Url) -> Url | None:
    """The proxy to use for a URL, None for a direct connection."""
    if options.proxy_url:
        return None if bypassed(options.no_proxy, url.host) else parse_url(options.proxy_url)
    if options.proxy_from_environment:
        proxies = urllib.request.getproxies_environment()
        found = proxies.get(url.scheme, "")
        if found and not bypassed(proxies.get("no", ""), url.host):
            return parse_url(found if "://" in found else f"http://{found}")
    return None


def bypassed(no_proxy: str, host: str) -> bool:
    """Whether a comma-separated list of hosts and domains (`*`, `example.com`, `.example.com`) names the host."""
    for entry in (part.strip().lower() for part in no_proxy.split(",")):
        if entry == "*" or (
            entry and (host == entry.lstrip(".") or (not is_address(host) and host.endswith("." + entry.lstrip("."))))
        ):
            return True
    return False


async def through_proxy(proxy: Url, url: Url, options: HttpClientConfig) -> Wire:
    """A connection to the proxy; for https a tunnel through it. Raises `ProbeError`."""
    try:
        addresses = await lookup(proxy.host)
    except OSError as error:
        raise ProbeError(Reason.RESOLVE, f"cannot resolve the proxy {proxy.host!r}: {error.strerror}") from error
    wire = await Wire.connect(addresses[0], proxy.port)
    if url.secure:
        await _tunnel(wire, proxy, url, options)
    return wire


async def _tunnel(wire: Wire, proxy: Url, url: Url, options: HttpClientConfig) -> None:
    headers = [(name, secret.reveal()) for name, values in options.proxy_connect_header.items() for secret in values]
    if proxy.user:
        user, _, password = proxy.user.partition(":")
        headers.append(("Proxy-Authorization", basic(unquote(user), unquote(password))))
    authority = f"[{url.host}]:{url.port}" if ":" in url.host else f"{url.host}:{url.port}"
    response = await Exchange(wire, lambda _: None).head(Request("CONNECT", authority, authority, tuple(headers)))
    if response.status != 200:
        wire.close()
        raise ProbeError(Reason.CONNECT, f"the proxy answered {response.status} to CONNECT {authority}")
    wire.first_byte_at = 0.0
