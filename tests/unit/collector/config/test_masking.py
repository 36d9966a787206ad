import yaml

from collector.config import parse_config
from collector.config.masking import masked

TEXT = """scrape_configs:
- job_name: a
  basic_auth: {username: u, password: "hunter2"}
- job_name: b
  authorization:
    credentials: tell-nobody
  tls_config:
    key: |
      -----BEGIN-----
      abc
    cert: open
- job_name: c
  http_headers: {X-Key: {secrets: [one, two], values: [three]}}
  oauth2: {client_id: i, client_secret: shh, token_url: "http://x"}
"""


def test_secrets_are_not_shown() -> None:
    shown = masked(TEXT, yaml.compose(TEXT))
    for secret in ("hunter2", "tell-nobody", "abc", "one", "two", "shh"):
        assert secret not in shown
    jobs = yaml.safe_load(shown)["scrape_configs"]
    assert jobs[0]["basic_auth"] == {"username": "u", "password": "<secret>"}
    assert jobs[1]["tls_config"] == {"key": "<secret>", "cert": "open"}
    assert jobs[2]["http_headers"]["X-Key"] == {"secrets": ["<secret>", "<secret>"], "values": ["three"]}


def test_a_text_without_secrets_stays() -> None:
    text = "global: {scrape_interval: 5s}\n"
    assert masked(text, yaml.compose(text)) == text
    assert masked("", None) == ""


def test_the_configuration_carries_the_masked_text() -> None:
    config = parse_config("scrape_configs: [{job_name: a, basic_auth: {username: u, password: hunter2}}]\n")
    assert config.text == "scrape_configs: [{job_name: a, basic_auth: {username: u, password: <secret>}}]\n"
