"""The metrics of one probe: families by name, help texts in one table."""

from collections.abc import Mapping
from typing import Final

from pharos.exposition import Metric, render

# Help texts are part of the contract with dashboards and linters that compare families of the two exporters.
HELP: Final[dict[str, str]] = {
    "probe_success": "Displays whether or not the probe was a success",
    "probe_duration_seconds": "Returns how long the probe took to complete in seconds",
    "probe_timeout_seconds": "Returns how long the probe timeout is in seconds",
    "probe_failure_info": "Why the probe failed; absent when it did not",
    "probe_dns_lookup_time_seconds": "Returns the time taken for probe dns lookup in seconds",
    "probe_ip_protocol": "Specifies whether probe ip protocol is IP4 or IP6",
    "probe_ip_addr_hash": "Specifies the hash of IP address. It's useful to detect if the IP address changes.",
    "probe_failed_due_to_regex": "Indicates if probe failed due to regex",
    "probe_failed_due_to_cel": "Indicates if probe failed due to CEL expression not matching",
    "probe_failed_due_to_bytes": "Indicates if probe failed due to bytes",
    "probe_expect_info": "Explicit content matched",
    "probe_extracted_value": "A value read out of the body, by name of the extraction",
    "probe_http_status_code": "Response HTTP status code",
    "probe_http_content_length": "Length of http content response",
    "probe_http_uncompressed_body_length": "Length of uncompressed response body",
    "probe_http_redirects": "The number of redirects",
    "probe_http_ssl": "Indicates if SSL was used for the final redirect",
    "probe_http_version": "Returns the version of HTTP of the probe response",
    "probe_http_last_modified_timestamp_seconds": "Returns the Last-Modified HTTP response header in unixtime",
    "probe_http_duration_seconds": "Duration of http request by phase, summed over all redirects",
    "probe_ssl_earliest_cert_expiry": "Returns last SSL chain expiry in unixtime",
    "probe_ssl_last_chain_expiry_timestamp_seconds": "Returns last SSL chain expiry in timestamp",
    "probe_ssl_last_chain_info": "Contains SSL leaf certificate information",
    "probe_tls_version_info": "Returns the TLS version used or NaN when unknown",
    "probe_tls_cipher_info": "Returns the TLS cipher negotiated during handshake",
    "probe_tcp_connect_seconds": "Time to connect over several connections: min, avg, max and jitter",
    "probe_tcp_connect_loss_ratio": "Share of the connections that could not be made",
    "probe_icmp_duration_seconds": "Duration of icmp request by phase",
    "probe_icmp_reply_hop_limit": "Replied packet hop limit (TTL for ipv4)",
    "probe_icmp_rtt_seconds": "Round trip time over several pings: min, avg, max and jitter",
    "probe_icmp_loss_ratio": "Share of the pings that were not answered",
    "probe_dns_duration_seconds": "Duration of DNS request by phase",
    "probe_dns_answer_rrs": "Returns number of entries in the answer resource record list",
    "probe_dns_authority_rrs": "Returns number of entries in the authority resource record list",
    "probe_dns_additional_rrs": "Returns number of entries in the additional resource record list",
    "probe_dns_query_succeeded": "Displays whether or not the query was executed successfully",
    "probe_dns_serial": "Returns the serial number of the zone",
    "probe_grpc_duration_seconds": "Duration of gRPC request by phase",
    "probe_grpc_ssl": "Indicates if SSL was used for the connection",
    "probe_grpc_status_code": "Response gRPC status code",
    "probe_grpc_healthcheck_response": "Response HealthCheck response",
    "probe_websocket_status_code": "Response HTTP status code",
    "probe_websocket_connection_upgraded": "Indicates if the websocket connection was successfully upgraded",
    "probe_websocket_failed_due_to_regex": "Indicates if probe failed due to regex",
    "probe_websocket_duration_seconds": "Duration of websocket request by phase",
}


class Page:
    """Gauges that are set and set again while the probe goes on."""

    __slots__ = ("_families",)

    def __init__(self) -> None:
        self._families: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Set the one sample of these labels."""
        self._families.setdefault(name, {})[tuple(labels.items())] = value

    def add(self, name: str, value: float, /, **labels: str) -> None:
        """Add to a sample; it begins at 0."""
        family = self._families.setdefault(name, {})
        key = tuple(labels.items())
        family[key] = family.get(key, 0.0) + value

    def value(self, name: str, /, **labels: str) -> float | None:
        """The value of a sample, None when it was never set."""
        return self._families.get(name, {}).get(tuple(labels.items()))

    def phases(self, name: str, *phases: str) -> None:
        """Begin the phases of a duration at 0."""
        self._families[name] = {(("phase", phase),): 0.0 for phase in phases}

    def families(self) -> list[Metric]:
        """The families in alphabetical order."""
        return [
            Metric(
                name, "gauge", HELP.get(name, name), [("", dict(key), value, None) for key, value in samples.items()]
            )
            for name, samples in sorted(self._families.items())
        ]

    def render(self, more: Mapping[str, float] | None = None) -> bytes:
        """The page in the text format."""
        for name, value in (more or {}).items():
            self.set(name, value)
        return render(self.families())
