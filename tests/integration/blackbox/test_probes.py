"""Probes over loopback, with everything between the query and the page."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blackbox.app import BlackboxService
from blackbox.config import load_config
from pharos.http.options import WebOptions
from tests.integration.blackbox.targets import Targets, targets

pytestmark = pytest.mark.integration

V4 = "preferred_ip_protocol: ip4"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Targets]:
    with targets(tmp_path_factory.mktemp("targets")) as found:
        yield found


async def ask(folder: Path, module: str, target: str, query: str = "") -> tuple[int, dict[str, float], str]:
    """Status, samples by `name{labels}` and text of one probe."""
    import httpx

    path = folder / "blackbox.yml"
    path.write_text(f"modules: {{m: {module}}}")
    async with (
        BlackboxService(load_config(path), path, WebOptions("127.0.0.1:0")) as service,
        httpx.AsyncClient() as client,
    ):
        parameters = {"module": "m", "target": target, **dict([query.split("=")] if query else [])}
        answer = await client.get(f"{service.web.url}/probe", params=parameters)
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    samples = {}
    if answer.status_code == 200 and not query.startswith("debug"):
        samples = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    return answer.status_code, samples, answer.text


def reason(samples: dict[str, float]) -> str:
    return next((name.split('"')[1] for name in samples if name.startswith("probe_failure_info")), "")


@pytest.mark.parametrize(
    ("options", "path", "expected"),
    [
        ("", "/", {"probe_success": 1, "probe_http_status_code": 200, "probe_http_content_length": 17, "probe_http_last_modified_timestamp_seconds": 1445412480}),
        ("", "/404", {"probe_success": 0, "probe_http_status_code": 404}),
        ("valid_status_codes: [404]", "/404", {"probe_success": 1}),
        ("", "/redirect", {"probe_success": 1, "probe_http_redirects": 1}),
        ("", "/loop", {"probe_success": 0, "probe_http_redirects": 11, "probe_http_status_code": 302}),
        ("follow_redirects: false, valid_status_codes: [301]", "/redirect", {"probe_success": 1, "probe_http_redirects": 1}),
        ("", "/chunked", {"probe_success": 1, "probe_http_content_length": -1, "probe_http_uncompressed_body_length": 5}),
        ("compression: gzip, headers: {Accept-Encoding: gzip}", "/gzip", {"probe_success": 1, "probe_http_uncompressed_body_length": 900}),
        ("body_size_limit: 10B", "/", {"probe_success": 0, "probe_http_uncompressed_body_length": 10}),
        ("basic_auth: {username: u, password: p}", "/auth", {"probe_success": 1}),
        ("method: POST, body: data, headers: {X-Probe: '1'}, fail_if_body_not_matches_regexp: ['^got data 1$']", "/", {"probe_success": 1}),
        ("headers: {Host: example.com}, fail_if_body_not_matches_regexp: ['^example.com$']", "/host", {"probe_success": 1}),
        ("fail_if_not_ssl: true", "/", {"probe_success": 0}),
        ("valid_http_versions: [HTTP/2.0]", "/", {"probe_success": 0}),
        ("fail_if_body_matches_regexp: [healthy]", "/", {"probe_success": 0, "probe_failed_due_to_regex": 1}),
        ("extract: [{name: queue, json_path: $.queue.length()}]", "/json", {"probe_success": 1, 'probe_extracted_value{name="queue"}': 3}),
        ("tls_config: {ca_file: CA}", "/tls", {"probe_success": 1, "probe_http_ssl": 1, "probe_http_redirects": 1}),
    ],
)  # fmt: skip
async def test_http(world: Targets, tmp_path: Path, options: str, path: str, expected: dict[str, float]) -> None:
    options = options.replace("CA", str(world.folder / "ca.crt"))
    module = f"{{prober: http, http: {{{V4}, {options}}}}}"
    status, samples, text = await ask(tmp_path, module, f"http://127.0.0.1:{world.web}{path}")
    assert status == 200
    assert {name: samples.get(name) for name in expected} == expected, text
    phases = [
        samples[f'probe_http_duration_seconds{{phase="{name}"}}']
        for name in ("resolve", "connect", "tls", "processing", "transfer")
    ]
    assert sum(phases) <= samples["probe_duration_seconds"] * 1.05


async def test_https(world: Targets, tmp_path: Path) -> None:
    target = f"https://localhost:{world.tls}/"
    _, samples, _ = await ask(tmp_path, f"{{prober: http, http: {{{V4}}}}}", target)
    assert (samples["probe_success"], reason(samples)) == (0, "tls")
    ca = world.folder / "ca.crt"
    _, samples, text = await ask(tmp_path, f"{{prober: http, http: {{{V4}, tls_config: {{ca_file: {ca}}}}}}}", target)
    assert samples["probe_success"] == 1
    assert samples["probe_ssl_last_chain_expiry_timestamp_seconds"] == samples["probe_ssl_earliest_cert_expiry"]
    assert 'probe_tls_version_info{version="TLS 1.3"} 1' in text
    assert 'issuer="CN=Pharos test CA"' in text
    _, samples, _ = await ask(
        tmp_path,
        f"{{prober: http, http: {{{V4}, fail_if_ssl: true, tls_config: {{insecure_skip_verify: true}}}}}}",
        target,
    )
    assert (samples["probe_success"], reason(samples)) == (0, "ssl_policy")
    assert samples["probe_ssl_last_chain_expiry_timestamp_seconds"] == -62135596800


async def test_through_a_proxy(world: Targets, tmp_path: Path) -> None:
    proxy = f"proxy_url: 'http://127.0.0.1:{world.web}', skip_resolve_phase_with_proxy: true"
    module = f"{{prober: http, http: {{{proxy}, fail_if_body_not_matches_regexp: ['^through the proxy to http://nowhere.invalid/']}}}}"
    _, samples, text = await ask(tmp_path, module, "http://nowhere.invalid/")
    assert samples["probe_success"] == 1, text
    module = f"{{prober: http, http: {{{proxy}, tls_config: {{ca_file: {world.folder / 'ca.crt'}}}}}}}"
    _, samples, text = await ask(tmp_path, module, f"https://localhost:{world.tls}/")
    assert samples["probe_success"] == 1, text


@pytest.mark.parametrize(
    ("target", "expected"),
    [("http://127.0.0.1:1/", "connect"), ("http://no-such-host.invalid/", "resolve"), ("http://[::1", "bad_target")],
)
async def test_reasons(tmp_path: Path, target: str, expected: str) -> None:
    _, samples, _ = await ask(tmp_path, f"{{prober: http, http: {{{V4}}}}}", target)
    assert (samples["probe_success"], reason(samples)) == (0, expected)


async def test_hostname_and_debug(world: Targets, tmp_path: Path) -> None:
    module = f"{{prober: http, http: {{{V4}, fail_if_body_not_matches_regexp: ['^virtual.test$']}}}}"
    _, samples, _ = await ask(tmp_path, module, f"127.0.0.1:{world.web}/host", "hostname=virtual.test")
    assert samples["probe_success"] == 1
    _, _, text = await ask(tmp_path, module, f"127.0.0.1:{world.web}/host", "debug=true")
    assert "Logs for the probe:" in text
    assert "the body did not match" in text
    assert "prober: http" in text


@pytest.mark.parametrize(
    ("options", "success", "more"),
    [
        ("", 1, ""),
        ("query_response: [{expect: '^220 (\\S+) ready', labels: [{name: host, value: '${1}'}], send: 'HELO ${1}'}, {expect: '^250 hello mail.test'}]", 1, 'probe_expect_info{host="mail.test"} 1'),
        ("query_response: [{expect: '^SSH'}]", 0, "probe_failed_due_to_regex 0"),
        ("count: 4, interval: 10ms", 1, "probe_tcp_connect_loss_ratio 0"),
    ],
)  # fmt: skip
async def test_tcp(world: Targets, tmp_path: Path, options: str, success: int, more: str) -> None:
    timeout = "60s" if success else "300ms"  # what never comes is waited for to the end
    module = f"{{prober: tcp, timeout: {timeout}, tcp: {{{V4}, {options}}}}}"
    _, samples, text = await ask(tmp_path, module, f"127.0.0.1:{world.banner}")
    assert samples["probe_success"] == success
    assert more in text


async def test_tcp_with_tls(world: Targets, tmp_path: Path) -> None:
    module = f"{{prober: tcp, tcp: {{{V4}, tls: true, tls_config: {{ca_file: {world.folder / 'ca.crt'}}}}}}}"
    _, samples, _ = await ask(tmp_path, module, f"localhost:{world.tls}")
    assert samples["probe_success"] == 1
    assert "probe_ssl_earliest_cert_expiry" in samples
    _, samples, _ = await ask(tmp_path, module, f"127.0.0.1:{world.web}")
    assert reason(samples) == "tls"


async def test_unix(tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    path = tmp_path / "s"
    async with await asyncio.start_unix_server(greet, path):
        _, samples, _ = await ask(tmp_path, "{prober: unix, unix: {query_response: [{expect: hello}]}}", str(path))
        assert samples["probe_success"] == 1
    _, samples, _ = await ask(tmp_path, "{prober: unix}", str(tmp_path / "nothing"))
    assert reason(samples) == "connect"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize(
    ("options", "success", "more"),
    [
        ("query_name: example.test, query_type: A", 1, "probe_dns_answer_rrs 1"),
        ("query_name: example.test, query_type: SOA", 1, "probe_dns_serial 2.026010101e+09"),
        ("query_name: nx.test", 0, "probe_dns_query_succeeded 1"),
        ("query_name: nx.test, valid_rcodes: [NXDOMAIN]", 1, ""),
        ("query_name: example.test, query_type: A, validate_answer_rrs: {fail_if_matches_regexp: ['127.0.0.1']}", 0, 'reason="records"'),
    ],
)  # fmt: skip
async def test_dns(world: Targets, tmp_path: Path, transport: str, options: str, success: int, more: str) -> None:
    module = f"{{prober: dns, timeout: 60s, dns: {{{V4}, transport_protocol: {transport}, {options}}}}}"
    _, samples, text = await ask(tmp_path, module, f"127.0.0.1:{world.dns}")
    assert samples["probe_success"] == success, text
    assert more in text


async def test_icmp(tmp_path: Path) -> None:
    _, samples, text = await ask(tmp_path, f"{{prober: icmp, timeout: 60s, icmp: {{{V4}}}}}", "127.0.0.1")
    if reason(samples) == "permission":
        pytest.skip("neither net.ipv4.ping_group_range nor CAP_NET_RAW allows ICMP here")
    assert samples["probe_success"] == 1, text
    module = f"{{prober: icmp, timeout: 60s, icmp: {{{V4}, count: 3, interval: 10ms, payload_size: 1000, ttl: 9}}}}"
    _, samples, text = await ask(tmp_path, module, "127.0.0.1")
    assert (samples["probe_success"], samples["probe_icmp_loss_ratio"]) == (1, 0), text
    assert 'probe_icmp_rtt_seconds{stat="jitter"}' in samples
    if socket.has_ipv6 and Path("/proc/sys/net/ipv6/conf/lo/disable_ipv6").exists():
        _, samples, text = await ask(tmp_path, "{prober: icmp, timeout: 60s}", "::1")
        assert samples["probe_success"] == 1, text


async def test_websocket(world: Targets, tmp_path: Path) -> None:
    module = (
        "{prober: websocket, websocket: {"
        + V4
        + ", query_response: [{expect: '^wel(.*)', send: 'hi ${1}'}, {expect: '^echo:hi come$'}]}}"
    )
    _, samples, text = await ask(tmp_path, module, f"ws://127.0.0.1:{world.web}/socket")
    assert samples["probe_success"] == 1, text
    assert samples["probe_websocket_status_code"] == 101
    _, samples, _ = await ask(tmp_path, module, f"ws://127.0.0.1:{world.web}/")
    assert (samples["probe_success"], samples["probe_websocket_status_code"]) == (0, 200)


async def test_http2(world: Targets, tmp_path: Path) -> None:
    import ssl

    import h2.config
    import h2.connection
    import h2.events

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    connection.send_headers(event.stream_id, [(":status", "200"), ("content-length", "5")])
                    connection.send_data(event.stream_id, b"hello", end_stream=True)
            writer.write(connection.data_to_send())

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(world.folder / "server.crt", world.folder / "server.key")
    context.set_alpn_protocols(["h2"])
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        tls = f"tls_config: {{ca_file: {world.folder / 'ca.crt'}}}"
        module = f"{{prober: http, http: {{{V4}, {tls}, valid_http_versions: [HTTP/2.0], fail_if_body_not_matches_regexp: [hello]}}}}"
        _, samples, text = await ask(tmp_path, module, f"https://localhost:{port}/")
        assert (samples["probe_success"], samples["probe_http_version"]) == (1, 2), text


@pytest.mark.parametrize(("status", "success"), [(1, 1), (2, 0), (None, 0)])
async def test_grpc(tmp_path: Path, status: int | None, success: int) -> None:
    import grpc

    class Health(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            if details.method != "/grpc.health.v1.Health/Check" or status is None:
                return None
            return grpc.unary_unary_rpc_method_handler(lambda request, context: b"\x08" + bytes([status]))

    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((Health(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        _, samples, text = await ask(tmp_path, f"{{prober: grpc, grpc: {{{V4}, service: db}}}}", f"127.0.0.1:{port}")
    finally:
        server.stop(0).wait()
    assert samples["probe_success"] == success, text
    assert samples["probe_grpc_status_code"] == (12 if status is None else 0)
    serving = 'probe_grpc_healthcheck_response{serving_status="SERVING"}'
    assert samples[serving] == (1 if status == 1 else 0)


async def test_errors_of_the_request_and_pages(tmp_path: Path) -> None:
    import httpx

    path = tmp_path / "blackbox.yml"
    path.write_text("modules: {http_2xx: {prober: http, http: {preferred_ip_protocol: ip4}}}")
    async with (
        BlackboxService(load_config(path), path, WebOptions("127.0.0.1:0"), route_prefix="/bb") as service,
        httpx.AsyncClient() as client,
    ):
        url = f"{service.web.url}/bb"
        assert (await client.get(f"{url}/probe")).text == "Target parameter is missing\n"
        assert (await client.get(f"{url}/probe?module=x&target=y")).status_code == 400
        header = {"X-Prometheus-Scrape-Timeout-Seconds": "soon"}
        assert (await client.get(f"{url}/probe?target=y", headers=header)).status_code == 500
        assert (await client.get(f"{url}/probe?target=http://127.0.0.1:1/")).status_code == 200
        assert "Failure: connect" in (await client.get(f"{url}/")).text
        assert "cannot connect" in (await client.get(f"{url}/logs?id=0")).text
        assert (await client.get(f"{url}/logs?id=9")).status_code == 404
        assert "preferred_ip_protocol: ip4" in (await client.get(f"{url}/config")).text
        metrics = (await client.get(f"{service.web.url}/metrics")).text
        assert "blackbox_module_unknown_total 1.0" in metrics
        path.write_text("modules: {x: {prober: nothing}}")
        assert (await client.post(f"{service.web.url}/-/reload")).status_code == 500
        assert "http_2xx" in service.config.modules
        assert (
            "blackbox_exporter_config_last_reload_successful 0.0"
            in (await client.get(f"{service.web.url}/metrics")).text
        )
