import pytest

from blackbox.probers.http_checks import check_body, check_cel, check_headers, extract_values
from blackbox.wire.http1 import Response
from tests.support.probing import probe

RESPONSE = Response(200, "1.1", [("x-thing", "bar"), ("x-thing", "baz")])


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        ("fail_if_header_matches: [{header: X-Thing, regexp: ba}]", False),
        ("fail_if_header_matches: [{header: X-Thing, regexp: q}]", True),
        ("fail_if_header_matches: [{header: X-None, regexp: q}]", False),
        ("fail_if_header_matches: [{header: X-None, regexp: q, allow_missing: true}]", True),
        ("fail_if_header_not_matches: [{header: X-Thing, regexp: baz}]", True),
        ("fail_if_header_not_matches: [{header: X-Thing, regexp: q}]", False),
        ("fail_if_header_not_matches: [{header: X-None, regexp: q}]", False),
        ("fail_if_header_not_matches: [{header: X-None, regexp: q, allow_missing: true}]", True),
    ],
)
def test_headers(rule: str, good: bool) -> None:
    one = probe(f"{{prober: http, http: {{{rule}}}}}")
    check_headers(one, RESPONSE)
    assert (one.failure is None) is good
    assert one.page.value("probe_failed_due_to_regex") == (None if good else 1)


@pytest.mark.parametrize(
    ("rule", "good"),
    [
        ("fail_if_body_matches_regexp: ['err.r']", False),
        ("fail_if_body_matches_regexp: ['^fine$']", True),
        ("fail_if_body_not_matches_regexp: [error, missing]", False),
        ("fail_if_body_not_matches_regexp: ['(?s)error.*end']", True),
    ],
)
def test_body(rule: str, good: bool) -> None:
    one = probe(f"{{prober: http, http: {{{rule}}}}}")
    check_body(one, b"an error\nat the \xff end")
    assert (one.failure is None) is good


@pytest.mark.parametrize(
    ("rule", "body", "good"),
    [
        ("fail_if_body_json_matches_cel: body.queue > 5", b'{"queue": 3}', True),
        ("fail_if_body_json_matches_cel: body.queue > 5", b'{"queue": 9}', False),
        ("fail_if_body_json_not_matches_cel: body.status == 'UP'", b'{"status": "UP"}', True),
        ("fail_if_body_json_not_matches_cel: body.status == 'UP'", b'{"status": "DOWN"}', False),
        ("fail_if_body_json_matches_cel: body.queue > 5", b"{}", False),
        ("fail_if_body_json_matches_cel: body.queue", b'{"queue": 9}', False),
        ("fail_if_body_json_matches_cel: body.queue > 5", b"<html>", False),
    ],
)
def test_cel(rule: str, body: bytes, good: bool) -> None:
    one = probe(f'{{prober: http, http: {{"{rule.partition(": ")[0]}": "{rule.partition(": ")[2]}"}}}}')
    check_cel(one, body)
    assert (one.failure is None) is good
    assert one.page.value("probe_failed_due_to_cel") == (None if good else 1)


def test_values_out_of_the_body() -> None:
    one = probe(
        "{prober: http, http: {extract: [{name: queue, json_path: $.jobs.length()}, {name: load, json_path: $.load},"
        " {name: up, regexp: 'up\": (\\d+)'}, {name: nothing, json_path: $.no}, {name: words, json_path: $.text}]}}"
    )
    extract_values(one, b'{"jobs": [1, 2], "load": 0.5, "up": 12, "text": "abc"}')
    names = ("queue", "load", "up", "nothing", "words")
    assert [one.page.value("probe_extracted_value", name=name) for name in names] == [2, 0.5, 12, None, None]
    assert one.failure is None
    assert "extraction=nothing" in one.rendered_log()
