import pytest

from blackbox.failures import ProbeError
from blackbox.wire.proxy import bypassed, proxy_for
from blackbox.wire.resolve import address_hash, choose, is_address
from blackbox.wire.target import parse_url, split_host_port
from blackbox.wire.tls import distinguished_name, iana_cipher
from pharos.http.client_options import HttpClientConfig


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("http://a", ("http", "a", 80, "/", "a")),
        ("https://a:8443/x?y=z#f", ("https", "a", 8443, "/x?y=z", "a:8443")),
        ("http://[::1]:9090/", ("http", "::1", 9090, "/", "[::1]:9090")),
        ("HTTP://User:pw@A/b c", ("http", "a", 80, "/b%20c", "A")),
        ("ws://a/socket", ("ws", "a", 80, "/socket", "a")),
        ("http://bücher.example/ü", ("http", "xn--bcher-kva.example", 80, "/%C3%BC", "xn--bcher-kva.example")),
    ],
)
def test_urls(text: str, parts: tuple[object, ...]) -> None:
    url = parse_url(text)
    assert (url.scheme, url.host, url.port, url.path, url.authority) == parts


@pytest.mark.parametrize("text", ["ftp://a", "http://", "http://a:x", "a:80", "http://[::1"])
def test_no_urls(text: str) -> None:
    with pytest.raises(ProbeError):
        parse_url(text)


def test_host_and_port() -> None:
    assert split_host_port("a:80") == ("a", 80)
    assert split_host_port("[::1]:80") == ("::1", 80)
    for bad in ("a", "a:", "a:99999", "::1:80", "a:x"):
        with pytest.raises(ProbeError):
            split_host_port(bad)


def test_choosing_an_address() -> None:
    both = ["192.0.2.1", "2001:db8::1", "192.0.2.2"]
    assert choose(both, "ip6", True) == "2001:db8::1"
    assert choose(both, "ip4", True) == "192.0.2.1"
    assert choose(["192.0.2.1", "192.0.2.2"], "ip6", True) == "192.0.2.2"
    assert choose(["192.0.2.1"], "ip6", False) is None


def test_the_hash_of_an_address_is_that_of_blackbox_exporter() -> None:
    assert address_hash("127.0.0.1") == 3668918509
    assert address_hash("::1") != address_hash("::2")
    assert is_address("fe80::1%eth0")
    assert not is_address("localhost")


@pytest.mark.parametrize(
    ("no_proxy", "host", "past"),
    [
        ("*", "a", True),
        ("example.com", "example.com", True),
        ("example.com", "www.example.com", True),
        (".example.com", "www.example.com", True),
        ("example.com", "badexample.com", False),
        ("10.0.0.1, b", "10.0.0.1", True),
        ("", "a", False),
    ],
)
def test_no_proxy(no_proxy: str, host: str, past: bool) -> None:
    assert bypassed(no_proxy, host) is past


def test_which_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    url = parse_url("http://a/")
    given = proxy_for(HttpClientConfig(proxy_url="http://proxy:3128"), url)
    assert given is not None
    assert given.port == 3128
    monkeypatch.setenv("http_proxy", "proxy:8080")
    found = proxy_for(HttpClientConfig(proxy_from_environment=True), url)
    assert found is not None
    assert found.port == 8080
    assert proxy_for(HttpClientConfig(), url) is None


@pytest.mark.parametrize(
    ("openssl", "iana"),
    [
        ("TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"),
        ("ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        ("ECDHE-RSA-AES256-SHA", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
        ("AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256"),
        ("AES256-SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"),
    ],
)
def test_ciphers(openssl: str, iana: str) -> None:
    assert iana_cipher(openssl) == iana


def test_distinguished_names() -> None:
    name = ((("countryName", "DE"),), (("organizationName", "A, B"),), (("commonName", "x"),))
    assert distinguished_name(name) == "CN=x,O=A\\, B,C=DE"
