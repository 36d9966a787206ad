"""The configuration file: blackbox_exporter's, as it is, plus `count`/`interval` (icmp, tcp), `extract` (http) and `options`.

Source: CONFIGURATION.md of blackbox_exporter. Key for key documented in `docs/reference/blackbox.md`.
"""

import dataclasses
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from blackbox.cel import Program
from blackbox.jsonpath import JsonPath
from blackbox.pattern import Pattern
from blackbox.registry import probers
from pharos.config import FieldError, load
from pharos.durations import Duration
from pharos.http.client_options import HeaderValues, HttpClientConfig, TlsConfig
from pharos.labels import is_legacy_label_name, is_legacy_metric_name
from pharos.secret import Secret
from pharos.sizes import Size

IpProtocol = Literal["ip4", "ip6"]
Compression = Literal["", "gzip", "br", "deflate", "identity"]
_PLAIN_TLS = TlsConfig()


def _check_count(count: int) -> None:
    if not 1 <= count <= 100:
        raise FieldError("count", f"found {count}, expected 1 to 100")


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A condition on a response header; `allow_missing` decides what its absence means."""

    header: str
    regexp: Pattern
    allow_missing: bool = False


@dataclass(frozen=True, slots=True)
class Extract:
    """A value read out of the body into the gauge `probe_extracted_value{name=...}`: by JSON path or by the first group of a pattern."""

    name: str
    json_path: JsonPath | None = None
    regexp: Pattern | None = None

    def __post_init__(self) -> None:
        if (self.json_path is None) == (self.regexp is None):
            raise FieldError("name", "exactly one of json_path and regexp is needed")
        if not is_legacy_metric_name(self.name):
            raise FieldError("name", f"{self.name!r}: expected letters, digits and underscores")


@dataclass(frozen=True, slots=True)
class HttpProbe(HttpClientConfig):
    """Options of the http prober; those of an HTTP client stand inline."""

    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    valid_status_codes: tuple[int, ...] = ()
    valid_http_versions: tuple[str, ...] = ()
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    body_file: str = ""
    body_size_limit: Size = Size(0)
    compression: Compression = ""
    no_follow_redirects: bool | None = None
    fail_if_ssl: bool = False
    fail_if_not_ssl: bool = False
    fail_if_body_matches_regexp: tuple[Pattern, ...] = ()
    fail_if_body_not_matches_regexp: tuple[Pattern, ...] = ()
    fail_if_body_json_matches_cel: Program | None = None
    fail_if_body_json_not_matches_cel: Program | None = None
    fail_if_header_matches: tuple[HeaderMatch, ...] = ()
    fail_if_header_not_matches: tuple[HeaderMatch, ...] = ()
    skip_resolve_phase_with_proxy: bool = False
    extract: tuple[Extract, ...] = ()

    def __post_init__(self) -> None:
        HttpClientConfig.__post_init__(self)
        if self.body and self.body_file:
            raise FieldError("body_file", "body and body_file exclude each other")
        if self.no_follow_redirects is not None:
            object.__setattr__(self, "follow_redirects", not self.no_follow_redirects)
            object.__setattr__(self, "no_follow_redirects", None)
        if self.proxy_url and not self.proxy_url.startswith("http://"):
            raise FieldError("proxy_url", "expected an http:// proxy")
        accepted = next((v for k, v in self.headers.items() if k.lower() == "accept-encoding"), "")
        if self.compression and not accepts_encoding(accepted, self.compression):
            raise FieldError(
                "compression",
                f"invalid configuration {self.compression!r} together with the header Accept-Encoding {accepted!r}",
            )


@dataclass(frozen=True, slots=True)
class ExpectLabel:
    """A label of `probe_expect_info`; the value may use `${1}` of the expectation."""

    name: str
    value: str

    def __post_init__(self) -> None:
        if not is_legacy_label_name(self.name):
            raise FieldError("name", f"{self.name!r} is no label name")


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """One step of a dialogue: wait for a line, then send, then maybe switch to TLS."""

    expect: Pattern | None = None
    expect_bytes: str = ""
    send: str = ""
    starttls: bool = False
    labels: tuple[ExpectLabel, ...] = ()


@dataclass(frozen=True, slots=True)
class TcpProbe:
    """Options of the tcp prober."""

    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    source_ip_address: str = ""
    query_response: tuple[QueryResponse, ...] = ()
    tls: bool = False
    tls_config: TlsConfig = _PLAIN_TLS
    count: int = 1
    interval: Duration = Duration(0.1)

    def __post_init__(self) -> None:
        _check_count(self.count)


@dataclass(frozen=True, slots=True)
class UnixProbe:
    """Options of the unix prober; the target is the path of the socket."""

    query_response: tuple[QueryResponse, ...] = ()
    tls: bool = False
    tls_config: TlsConfig = _PLAIN_TLS


@dataclass(frozen=True, slots=True)
class IcmpProbe:
    """Options of the icmp prober. More than one ping (`count`) adds loss and jitter."""

    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    source_ip_address: str = ""
    payload_size: int = 0
    dont_fragment: bool = False
    ttl: int = 64
    count: int = 1
    interval: Duration = Duration(0.1)

    def __post_init__(self) -> None:
        _check_count(self.count)
        if not 0 <= self.ttl <= 255:
            raise FieldError("ttl", f"found {self.ttl}, expected 0 to 255")
        if not 0 <= self.payload_size <= 65_507:
            raise FieldError("payload_size", f"found {self.payload_size}, expected 0 to 65507 bytes")


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """Conditions on the zone-file text of the records of one section."""

    fail_if_matches_regexp: tuple[Pattern, ...] = ()
    fail_if_all_match_regexp: tuple[Pattern, ...] = ()
    fail_if_not_matches_regexp: tuple[Pattern, ...] = ()
    fail_if_none_matches_regexp: tuple[Pattern, ...] = ()


@dataclass(frozen=True, slots=True)
class DnsProbe:
    """Options of the dns prober."""

    query_name: str = ""
    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    source_ip_address: str = ""
    transport_protocol: Literal["udp", "tcp"] = "udp"
    dns_over_tls: bool = False
    tls_config: TlsConfig = _PLAIN_TLS
    query_type: str = "ANY"
    query_class: str = "IN"
    recursion_desired: bool = True
    valid_rcodes: tuple[str, ...] = ("NOERROR",)
    validate_answer_rrs: RecordCheck = RecordCheck()
    validate_authority_rrs: RecordCheck = RecordCheck()
    validate_additional_rrs: RecordCheck = RecordCheck()

    def __post_init__(self) -> None:
        if self.dns_over_tls and self.transport_protocol != "tcp":
            raise FieldError("dns_over_tls", "DNS over TLS needs transport_protocol: tcp")


@dataclass(frozen=True, slots=True)
class GrpcProbe:
    """Options of the grpc prober, which asks the standard health service."""

    service: str = ""
    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    tls: bool = False
    tls_config: TlsConfig = _PLAIN_TLS
    metadata: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WebsocketProbe:
    """Options of the websocket prober."""

    preferred_ip_protocol: IpProtocol = "ip6"
    ip_protocol_fallback: bool = True
    http_config: HttpClientConfig = field(default_factory=HttpClientConfig)
    headers: dict[str, HeaderValues] = field(default_factory=dict)
    query_response: tuple[QueryResponse, ...] = ()


@dataclass(frozen=True, slots=True)
class Module:
    """How to probe: a prober by name and its options. `options` is for probers of other distributions."""

    prober: str
    timeout: Duration = Duration(0)
    http: HttpProbe = field(default_factory=HttpProbe)
    tcp: TcpProbe = TcpProbe()
    unix: UnixProbe = UnixProbe()
    icmp: IcmpProbe = IcmpProbe()
    dns: DnsProbe = DnsProbe()
    grpc: GrpcProbe = field(default_factory=GrpcProbe)
    websocket: WebsocketProbe = field(default_factory=WebsocketProbe)
    options: Any = None

    def __post_init__(self) -> None:
        if self.prober not in probers:
            known = ", ".join(sorted(plugin.name for plugin in probers))
            raise FieldError("prober", f"found {self.prober!r}, expected one of {known}")
        if self.prober == "dns" and not self.dns.query_name:
            raise FieldError("dns", "query name must be set for DNS module (dns.query_name)")


@dataclass(frozen=True, slots=True)
class BlackboxConfig:
    """The whole file."""

    modules: dict[str, Module] = field(default_factory=dict)


def load_config(path: str | Path) -> BlackboxConfig:
    """Read the file. Raises `ConfigError`."""
    import blackbox.probers

    blackbox.probers.load()
    return load(BlackboxConfig, path)


def accepts_encoding(header: str, encoding: str) -> bool:
    """Whether an Accept-Encoding header (RFC 9110, section 12.5.3) allows an encoding; no header allows all."""
    if not header:
        return True
    weights = {}
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        weight = parameters.strip().removeprefix("q=") or "1"
        weights[name.strip().lower()] = weight.replace("0", "").replace(".", "") != ""
    return weights.get(encoding, weights.get("*", encoding == "identity"))


def shown(value: Any) -> Any:
    """A configuration value as plain YAML data: defaults left out, secrets masked."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        out = {}
        for item in dataclasses.fields(value):
            current = getattr(value, item.name)
            default = item.default_factory() if item.default_factory is not dataclasses.MISSING else item.default
            if current != default:
                out[item.name] = shown(current)
        return out
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [shown(item) for item in value]
    if isinstance(value, Pattern | JsonPath | Program | Secret | Duration | enum.Enum):
        return str(value)
    return int(value) if isinstance(value, Size) else value
