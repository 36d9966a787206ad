"""Bodies."""

from logship.parse.body import parse_json, parse_logfmt


def test_json_gives_message_level_time_and_the_rest() -> None:
    body = parse_json(b'{"time":"2026-11-20T11:00:00Z","level":"WARNING","msg":"hi","n":1}')
    assert body == ("hi", "warn", "2026-11-20T11:00:00Z", {"n": 1})


def test_json_without_a_message_stays_readable() -> None:
    assert parse_json(b'{"a":1}') == ('{"a":1}', None, None, {"a": 1})
    assert parse_json(b'{"level":"weird","ts":12,"msg":"x"}') == ("x", None, None, {"level": "weird", "ts": 12})
    assert parse_json(b"{broken") is None
    assert parse_json(b"[1]") is None


def test_logfmt() -> None:
    line = b'ts=2026-11-20T11:00:00.123Z level=error msg="it \\"broke\\"\\nbadly" url=http://a?b=c empty='
    fields = {"url": "http://a?b=c", "empty": ""}
    assert parse_logfmt(line) == ('it "broke"\nbadly', "error", "2026-11-20T11:00:00.123Z", fields)
    assert parse_logfmt(b"just some words") is None
    assert parse_logfmt(b"") is None
