"""What is wrong with a configuration file, told so that the reader can mend it without looking anything up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """Where in a file: 1-based line and column, and the path inside the document (`scrape_configs[2].job_name`)."""

    file: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        position = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{position}: {self.path}" if self.path else position


class ConfigError(ValueError):
    """A configuration that cannot be used. `str()` is one line: file, line, path, what was found and expected."""

    def __init__(self, message: str, location: Location | None = None) -> None:
        self.message = message
        self.location = location
        super().__init__(f"{location}: {message}" if location else message)


class FieldError(ValueError):
    """Raised in `__post_init__` of a configuration class to blame one field by name."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        super().__init__(message)
