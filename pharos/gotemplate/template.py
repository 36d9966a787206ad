"""A parsed template and what it may cost to run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pharos.gotemplate import nodes
from pharos.gotemplate.builtins import BUILTINS, LAZY
from pharos.gotemplate.evaluator import Evaluator
from pharos.gotemplate.parser import Parser

MissingKey = Literal["zero", "default", "error"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one execution: a template of a stranger must not eat the server."""

    steps: int = 1_000_000
    output_chars: int = 4 * 1024 * 1024
    depth: int = 100


class Template:
    """Template text, parsed once, executed many times and in several threads.

    `functions`: the names the text may use; None puts the check off until execution. `library`: templates whose definitions this one
    may call; its own win. `html` escapes what actions print, by context. `missing_key` says what a missing map key gives: the empty text
    (`zero`), `<no value>` (`default`) or an error. Raises `TemplateError` when the text is no template.
    """

    def __init__(
        self,
        text: str,
        name: str = "template",
        *,
        functions: Collection[str] | None = None,
        library: "Sequence[Template]" = (),
        html: bool = False,
        missing_key: MissingKey = "zero",
        limits: Limits | None = None,
    ) -> None:
        known = None if functions is None else {*functions, *BUILTINS, *LAZY}
        parser = Parser(name, text, known)
        self.name, self.text = name, text
        self.html, self.missing_key, self.limits = html, missing_key, limits or Limits()
        self.body: nodes.Body = parser.parse()
        self.definitions: dict[str, tuple[nodes.Body, Template]] = {}
        for other in library:
            self.definitions.update(other.definitions)
        self.definitions.update({defined: (body, self) for defined, body in parser.definitions.items()})

    def execute(self, data: Any, functions: Mapping[str, Callable[..., Any]] | None = None) -> str:
        """The text for `data`. Raises `TemplateError`."""
        return Evaluator(self, {**BUILTINS, **(functions or {})}).run(data)
