"""What can be wrong with a template."""


class TemplateError(ValueError):
    """A template that cannot be parsed or executed.

    `str()` is as Go writes it: with the line when it is read, with the column too, counted from 0, when it runs. `line` and `column` count
    from 1.
    """

    def __init__(self, name: str, line: int, column: int, message: str, *, running: bool = False) -> None:
        self.name, self.line, self.column, self.message = name, line, column, message
        place = f"{line}:{column - 1}" if running else str(line)
        super().__init__(f"template: {name}:{place}: {message}")


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column (both from 1) of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
