"""Templates by name: our defaults, the files of the configuration, and the texts of receivers rendered with them."""

import base64
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from pharos.config import ConfigError
from pharos.gotemplate import Template, TemplateError
from pharos.gotemplate.functions import NOTIFICATION
from pharos.gotemplate.gotime import GoDuration, GoTime

_DEFAULTS = Path(__file__).parent / "defaults"


def _since(moment: GoTime) -> GoDuration:
    return GoDuration.of(time.time() - float(moment.Unix()))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **NOTIFICATION,
    "now": lambda: GoTime.at(time.time()),
    "since": _since,
    "base64encode": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64decode": lambda text: base64.urlsafe_b64decode(text).decode(),
    "routeLabels": lambda name: "",
}


class Library:
    """The definitions that receivers' texts may call."""

    def __init__(self, files: Iterable[tuple[str, str]] = ()) -> None:
        """`files`: name and text of each template file. Raises `ConfigError`."""
        texts = [*_default_texts(), *files]
        self._parsed = {html: [_parse(name, text, html) for name, text in texts] for html in (False, True)}
        self._compile = lru_cache(maxsize=512)(self._compiled)

    def render(self, text: str, data: Any, *, html: bool = False) -> str:
        """A receiver's text for a notification. Raises `TemplateError`."""
        if "{{" not in text:
            return text
        labels = getattr(data, "RouteLabels", {})
        functions = {**FUNCTIONS, "routeLabels": lambda name: labels.get(name, "")}
        return self._compile(text, html).execute(data, functions)

    def check(self, text: str) -> None:
        """Raise `TemplateError` when the text is no template."""
        if "{{" in text:
            self._compile(text, False)

    def render_all(self, value: Any, data: Any) -> Any:
        """Every text inside of lists and mappings rendered."""
        if isinstance(value, str):
            return self.render(value, data)
        if isinstance(value, dict):
            return {self.render(str(key), data): self.render_all(item, data) for key, item in value.items()}
        return [self.render_all(item, data) for item in value] if isinstance(value, list | tuple) else value

    def _compiled(self, text: str, html: bool) -> Template:
        return Template(text, "receiver", functions=FUNCTIONS, library=self._parsed[html], html=html)


def _default_texts() -> list[tuple[str, str]]:
    return [(path.name, path.read_text()) for path in sorted(_DEFAULTS.glob("*.tmpl.txt"))]


def _parse(name: str, text: str, html: bool) -> Template:
    try:
        return Template(text, name, functions=FUNCTIONS, html=html)
    except TemplateError as error:
        raise ConfigError(f"templates: {error}") from error
