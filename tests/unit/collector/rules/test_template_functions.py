from typing import Any

import pytest

from collector.rules.samples import Sample
from collector.rules.templates import AlertTemplates, Surroundings

SURROUNDINGS = Surroundings("http://collector:9090/prom", {"dc": "x"})


def query(text: str, at_ms: int) -> list[Sample]:
    if text == "broken":
        raise ValueError("no such thing")
    return [Sample({"i": "b", "__value__": "s"}, 2.0), Sample({"i": "a"}, 1.0)] if text == "up" else []


def expand(text: str, value: float = 0.0, **labels: str) -> str:
    templates = AlertTemplates("A", {}, {"x": text})
    return templates.expand(labels, value, query, 1_700_000_000_000, SURROUNDINGS)[1]["x"]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{{ $value }} {{ .Value }}", 1e6, "1e+06 1e+06"),
        ("{{ $labels.job }}{{ .Labels.nope }}", 0, "api"),
        (
            "{{ $externalLabels.dc }} {{ $externalURL }} {{ externalURL }} {{ pathPrefix }}",
            0,
            "x http://collector:9090/prom http://collector:9090/prom /prom",
        ),
        ("{{ humanize $value }}", 1234567.0, "1.235M"),
        ("{{ humanize 0.0012 }} {{ humanize 0 }} {{ humanize `1500` }}", 0, "1.2m 0 1.5k"),
        ("{{ humanize1024 1572864 }} {{ humanize1024 -2048.0 }}", 0, "1.5Mi -2ki"),
        ("{{ $value | humanizePercentage }}", 0.12345, "12.35%"),
        ("{{ humanizeDuration 3725 }} {{ toDuration 90 }}", 0, "1h 2m 5s 1m30s"),
        ("{{ humanizeTimestamp 1435065584.128 }}", 0, "2015-06-23 13:19:44.128 +0000 UTC"),
        ('{{ (toTime 0).Format "2006" }} {{ now }} {{ parseDuration "1h30m" }}', 0, "1970 1.7e+09 5400"),
        (
            '{{ with query "up" }}{{ . | first | value }} {{ . | first | label "i" }} {{ . | first | strvalue }}{{ end }}',
            0,
            "2 b s",
        ),
        ('{{ range query "up" | sortByLabel "i" }}{{ .Labels.i }}={{ .Value }};{{ end }}', 0, "a=1;b=2;"),
        ('{{ with query "none" }}x{{ else }}nothing{{ end }}', 0, "nothing"),
        (
            '{{ stripPort "a.b:80" }} {{ stripPort "[::1]:80" }} {{ stripDomain "a.b.c:80" }} {{ stripDomain "10.0.0.1:80" }}',
            0,
            "a.b ::1 a:80 10.0.0.1:80",
        ),
        (
            '{{ graphLink "up == 1" }} {{ tableLink "up" }}',
            0,
            "/graph?g0.expr=up+%3D%3D+1&g0.tab=0 /graph?g0.expr=up&g0.tab=1",
        ),
        ('{{ urlQueryEscape "a b&c" }} {{ (args 1 "x").arg1 }}', 0, "a+b%26c x"),
        ('{{ "x" | toUpper }} {{ title "ab cd" }} {{ reReplaceAll "a(.)" "$1$1" "abc" }}', 0, "X Ab Cd bbc"),
    ],
)
def test_functions(text: str, value: float, expected: str) -> None:
    assert expected == expand(text, value, job="api")


@pytest.mark.parametrize(
    "text", ['{{ query "broken" }}', '{{ query "none" | first }}', "{{ $value | toUpper }}", "{{ gt $value 1 }}"]
)
def test_what_fails_is_said_in_place(text: Any) -> None:
    shown = expand(text)
    assert shown.startswith("<error expanding template: error executing template __alert_A: template: __alert_A:1:")


def test_samples_are_printed_as_structs() -> None:
    assert expand('{{ range query "up" }}{{ . }}{{ end }}') == "{map[__value__:s i:b] 2}{map[i:a] 1}"


def test_errors_are_those_of_prometheus() -> None:
    assert expand("{{ .Foo }}").endswith(
        'template: __alert_A:1:115: executing "__alert_A" at <.Foo>: can\'t evaluate field Foo in type struct { Labels '
        "map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }>"
    )
    assert expand('{{ query "up" | sortByLabel "i" | first | value }}{{ humanizeTimestamp 1e300 }}').endswith(
        'template: __alert_A:1:165: executing "__alert_A" at <humanizeTimestamp 1e300>: error calling humanizeTimestamp: '
        "1e+300 cannot be represented as a nanoseconds timestamp since it overflows int64>"
    )


def test_texts_without_actions_cost_nothing() -> None:
    labels, annotations = AlertTemplates("A", {"a": "b"}, {"c": "d"}).expand({}, 0, query, 0, SURROUNDINGS)
    assert (labels, annotations) == ({"a": "b"}, {"c": "d"})
