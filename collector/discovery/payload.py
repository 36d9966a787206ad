"""Target groups as YAML or JSON text: the format of file and HTTP discovery."""

from dataclasses import dataclass, field

import yaml

from collector.discovery.group import TargetGroup
from pharos.config import ConfigError, FieldError
from pharos.config.bind import Binder
from pharos.config.document import parse_document
from pharos.config.errors import Location
from pharos.labels import is_valid_utf8_name


@dataclass(frozen=True, slots=True)
class GroupText:
    """One group as written."""

    targets: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.labels:
            if not is_valid_utf8_name(name):
                raise FieldError("labels", f'"{name}" is not a valid label name')


def parse_groups(text: str, file: str) -> list[TargetGroup]:
    """The groups in a text (JSON is YAML). Raises `ConfigError`."""
    root = parse_document(text, file)
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise ConfigError("expected a list of target groups", Location(file, 1, 1))
    groups: list[GroupText] = Binder(file).bind(root, list[GroupText])
    return [TargetGroup(tuple({"__address__": target} for target in group.targets), group.labels) for group in groups]
