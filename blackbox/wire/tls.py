"""TLS of a probe: contexts by options, and the metrics that describe the server's certificates."""

import hashlib
import ssl
from typing import Any, Final

from blackbox.failures import ProbeError, Reason
from blackbox.page import Page
from pharos.http.client_options import TlsConfig, client_tls_context

# What Go prints for a zero time, which is how blackbox_exporter says "not verified".
_NEVER: Final = -62135596800
_DER: Final = 2  # _ssl.ENCODING_DER
# RFC 2253 short names, as Go's pkix.Name prints them; other attributes keep OpenSSL's long name.
_SHORT: Final = {
    "commonName": "CN",
    "serialNumber": "SERIALNUMBER",
    "countryName": "C",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "localityName": "L",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "postalCode": "POSTALCODE",
}
_VERSIONS: Final = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}


class TlsContexts:
    """Contexts by options, built once: reading the system's CA bundle costs 20 ms."""

    def __init__(self) -> None:
        self._known: dict[tuple[TlsConfig, tuple[str, ...]], ssl.SSLContext] = {}

    def get(self, config: TlsConfig, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
        """The context. Raises `ProbeError` when a file cannot be read."""
        key = (config, alpn)
        if key not in self._known:
            self._known[key] = self._build(config, alpn)
        return self._known[key]

    def _build(self, config: TlsConfig, alpn: tuple[str, ...]) -> ssl.SSLContext:
        try:
            context = client_tls_context(config)
        except (OSError, ValueError) as error:
            raise ProbeError(Reason.TLS, f"cannot use tls_config: {error}") from error
        context.hostname_checks_common_name = False
        if config.min_version in ("TLS10", "TLS11"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")  # OpenSSL 3 refuses the old versions otherwise
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context


def tls_metrics(page: Page, ssl_object: Any, *, chain: bool = True, cipher: bool = False) -> None:
    """Fill the certificate families from a finished handshake."""
    # The chains are public in Python 3.13; before, only the object inside has them.
    inner = ssl_object._sslobj
    presented = inner.get_unverified_chain() or []
    if not presented:
        return
    expiries = [_expiry(certificate) for certificate in presented]
    page.set("probe_ssl_earliest_cert_expiry", min(expiries))
    page.set("probe_tls_version_info", 1, version=_VERSIONS.get(ssl_object.version(), "unknown"))
    if chain:
        verified = ssl_object.context.verify_mode != ssl.CERT_NONE and inner.get_verified_chain()
        expiry = min(_expiry(certificate) for certificate in verified) if verified else _NEVER
        page.set("probe_ssl_last_chain_expiry_timestamp_seconds", expiry)
    page.set("probe_ssl_last_chain_info", 1, **_leaf(presented[0]))
    if cipher:
        page.set("probe_tls_cipher_info", 1, cipher=iana_cipher(ssl_object.cipher()[0]))


def _leaf(certificate: Any) -> dict[str, str]:
    info = certificate.get_info()
    names = [value for kind, value in info.get("subjectAltName", ()) if kind == "DNS"]
    return {
        "fingerprint_sha256": hashlib.sha256(certificate.public_bytes(_DER)).hexdigest(),
        "issuer": distinguished_name(info.get("issuer", ())),
        "serialnumber": info.get("serialNumber", "").lower(),
        "subject": distinguished_name(info.get("subject", ())),
        "subjectalternative": ",".join(names),
    }


def _expiry(certificate: Any) -> int:
    return ssl.cert_time_to_seconds(certificate.get_info()["notAfter"])


def distinguished_name(rdns: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    """`CN=a,O=b`: the last part first, as RFC 2253 wants it."""
    return ",".join(
        "+".join(f"{_SHORT.get(kind, kind)}={_escaped(text)}" for kind, text in rdn) for rdn in reversed(rdns)
    )


def _escaped(text: str) -> str:
    out = "".join("\\" + char if char in ',+"\\<>;' else char for char in text)
    if out.startswith((" ", "#")):
        out = "\\" + out
    return out[:-1] + "\\ " if out.endswith(" ") and len(out) > 1 else out


def iana_cipher(name: str) -> str:
    """OpenSSL's `ECDHE-RSA-AES128-GCM-SHA256` as the registry's `TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`."""
    if name.startswith("TLS_"):
        return name
    parts = (
        name.replace("AES128", "AES-128").replace("AES256", "AES-256").replace("DES-CBC3", "3DES-EDE-CBC").split("-")
    )
    exchange: list[str] = []
    while parts and parts[0] in ("ECDHE", "DHE", "RSA", "ECDSA"):
        exchange.append(parts.pop(0))
    if parts[-1] == "POLY1305":
        parts.append("SHA256")
    if parts[0] == "AES" and "GCM" not in parts and "CCM" not in parts:
        parts.insert(2, "CBC")
    return f"TLS_{'_'.join(exchange) or 'RSA'}_WITH_{'_'.join(parts)}"
