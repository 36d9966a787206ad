from pathlib import Path

import pytest
import yaml

from blackbox.config import BlackboxConfig, accepts_encoding, load_config, shown
from blackbox.pages import config_text
from pharos.config import ConfigError

ROOT = Path(__file__).parents[3]
# Every key of blackbox_exporter's documentation.
GOOD = """
modules:
  http:
    prober: http
    timeout: 5s
    http:
      valid_status_codes: [200, 301]
      valid_http_versions: ["HTTP/1.1", "HTTP/2.0"]
      method: POST
      headers: {Host: example.com, Accept-Encoding: "gzip;q=0.5, identity;q=0"}
      http_headers: {X-Token: {secrets: [abc]}}
      body: '{}'
      body_size_limit: 10MB
      compression: gzip
      no_follow_redirects: true
      fail_if_ssl: false
      fail_if_not_ssl: true
      fail_if_body_matches_regexp: ["bad"]
      fail_if_body_not_matches_regexp: ["good"]
      fail_if_body_json_matches_cel: "body.a == 1"
      fail_if_body_json_not_matches_cel: "body.b in [1, 2]"
      fail_if_header_matches: [{header: A, regexp: "b", allow_missing: true}]
      fail_if_header_not_matches: [{header: C, regexp: "d"}]
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      skip_resolve_phase_with_proxy: true
      proxy_url: http://proxy:3128
      no_proxy: localhost
      basic_auth: {username: u, password: secret1}
      tls_config: {ca_file: ca.pem, server_name: x, min_version: TLS12, insecure_skip_verify: false}
      extract: [{name: queue, json_path: $.queue.length()}, {name: up, regexp: 'up=(\\d+)'}]
  tcp:
    prober: tcp
    tcp:
      source_ip_address: 127.0.0.1
      tls: true
      query_response: [{expect: "^220 (.*)", send: "HELO ${1}", starttls: true, labels: [{name: a, value: "${1}"}]}, {expect_bytes: abc}]
      count: 3
      interval: 50ms
  unix: {prober: unix, unix: {query_response: [{send: hi}]}}
  icmp: {prober: icmp, icmp: {payload_size: 100, ttl: 5, dont_fragment: true, source_ip_address: 127.0.0.1, count: 5}}
  dns:
    prober: dns
    dns:
      query_name: example.com
      query_type: A
      query_class: IN
      recursion_desired: false
      transport_protocol: tcp
      dns_over_tls: true
      valid_rcodes: [NOERROR, NXDOMAIN]
      validate_answer_rrs: {fail_if_matches_regexp: [a], fail_if_all_match_regexp: [b], fail_if_not_matches_regexp: [c], fail_if_none_matches_regexp: [d]}
  grpc: {prober: grpc, grpc: {service: x, tls: true, metadata: {k: [v]}}}
  websocket: {prober: websocket, websocket: {headers: {X: {values: [y]}}, http_config: {authorization: {credentials: t}}, query_response: [{send: hi}]}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "blackbox.yml"
    path.write_text(text)
    return path


def test_every_key(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.modules["http"].http.follow_redirects is False
    assert config.modules["http"].http.body_size_limit == 10 * 1024 * 1024


def test_the_default_file_is_good() -> None:
    assert {"http_2xx", "tcp_connect", "icmp", "dns_udp"} <= set(
        load_config(ROOT / "deploy/default/blackbox.yml").modules
    )


def test_the_shown_configuration_has_no_secrets_and_can_be_read_again(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    text = config_text(config)
    assert "secret1" not in text
    assert "abc" not in text.replace("expect_bytes: abc", "")
    assert set(load_config(write(tmp_path, text)).modules) == set(config.modules)


def test_defaults_are_not_shown() -> None:
    assert shown(BlackboxConfig()) == {}
    assert yaml.safe_load(config_text(BlackboxConfig())) == {"modules": {}}


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("{prober: htp}", "modules.m.prober: found 'htp', expected one of dns, grpc, http, icmp, tcp, unix, websocket"),
        ("{prober: http, http: {valid_status: [200]}}", "unknown key 'valid_status', did you mean 'valid_status_codes'?"),
        ("{prober: http, timeout: 5}", "modules.m.timeout: found \"5\""),
        ("{prober: http, http: {body: a, body_file: b}}", "body and body_file exclude each other"),
        ("{prober: http, http: {compression: gzip, headers: {accept-encoding: br}}}", "invalid configuration 'gzip'"),
        ("{prober: http, http: {compression: zip}}", "expected one of"),
        ("{prober: http, http: {fail_if_body_matches_regexp: ['(']}}", "error parsing regexp"),
        ("{prober: http, http: {proxy_url: 'socks5://x'}}", "expected an http:// proxy"),
        ("{prober: http, http: {basic_auth: {username: a}, bearer_token: b}}", "at most one of"),
        ("{prober: http, http: {extract: [{name: a}]}}", "exactly one of json_path and regexp"),
        ("{prober: http, http: {extract: [{name: a, json_path: '$.['}]}}", "not a JSON path"),
        ("{prober: http, http: {fail_if_body_json_matches_cel: 'bdy.a'}}", "undeclared reference to 'bdy'"),
        ("{prober: dns}", "query name must be set"),
        ("{prober: dns, dns: {query_name: x, dns_over_tls: true}}", "needs transport_protocol: tcp"),
        ("{prober: icmp, icmp: {ttl: 256}}", "expected 0 to 255"),
        ("{prober: icmp, icmp: {count: 0}}", "expected 1 to 100"),
        ("{prober: tcp, tcp: {query_response: [{labels: [{name: 'a-b', value: x}]}]}}", "is no label name"),
    ],
)  # fmt: skip
def test_errors(tmp_path: Path, module: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, f"modules: {{m: {module}}}"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("header", "encoding", "accepted"),
    [
        ("", "gzip", True),
        ("gzip", "gzip", True),
        ("gzip", "br", False),
        ("*", "br", True),
        ("gzip;q=0", "gzip", False),
        ("gzip;q=0.0, *", "gzip", False),
        ("br", "identity", True),
    ],
)
def test_accept_encoding(header: str, encoding: str, accepted: bool) -> None:
    assert accepts_encoding(header, encoding) is accepted
