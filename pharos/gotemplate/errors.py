"""What can be wrong with a template."""


class TemplateError(ValueError):
    """A template that cannot be parsed or executed.

    `str()` begins with `template: name:line:column:`, as Go writes it. `line` and `column` count from 1.
    """

    def __init__(self, name: str, line: int, column: int, message: str) -> None:
        self.name, self.line, self.column, self.message = name, line, column, message
        super().__init__(f"template: {name}:{line}:{column}: {message}")


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column (both from 1) of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
