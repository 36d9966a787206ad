from pathlib import Path

import httpx
import pytest

from pharos.config import ConfigError, loads
from pharos.http.client import HttpClientConfig, new_client, redact_url
from pharos.http.client_options import TlsConfig
from pharos.http.options import WebOptions
from pharos.http.server import WebServer
from pharos.secret import Secret
from tests.support.certificates import make_certificates


def seen_headers(config: HttpClientConfig, folder: Path | None = None) -> httpx.Headers:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    async def ask() -> None:
        async with new_client(config, folder=folder, transport=httpx.MockTransport(answer)) as client:
            await client.get("http://x/")

    import asyncio

    asyncio.run(ask())
    return seen[0].headers


def test_each_kind_of_authentication(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    assert (
        seen_headers(loads(HttpClientConfig, "basic_auth: {username: a, password: b}"))["authorization"] == "Basic YTpi"
    )
    assert seen_headers(loads(HttpClientConfig, "authorization: {credentials: t}"))["authorization"] == "Bearer t"
    assert (
        seen_headers(loads(HttpClientConfig, "bearer_token_file: token"), tmp_path)["authorization"]
        == "Bearer from-file"
    )


def test_custom_headers() -> None:
    headers = seen_headers(loads(HttpClientConfig, "http_headers: {X-A: {values: [b], secrets: [c]}}"))
    assert headers["x-a"] == "b, c"
    assert headers["user-agent"].startswith("Pharos/")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("basic_auth: {username: a}\nauthorization: {credentials: t}", "at most one of"),
        ("authorization: {type: Basic}", 'cannot be "basic"'),
        ("tls_config: {cert_file: a}", "belong together"),
        ("no_proxy: x", "no_proxy needs proxy_url"),
        ("proxy_url: http://p:1\nno_proxy: 10.0.0.0/8", "address ranges are not supported"),
    ],
)
def test_contradictions_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loads(HttpClientConfig, text)


def test_passwords_are_cut_out_of_urls() -> None:
    assert redact_url("http://u:p@h/x") == "http://u:<secret>@h/x"
    assert redact_url("http://h/x?a=b:c@d") == "http://h/x?a=b:c@d"


async def test_another_server_name_and_an_inline_client_certificate(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    (tmp_path / "web.yml").write_text(
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt,"
        " client_auth_type: RequireAndVerifyClientCert}"
    )
    server = WebServer(WebOptions("127.0.0.1:0", config_file=str(tmp_path / "web.yml")))
    await server.start()

    def config(name: str) -> HttpClientConfig:
        certificate, key = (tmp_path / "client.crt").read_text(), (tmp_path / "client.key").read_text()
        tls = TlsConfig(ca_file="ca.crt", server_name=name, cert=certificate, key=Secret(key))
        return HttpClientConfig(tls_config=tls)

    async with new_client(config("localhost"), folder=tmp_path) as client:
        assert (await client.get(f"{server.url}/-/healthy")).status_code == 200
    async with new_client(config("elsewhere.test"), folder=tmp_path) as client:
        with pytest.raises(httpx.ConnectError, match=r"elsewhere\.test"):
            await client.get(f"{server.url}/-/healthy")
    await server.stop()


async def test_hosts_of_no_proxy_are_asked_directly() -> None:
    server = WebServer(WebOptions("127.0.0.1:0"))
    await server.start()
    text = "proxy_url: http://127.0.0.1:1\nno_proxy: 127.0.0.1, example.test"
    async with new_client(loads(HttpClientConfig, text)) as client:
        assert (await client.get(f"{server.url}/-/healthy")).status_code == 200
        with pytest.raises(httpx.ConnectError):
            await client.get("http://other.test/")
    await server.stop()
