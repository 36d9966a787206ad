import pytest

from pharos.gotemplate import Limits, Template, TemplateError
from pharos.gotemplate.functions import COMMON, NOTIFICATION

DATA = {
    "Value": 1234567.0,
    "Labels": {"job": "api", "instance": "a:90"},
    "Items": [1, 2.5, "x"],
    "Empty": [],
    "Flag": True,
    "Nothing": None,
}


def run(text: str, **options: object) -> str:
    return Template(text, "t", **options).execute(DATA, NOTIFICATION)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ .Value }}", "1.234567e+06"),
        ("{{ .Labels.job }}-{{ .Labels.nope }}-{{ .Nothing }}", "api--<no value>"),
        ("{{ .Labels }} {{ .Items }} {{ .Flag }}", "map[instance:a:90 job:api] [1 2.5 x] true"),
        ("a {{- 1 -}} b {{ 2 -}}\n\n c", "a1b 2c"),
        ("a {{/* gone */}} b {{- /* gone */ -}} c", "a  bc"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ $x := 3 }}{{ end }}{{ $x }}", "2"),
        ("{{ if .Empty }}a{{ else if .Flag }}b{{ else }}c{{ end }}", "b"),
        ("{{ with .Nothing }}a{{ else with .Items }}{{ len . }}{{ end }}", "3"),
        ("{{ with $y := .Items }}{{ index $y 1 }}{{ end }}", "2.5"),
        ("{{ range $i, $e := .Items }}{{ $i }}={{ $e }};{{ end }}", "0=1;1=2.5;2=x;"),
        ("{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}", "instance=a:90;job=api;"),
        ("{{ range .Empty }}x{{ else }}none{{ end }}", "none"),
        (
            "{{ range 5 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if eq . 3 }}{{ break }}{{ end }}{{ . }}{{ end }}",
            "02",
        ),
        ("{{ range .Items }}{{ $.Flag }} {{ end }}", "true true true "),
        ('{{ define "x" }}<{{ . }}>{{ end }}{{ template "x" .Labels.job }}', "<api>"),
        ('{{ block "y" .Labels }}{{ .job }}{{ end }}', "api"),
        ('{{ define "n" }}{{ template "m" . }}{{ end }}{{ define "m" }}m{{ . }}{{ end }}{{ template "n" 1 }}', "m1"),
        ('{{ .Labels.job | toUpper | printf "%s-%d" "a" 1 }}', "a-1%!(EXTRA string=API)"),
        ('{{ .Value | printf "%.1f" }} {{ printf "%5d|%-5s|" 3 "ab" }}', "1234567.0     3|ab   |"),
        ('{{ print 1 2 "x" 3 4 }} {{ println "a" 1 }}', "1 2x3 4 a 1\n"),
        ("{{ and 1 0 2 }} {{ or 0 2 }} {{ not 0 }}", "0 2 true"),
        ("{{ toUpper `aß` }} {{ toLower `ÄİB` }} {{ title `ßa ŉb` }}", "Aß äib ßa ŉb"),
        ("{{ or .Flag (index .Items 99) }}", "true"),
        (
            '{{ eq "a" "b" "a" }} {{ ne 1 2 }} {{ lt 1 2 }} {{ ge 2.5 2.5 }} {{ gt "b" "a" }}',
            "true true true true true",
        ),
        ('{{ slice "hello" 1 3 }} {{ slice .Items 2 }} {{ index .Labels "job" }}', "el [x] api"),
        ('{{ html `<a href="x">&\'` }}', "&lt;a href=&#34;x&#34;&gt;&amp;&#39;"),
        ("{{ urlquery `a b&c` }} {{ js `it's` }}", r"a+b%26c it\'s"),
        ("{{ 'a' }} {{ 0x10 }} {{ 1e3 }} {{ 1_000 }} {{ -3 }} {{ 010 }}", "97 16 1000 1000 -3 8"),
        (r'{{ "tab\tq\"\u00e9\x41\101" }}', 'tab\tq"éAA'),
        ("{{ (index .Items 0) }} {{ (printf `%v` .Flag) | len }}", "1 4"),
        ('{{ reReplaceAll "(.*):.*" "$1" .Labels.instance }} {{ match "^a" .Labels.instance }}', "a true"),
        ('{{ "hello wORLD it\'s" | title }} {{ join "," (stringSlice "a" "b") }}', "Hello WORLD It's a,b"),
        (
            "{{ humanizeDuration 93784 }} {{ humanizeDuration 0.0015 }} {{ humanizeDuration 65 }}",
            "1d 2h 3m 4s 1.5ms 1m 5s",
        ),
    ],
)
def test_renders(text: str, expected: str) -> None:
    assert expected == run(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ $x }}", 't:1: undefined variable "$x"'),
        ("{{ if }}{{ end }}", "missing value for if"),
        ("{{ range .Items }}", "unexpected EOF, {{range}} has no {{end}}"),
        ("x\n {{ end }}", "t:2: unexpected {{end}}"),
        ("{{ .a", "unclosed action"),
        ('{{ "a }}', "unterminated quoted string"),
        ("{{ /* a */ }}", "unrecognized character"),
        ("{{ break }}", "{{break}} outside {{range}}"),
        ("{{ nofunc 1 }}", 'function "nofunc" not defined'),
        ("{{ .a | 3 }}", "non executable command in pipeline stage 2"),
        ("{{ template nope }}", "unexpected <nope> in template clause"),
        ("{{ if true }}{{ define `x` }}{{ end }}{{ end }}", "unexpected {{define}}"),
        ("{{ % }}", "unrecognized character in action: U+0025"),
        ("{{ if true }}{{ else }}{{ else }}{{ end }}", "expected end; found {{else}}"),
        ("{{if 1}}" * 300, "nested deeper than"),
    ],
)
def test_a_bad_text_is_refused_with_its_position(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template(text, "t", functions=COMMON)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ gt .Value 1 }}", 'executing "t" at <gt .Value 1>: error calling gt: incompatible types for comparison'),
        ("{{ .Value.x }}", "can't evaluate field x in type float64"),
        ("{{ .Labels.__class__.x }}", "can't evaluate field x in type string"),
        ('{{template "none" . }}', ':1:11: executing "t" at <{{template "none" .}}>: template "none" not defined'),
        ("{{ lt 1 2.0 }}", "error calling lt: incompatible types for comparison: int and float64"),
        ("{{ call 1 }}", 'executing "t" at <call 1>: error calling call: non-function 1 of type int'),
        ("{{ nil | print }}", 'executing "t" at <nil>: nil is not a command'),
        ("{{ index .Items 7 }}", "index out of range: 7"),
        ("{{ toUpper }}", "wrong number of args for toUpper: want 1 got 0"),
        ("{{ title 3 }}", "wrong type for value; expected string; got int"),
        ("{{ match `(` `a` }}", "error calling match"),
        ("{{ range 3.5 }}{{ end }}", "range can't iterate over float64"),
        ("{{ range 100000000 }}{{ end }}", "stopped after 1000 steps"),
        ('{{ define "r" }}{{ template "r" }}{{ end }}{{ template "r" }}', "exceeded maximum template depth"),
        ('{{ range 100 }}{{ printf "%1000d" 1 }}{{ end }}', "output is longer than 5000 characters"),
    ],
)
def test_a_failing_execution_names_what_and_where(text: str, message: str) -> None:
    limits = Limits(steps=1000, output_chars=5000, depth=50)
    with pytest.raises(TemplateError) as caught:
        Template(text, "t", limits=limits).execute(DATA, NOTIFICATION)
    assert message in str(caught.value)


def test_a_library_offers_its_definitions_and_own_ones_win() -> None:
    library = Template('{{ define "a" }}lib {{ template "b" . }}{{ end }}{{ define "b" }}old{{ end }}', "lib")
    text = '{{ define "b" }}new {{ . }}{{ end }}{{ template "a" 1 }}'
    assert Template(text, "t", library=[library]).execute({}) == "lib new 1"


def test_missing_keys_by_choice() -> None:
    assert Template("{{ .x }}", missing_key="default").execute({}) == "<no value>"
    with pytest.raises(TemplateError, match="map has no entry"):
        Template("{{ .x }}", missing_key="error").execute({})


class Pairs(dict[str, str]):
    def SortedPairs(self) -> list[str]:
        return [f"{key}={self[key]}" for key in sorted(self)]

    def Remove(self, names: list[str]) -> "Pairs":
        return Pairs({key: value for key, value in self.items() if key not in names})


def test_methods_of_a_map_are_reachable_and_those_of_dict_are_not() -> None:
    data = Pairs(b="1", a="2", keys="k")
    text = '{{ range .SortedPairs }}{{ . }} {{ end }}{{ (.Remove (list "a" "b")).SortedPairs }} {{ .keys }} {{ .pop }}|'
    assert Template(text).execute(data, NOTIFICATION) == "a=2 b=1 keys=k [keys=k] k |"


def test_html_escapes_by_context() -> None:
    data = {"u": "javascript:alert(1)", "t": "<b>&+", "q": "a b&c"}
    text = '<a href="{{ .u }}">{{ .t }}</a><a href="/x?q={{ .q }}">{{ safeHtml "<i>" }}</a><script>x={{ .t }}</script>'
    assert Template(text, html=True).execute(data, COMMON) == (
        '<a href="#ZgotmplZ">&lt;b&gt;&amp;&#43;</a><a href="/x?q=a%20b%26c"><i></a><script>x="\\u003cb\\u003e\\u0026+"</script>'
    )
