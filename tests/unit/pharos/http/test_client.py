from pathlib import Path

import httpx
import pytest

from pharos.config import ConfigError, loads
from pharos.http.client import HttpClientConfig, new_client, redact_url


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
    ],
)
def test_contradictions_are_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        loads(HttpClientConfig, text)


def test_passwords_are_cut_out_of_urls() -> None:
    assert redact_url("http://u:p@h/x") == "http://u:<secret>@h/x"
    assert redact_url("http://h/x?a=b:c@d") == "http://h/x?a=b:c@d"
