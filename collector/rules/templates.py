"""Labels and annotations of alerts as templates: parsed when the rules are loaded, expanded for every alert."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from collector.rules.samples import QueryFunction
from collector.rules.template_functions import NAMES, functions
from pharos.gotemplate import Limits, Template, TemplateError
from pharos.labels import Labels

_PRELUDE: Final = (
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
)
_LIMITS: Final = Limits(steps=200_000, output_chars=1024 * 1024)


@dataclass(frozen=True, slots=True)
class _Data:
    """The dot of a template."""

    Labels: Mapping[str, str]
    ExternalLabels: Mapping[str, str]
    ExternalURL: str
    Value: float
    go_type: ClassVar[str] = (
        "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }"
    )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What templates know about the server."""

    external_url: str = ""
    external_labels: Mapping[str, str] | None = None


def parse_template(text: str, alert: str) -> Template:
    """A template of an alerting rule. Raises `TemplateError`."""
    return Template(_PRELUDE + text, f"__alert_{alert}", functions=NAMES, limits=_LIMITS)


class AlertTemplates:
    """The templates of one alerting rule. Texts without an action are kept as they are."""

    def __init__(self, alert: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
        """Raises `TemplateError`."""
        self._labels = {name: _parsed(text, alert) for name, text in labels.items()}
        self._annotations = {name: _parsed(text, alert) for name, text in annotations.items()}

    def expand(
        self, labels: Labels, value: float, query: QueryFunction, at_ms: int, surroundings: Surroundings
    ) -> tuple[Labels, Labels]:
        """Rule labels and annotations for one sample. A template that fails says so in its place."""
        fixed = not any(isinstance(text, Template) for text in (*self._labels.values(), *self._annotations.values()))
        if fixed:
            return _texts(self._labels), _texts(self._annotations)
        data = _Data(labels, dict(surroundings.external_labels or {}), surroundings.external_url, value)
        offered = functions(lambda text: query(text, at_ms), at_ms, surroundings.external_url)

        def fill(text: str | Template) -> str:
            if isinstance(text, str):
                return text
            try:
                return text.execute(data, offered)
            except TemplateError as error:
                return f"<error expanding template: error executing template {text.name}: {error}>"

        return (
            {name: fill(text) for name, text in self._labels.items()},
            {name: fill(text) for name, text in self._annotations.items()},
        )


def _parsed(text: str, alert: str) -> str | Template:
    return parse_template(text, alert) if "{{" in text else text


def _texts(values: Mapping[str, str | Template]) -> Labels:
    return {name: text for name, text in values.items() if isinstance(text, str)}
