"""The shipper's configuration: what to read, where to send it. Paths and addresses may hold `${NAME:-default}`."""

import os
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from logship.environment import expand
from pharos.config import FieldError
from pharos.config import load as load_document
from pharos.durations import Duration
from pharos.secret import Secret
from pharos.sizes import Size


class Text(str):
    """A string with environment variables expanded."""

    __slots__ = ()

    @classmethod
    def from_config(cls, value: Any) -> "Text":
        if not isinstance(value, str | int | float):
            raise ValueError("expected text")
        return cls(expand(str(value), os.environ))


EMPTY: Final = Text("")
DEFAULT_INDEX: Final = Text("logs-pharos-default")


@dataclass(frozen=True, slots=True)
class FilesInput:
    """Plain files. `parser` auto: JSON when a line begins with a brace."""

    paths: tuple[Text, ...]
    exclude: tuple[Text, ...] = ()
    parser: Literal["auto", "json", "logfmt", "plain"] = "auto"
    multiline: Literal["none", "auto", "java", "python", "go"] = "auto"
    service: Text = EMPTY
    """Name in the documents; the file's name without its ending when empty."""
    start_at: Literal["beginning", "end"] = "beginning"
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ContainersInput:
    """Container logs. `format` auto: CRI for `*.log` under pods or containers, docker's JSON for `*-json.log`."""

    paths: tuple[Text, ...] = (Text("/var/log/pods/*/*/*.log"),)
    exclude: tuple[Text, ...] = ()
    format: Literal["auto", "cri", "docker"] = "auto"
    parser: Literal["auto", "json", "logfmt", "plain"] = "auto"
    multiline: Literal["none", "auto", "java", "python", "go"] = "auto"
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inputs:
    """All inputs; each kind may stand several times."""

    files: tuple[FilesInput, ...] = ()
    containers: tuple[ContainersInput, ...] = ()


@dataclass(frozen=True, slots=True)
class ElasticsearchOutput:
    """Elasticsearch or the Pharos log store. `index` may hold `%Y`, `%m`, `%d` and `{namespace}`, `{service}`."""

    urls: tuple[Text, ...]
    index: Text = DEFAULT_INDEX
    username: Text = EMPTY
    password: Secret = Secret("")
    api_key: Secret = Secret("")
    ca_file: Text = EMPTY
    insecure_skip_verify: bool = False
    compression: Literal["none", "gzip"] = "none"
    timeout: Duration = Duration(30)


@dataclass(frozen=True, slots=True)
class FileOutput:
    """One JSON document a line, appended and synced."""

    path: Text


@dataclass(frozen=True, slots=True)
class StdoutOutput:
    """One JSON document a line."""


@dataclass(frozen=True, slots=True)
class ForwardOutput:
    """A fluentd or Fluent Bit server (forward protocol)."""

    host: Text
    port: int = 24224
    tag: str = "pharos"


@dataclass(frozen=True, slots=True)
class Output:
    """Exactly one of these."""

    elasticsearch: ElasticsearchOutput | None = None
    file: FileOutput | None = None
    stdout: StdoutOutput | None = None
    forward: ForwardOutput | None = None

    def __post_init__(self) -> None:
        if sum(part is not None for part in (self.elasticsearch, self.file, self.stdout, self.forward)) != 1:
            raise ValueError("expected exactly one of elasticsearch, file, stdout, forward")


@dataclass(frozen=True, slots=True)
class Batching:
    """How much travels together, and how failures are retried."""

    max_bytes: Size = Size(2 * 1024 * 1024)
    max_in_flight: int = 4
    retry_min: Duration = Duration(0.1)
    retry_max: Duration = Duration(2)

    def __post_init__(self) -> None:
        if self.max_in_flight < 1:
            raise FieldError("max_in_flight", f"found {self.max_in_flight}, expected at least 1")
        if not 0 < self.retry_min <= self.retry_max:
            raise FieldError("retry_min", f"found {self.retry_min}, expected more than 0s and at most retry_max")


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration file."""

    output: Output
    inputs: Inputs = Inputs()
    host: Text = EMPTY
    """Name of this node in the documents; the machine's name when empty."""
    batching: Batching = Batching()
    poll_interval: Duration = Duration(0.25)


def load(path: str) -> Config:
    """Read a file. Raises `ConfigError`."""
    return load_document(Config, path)
