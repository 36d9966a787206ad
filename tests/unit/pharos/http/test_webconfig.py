import ssl
from pathlib import Path

import httpx
import pytest

from pharos.config import ConfigError
from pharos.http.options import WebOptions
from pharos.http.server import WebServer
from pharos.http.webconfig import load_web_config
from tests.support.certificates import make_certificates


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("basic_auth_users: {ann: plain}", "basic_auth_users.ann: expected a bcrypt hash"),
        ("tls_server_config: {cert_file: a.crt}", "cert_file and key_file belong together"),
        ("tls_server_config: {cert_file: a.crt, key_file: a.key}", "cannot load a.crt"),
        ("tls_server_confg: {}", "did you mean 'tls_server_config'"),
        (
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: RequireAndVerifyClientCert}",
            "requires client_ca_file",
        ),
    ],
)
def test_a_bad_file_is_explained(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "web.yml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_web_config(str(tmp_path / "web.yml"))


async def test_tls_with_client_certificates(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    (tmp_path / "web.yml").write_text(
        "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
        "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
    )
    server = WebServer(WebOptions("127.0.0.1:0", config_file=str(tmp_path / "web.yml")))
    await server.start()
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    async with httpx.AsyncClient(base_url=server.url, verify=trusting) as client:
        with pytest.raises(httpx.TransportError):
            await client.get("/-/healthy")
    trusting.load_cert_chain(tmp_path / "client.crt", tmp_path / "client.key")
    async with httpx.AsyncClient(base_url=server.url, verify=trusting) as client:
        assert (await client.get("/-/healthy")).status_code == 200
    await server.stop()
