import pytest

from alerting.templates.library import Library
from pharos.config import ConfigError
from pharos.gotemplate import TemplateError
from tests.support.notifying import series, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("{{ .Receiver }} {{ .Status }}", "team firing"),
        ("{{ len .Alerts.Firing }}/{{ len .Alerts.Resolved }}", "2/1"),
        ('{{ .GroupLabels.SortedPairs.Values.Join " " }}', "Down"),
        ("{{ range .Alerts }}{{ .Labels.instance }} {{ end }}", "a b c "),
        ('{{ (index .Alerts 0).StartsAt.UTC.Format "15:04" }}', "07:59"),
        ('{{ (.CommonLabels.Remove (stringSlice "env")).Names }}', "[alertname]"),
        ("{{ .CommonAnnotations.summary | toUpper }}", "DOWN FIRES"),
        ("{{ .NotificationReason }}", "first notification"),
        ('{{ routeLabels "team" }}', "db"),
        ('{{ template "__subject" . }}', "[FIRING:2] Down"),
        ("{{ .ExternalURL }}", "http://alerts"),
    ],
)
def test_what_templates_see(text: str, expected: str) -> None:
    data = told(
        series(instance="a", env="x"),
        series(instance="b", env="x"),
        resolved=(series(instance="c", env="x"),),
        route_labels={"team": "db"},
    )
    assert Library().render(text, data) == expected


def test_files_define_and_replace_templates() -> None:
    library = Library(
        [("own.tmpl", '{{ define "__subject" }}mine{{ end }}{{ define "greeting" }}hello {{ .Status }}{{ end }}')]
    )
    assert (
        library.render('{{ template "greeting" . }} {{ template "slack.default.title" . }}', told())
        == "hello firing mine"
    )


def test_html_is_escaped() -> None:
    assert (
        Library().render("<b>{{ .CommonLabels.instance }}</b>", told(series(instance="<i>")), html=True)
        == "<b>&lt;i&gt;</b>"
    )


def test_errors() -> None:
    with pytest.raises(ConfigError, match="own"):
        Library([("own.tmpl", "{{ define }}")])
    with pytest.raises(TemplateError):
        Library().check("{{ .Status | nosuchfunction }}")
    with pytest.raises(TemplateError):
        Library().render('{{ template "nosuch" . }}', told())
