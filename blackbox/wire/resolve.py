"""From a name to the one address a probe uses, and the metrics about it."""

import asyncio
import ipaddress
import socket
import time

from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe


async def resolve(probe: Probe, host: str, preferred: str, fallback: bool) -> tuple[str, float]:
    """The address to use and the seconds it took. Raises `ProbeError`."""
    page = probe.page
    page.set("probe_ip_protocol", 0)
    page.set("probe_dns_lookup_time_seconds", 0)
    page.set("probe_ip_addr_hash", 0)
    start = time.perf_counter()
    try:
        address = choose(await lookup(host), preferred, fallback)
    except OSError as error:
        probe.log("error", "Resolution failed", host=host, ip_protocol=preferred, err=str(error))
        raise ProbeError(Reason.RESOLVE, f"cannot resolve {host!r}: {error.strerror or error}") from error
    finally:
        seconds = time.perf_counter() - start
        page.set("probe_dns_lookup_time_seconds", seconds)
    if address is None:
        raise ProbeError(Reason.RESOLVE, f"{host!r} has no {preferred} address and ip_protocol_fallback is off")
    page.set("probe_ip_protocol", 6 if ":" in address else 4)
    page.set("probe_ip_addr_hash", address_hash(address))
    probe.log("debug", "Resolved target address", host=host, ip=address)
    return address, seconds


async def lookup(host: str) -> list[str]:
    """All addresses of a name, or the literal address itself. Raises `OSError`."""
    if is_address(host):
        return [host]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_address(text: str) -> bool:
    """Whether the text is an IPv4 or IPv6 address (a zone is allowed)."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def choose(addresses: list[str], preferred: str, fallback: bool) -> str | None:
    """The first address of the preferred family, else the last of the other when falling back is allowed."""
    wanted = [address for address in addresses if (":" in address) == (preferred == "ip6")]
    if wanted:
        return wanted[0]
    return addresses[-1] if fallback and addresses else None


def address_hash(address: str) -> int:
    """FNV-1a, 32 bits, over the bytes of the address: tells a change without storing the address."""
    out = 0x811C9DC5
    for byte in ipaddress.ip_address(address.partition("%")[0]).packed:
        out = ((out ^ byte) * 0x01000193) & 0xFFFFFFFF
    return out
