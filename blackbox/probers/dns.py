"""The dns prober: one query, verdicts on the response code and on the records of each section."""

import asyncio
import socket
import struct
import time
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from blackbox.config import DnsProbe, RecordCheck
from blackbox.failures import ProbeError, Reason
from blackbox.probe import Probe
from blackbox.registry import probers
from blackbox.wire.resolve import resolve
from blackbox.wire.stream import Wire
from blackbox.wire.target import split_host_port

_DURATION = "probe_dns_duration_seconds"
_SECTIONS = ("answer", "authority", "additional")


@probers.register("dns")
async def probe_dns(probe: Probe) -> None:
    """Ask a name server."""
    options, page = probe.module.dns, probe.page
    page.phases(_DURATION, "resolve", "connect", "request")
    for section in _SECTIONS:
        page.set(f"probe_dns_{section}_rrs", 0)
    page.set("probe_dns_query_succeeded", 0)
    query = _query(options)
    host, port = _split(probe.target, 853 if options.dns_over_tls else 53)
    address, seconds = await resolve(probe, host, options.preferred_ip_protocol, options.ip_protocol_fallback)
    page.add(_DURATION, seconds, phase="resolve")
    exchange = _over_udp if options.transport_protocol == "udp" else _over_tcp
    wire_answer = await exchange(probe, query.to_wire(), address, port, host)
    try:
        answer = dns.message.from_wire(wire_answer, ignore_trailing=True)
    except dns.exception.DNSException as error:
        raise ProbeError(Reason.PROTOCOL, f"malformed answer: {error}") from error
    page.set("probe_dns_query_succeeded", 1)
    _judge(probe, answer, options)


def _query(options: DnsProbe) -> dns.message.Message:
    try:
        query = dns.message.make_query(options.query_name, options.query_type, options.query_class)
    except (dns.exception.DNSException, ValueError) as error:
        raise ProbeError(Reason.TARGET, f"cannot build the query: {error}") from error
    if not options.recursion_desired:
        query.flags &= ~dns.flags.RD
    return query


def _split(target: str, default_port: int) -> tuple[str, int]:
    try:
        return split_host_port(target)
    except ProbeError:  # only a host
        return target.strip("[]"), default_port


async def _over_udp(probe: Probe, query: bytes, address: str, port: int, _: str) -> bytes:
    loop, page = asyncio.get_running_loop(), probe.page
    start = time.perf_counter()
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if probe.module.dns.source_ip_address:
            sock.bind((probe.module.dns.source_ip_address, 0))
        sock.connect((address, port))
        connected = time.perf_counter()
        page.add(_DURATION, connected - start, phase="connect")
        try:
            sock.send(query)
            while True:
                answer = await loop.sock_recv(sock, 65535)
                if answer[:2] == query[:2]:
                    return answer
        finally:
            page.add(_DURATION, time.perf_counter() - connected, phase="request")
    except OSError as error:
        raise ProbeError(Reason.CONNECT, f"cannot ask {address} port {port}: {error.strerror or error}") from error
    finally:
        sock.close()


async def _over_tcp(probe: Probe, query: bytes, address: str, port: int, host: str) -> bytes:
    options, page = probe.module.dns, probe.page
    start = time.perf_counter()
    wire = await Wire.connect(address, port, source=options.source_ip_address)
    try:
        if options.dns_over_tls:
            await wire.start_tls(probe.contexts.get(options.tls_config), options.tls_config.server_name or host)
        connected = time.perf_counter()
        page.add(_DURATION, connected - start, phase="connect")
        wire.write(struct.pack("!H", len(query)) + query)
        data = b""
        try:
            while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], "big"):
                piece = await wire.read()
                if not piece:
                    raise ProbeError(Reason.PROTOCOL, "the connection was closed before the answer was complete")
                data += piece
        finally:
            page.add(_DURATION, time.perf_counter() - connected, phase="request")
        return data[2:]
    finally:
        wire.close()


def _judge(probe: Probe, answer: dns.message.Message, options: DnsProbe) -> None:
    page = probe.page
    sections = {name: _records(getattr(answer, name)) for name in _SECTIONS}
    for name, records in sections.items():
        # dnspython keeps the OPT pseudo record apart; a server that sends one has an entry more.
        opt = 1 if name == "additional" and answer.edns >= 0 else 0
        page.set(f"probe_dns_{name}_rrs", len(records) + opt)
    if options.query_type.upper() == "SOA":
        serials = [record.serial for rrset in answer.answer for record in rrset if record.rdtype == dns.rdatatype.SOA]
        page.set("probe_dns_serial", serials[-1] if serials else 0)
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode not in options.valid_rcodes:
        raise ProbeError(Reason.RCODE, f"response code {rcode} is none of {', '.join(options.valid_rcodes)}")
    for name, check in (
        ("answer", options.validate_answer_rrs),
        ("authority", options.validate_authority_rrs),
        ("additional", options.validate_additional_rrs),
    ):
        problem = check_records(sections[name], check)
        if problem:
            raise ProbeError(Reason.RECORDS, f"{name} records: {problem}")


def _records(section: list[Any]) -> list[str]:
    """The records of a section as zone-file text, fields separated by tabs."""
    return [
        "\t".join(
            (
                str(rrset.name),
                str(rrset.ttl),
                dns.rdataclass.to_text(rrset.rdclass),
                dns.rdatatype.to_text(rrset.rdtype),
                str(record),
            )
        )
        for rrset in section
        for record in rrset
    ]


def check_records(records: list[str], check: RecordCheck) -> str:
    """What is wrong with the records of a section, empty when nothing is."""
    if not records:
        none_wanted = check.fail_if_not_matches_regexp or check.fail_if_none_matches_regexp
        return (
            "fail_if_not_matches_regexp or fail_if_none_matches_regexp is given but there is no record"
            if none_wanted
            else ""
        )
    for record in records:
        for pattern in check.fail_if_matches_regexp:
            if pattern.search(record):
                return f"{record!r} matches {pattern}"
        for pattern in check.fail_if_not_matches_regexp:
            if not pattern.search(record):
                return f"{record!r} does not match {pattern}"
    # The option's name says the opposite, but this is what blackbox_exporter does and what files are written for.
    if not all(pattern.search(record) for record in records for pattern in check.fail_if_all_match_regexp):
        return "not all records match fail_if_all_match_regexp"
    if check.fail_if_none_matches_regexp and not any(
        pattern.search(record) for record in records for pattern in check.fail_if_none_matches_regexp
    ):
        return "no record matches fail_if_none_matches_regexp"
    return ""
