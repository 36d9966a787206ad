"""Requests for the HTTP API, good, odd and bad, for two servers that hold the same data."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Pairs = list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request; with `form` the parameters are its body."""

    path: str
    params: Pairs = field(default_factory=list)
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    form: bool = False
    body: bytes | None = None


TIMES = [
    "1700000000", "1700000000.1239", "1.7e9", "-1", "0", "1e20", "NaN", "Inf", "+nan", "1_000", "0x10", "now", " 1",
    "2023-11-14T22:13:20Z", "2023-11-14T22:13:20.5Z", "2023-11-14T22:13:20+02:00", "2023-11-14t22:13:20z", "2023-11-14 22:13:20",
    "9223372036854775807", "-292273086-05-16T16:47:06Z", "+292277025-08-18T07:12:54.999999999Z",
]  # fmt: skip
DURATIONS = [
    "5m", "5", "1e400", "1e300", "abc", "", "1h30m", "1.5h", "1d", "1ms", "0.5", "5m5m", "5 m", "1h2d", "1_0",
]  # fmt: skip
LIMITS = ["", "0", "1", "-1", "1.5", "abc", "99999999999999999999", " 1", "+2", "0x1", "1e3", "é"]
SELECTORS = [
    "old", '{job="promtool"}', '{"old"}', '{"dots.in.name"}', "{}", '{job=~".*"}', "old{", "old[5m]", "old offset 5m", "old @ 5", "sum(old)", '"old"',
    "", "1", '{"a b"="ü"}', '{"a b"=~"ü.*",job="x"}', '{job="a" or job="b"}', 'old{job="a",}', '{job=""}', "old{job='promtool'}", 'old{job=~"("}',
    'old{__name__="x"}', '{"old","new"}',
]  # fmt: skip
NAMES = ["job", "__name__", "nope", "0bad", "a-b", "a.b", "U__a_20_b", "U__", "%20", "a%2Fb", "%ff", "i", "%C3%BC"]
PATHS = [
    "/api/v1/query", "/api/v1/query_range", "/api/v1/series", "/api/v1/labels", "/api/v1/label/job/values", "/api/v1/metadata", "/api/v1/targets",
    "/api/v1/rules", "/api/v1/alertmanagers", "/api/v1/status/zzz", "/federate", "/-/healthy", "/-/ready", "/api/v1/zzz", "/zzz", "/", "/api/v1/read",
    "/api/v1/write", "/api/v1/query_exemplars", "/api/v1/format_query", "/api/v1/parse_query", "/api/v1/scrape_pools", "/api", "/graph?g0.expr=1",
]  # fmt: skip
EXPRESSIONS = [
    "old", "sum(old) by (i)", "rate(old[5m])", "old[2m]", "old[2m:1m]", "old offset -1m", '"x"', "1", "-Inf", "topk(1, old)", "old > bool 5", "special",
    "absent(nope)", "scalar(old)", 'count_values("v", old)', "vector(1) / 0", "histogram_quantile(0.9, req_bucket)", "quantile(7, old)", "rate(special[5m])",
    "old + on(job) old", "foo()", "old{", "sum by", "rate(old)", '1 + "a"', '-"a"', "limit_ratio(1.5, old)", "label_replace(old, \"0\", \"\", \"\", \"\")",
    "old atan2 old", "0x1F", "1_000", "1e", "inF", '{"dots.in.name"}', "old @ end()",
]  # fmt: skip


def requests(at: int) -> Iterator[ApiRequest]:
    """All of them; there are samples of `old` and others in the minutes before and after `at`."""
    yield from _numbers(at)
    yield from _selectors(at)
    yield from _methods()
    yield from _forms(at)
    yield from _views()
    for expression in EXPRESSIONS:
        yield ApiRequest("/api/v1/query", [("query", expression), ("time", at)])
        yield ApiRequest("/api/v1/query_range", [("query", expression), ("start", at - 60), ("end", at), ("step", 30)])
        yield ApiRequest("/api/v1/format_query", [("query", expression)])
        yield ApiRequest("/api/v1/parse_query", [("query", expression)])


def _numbers(at: int) -> Iterator[ApiRequest]:
    for text in TIMES:
        yield ApiRequest("/api/v1/query", [("query", "time()"), ("time", text)])
        yield ApiRequest("/api/v1/labels", [("match[]", "old"), ("start", at), ("end", text)])
    for text in DURATIONS:
        yield ApiRequest("/api/v1/query", [("query", "vector(1)"), ("time", at), ("timeout", text)])
        yield ApiRequest("/api/v1/query", [("query", "old"), ("time", at), ("lookback_delta", text)])
        yield ApiRequest(
            "/api/v1/query_range", [("query", "vector(time())"), ("start", at - 60), ("end", at), ("step", text)]
        )
    for text in LIMITS:
        yield ApiRequest("/api/v1/query", [("query", 'old{i="a"}'), ("time", at), ("limit", text)])
        yield ApiRequest("/api/v1/series", [("match[]", 'old{i="a"}'), ("limit", text)])
        yield ApiRequest("/api/v1/label/i/values", [("match[]", 'old{i="a"}'), ("limit", text)])
        yield ApiRequest("/api/v1/metadata", [("metric", "hits_total"), ("limit", text)])
        yield ApiRequest("/api/v1/metadata", [("metric", "hits_total"), ("limit_per_metric", text)])
        yield ApiRequest("/api/v1/rules", [("group_limit", text), ("type", "record")])
    for text in ("true", "all", "", "x"):
        yield ApiRequest("/api/v1/query", [("query", "old"), ("time", at), ("stats", text)])


def _selectors(at: int) -> Iterator[ApiRequest]:
    for text in SELECTORS:
        for path in ("/api/v1/series", "/api/v1/labels", "/api/v1/label/job/values", "/api/v1/rules"):
            narrow: Pairs = (
                [("match[]", text), ("start", at - 150), ("end", at)] if "rules" not in path else [("match[]", text)]
            )
            yield ApiRequest(path, narrow)
        yield ApiRequest("/api/v1/query_exemplars", [("query", text), ("start", at), ("end", at)])
        yield ApiRequest("/api/v1/targets/metadata", [("match_target", text), ("metric", "hits_total")])
    for text in ("old{", "", "{}", "old[5m]", "nope"):
        yield ApiRequest("/federate", [("match[]", text)])
    for name in NAMES:
        yield ApiRequest(f"/api/v1/label/{name}/values", [("match[]", '{job="promtool"}')])


def _methods() -> Iterator[ApiRequest]:
    for path in PATHS:
        for method in ("OPTIONS", "GET", "PUT", "DELETE", "PATCH"):
            yield ApiRequest(path, method=method)
            yield ApiRequest(path, method=method, headers={"Origin": "http://example.org"})
        if not path.startswith("/-/"):
            yield ApiRequest(path, method="HEAD")


def _forms(at: int) -> Iterator[ApiRequest]:
    query = "/api/v1/query"
    yield ApiRequest(query, [("query", "1"), ("time", at)], "POST", form=True)
    yield ApiRequest(f"{query}?query=2", [("query", "1"), ("time", at)], "POST", form=True)
    yield ApiRequest(query, [("query", "1"), ("query", "2"), ("time", at)])
    yield ApiRequest(query, [("query", ""), ("query", "2"), ("time", at)])
    yield ApiRequest(query, method="POST", body=b"query=1&time=1", headers={"Content-Type": "text/plain"})
    yield ApiRequest(query, method="POST", body=b'{"query":"1"}', headers={"Content-Type": "application/json"})
    kind = "application/x-www-form-urlencoded"
    yield ApiRequest(query, method="POST", body=b"query=%zz&time=1", headers={"Content-Type": kind})
    for text in (
        "query=%zz",
        "query=1;time=2",
        "query=1&time=1&x=2;3",
        "query=1+1&time=1",
        "query&time=1",
        "&&query=1&time=1&",
    ):
        yield ApiRequest(f"{query}?{text}")
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"query", b"vector(3)") + part % (b"time", b"5") + b"--x--\r\n"
    yield ApiRequest(query, method="POST", body=body, headers={"Content-Type": "multipart/form-data; boundary=x"})


def _views() -> Iterator[ApiRequest]:
    for state in ("", "any", "active", "dropped", "Active", "x"):
        yield ApiRequest("/api/v1/targets", [("state", state)])
        yield ApiRequest("/api/v1/targets", [("state", state), ("scrapePool", "down")])
    for key in ("type", "rule_name[]", "rule_group[]", "file[]", "exclude_alerts", "group_next_token", "rule_name"):
        for value in ("", "alert", "record", "Down", "records", "x", "true", "0", "config/rules.yml"):
            yield ApiRequest("/api/v1/rules", [(key, value)])
    yield ApiRequest("/api/v1/rules", [("rule_group[]", "records"), ("rule_group[]", "alerts")])
    yield ApiRequest("/api/v1/rules", [("rule_name[]", "Down"), ("rule_name[]", "one"), ("type", "record")])
    for metric in ("hits_total", "nope", "", "up"):
        yield ApiRequest("/api/v1/metadata", [("metric", metric)])
        yield ApiRequest("/api/v1/targets/metadata", [("metric", metric)])
    for escaping in ("", ";escaping=allow-utf-8", ";escaping=dots", ";escaping=values", ";escaping=zzz"):
        yield ApiRequest(
            "/federate", [("match[]", '{job="app",__name__!~"scrape.*"}')], headers={"Accept": f"text/plain{escaping}"}
        )
