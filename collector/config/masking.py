"""The text of a configuration as it may be shown: `<secret>` where a secret stands."""

from collections.abc import Iterator
from typing import Final

import yaml

MASK: Final = "<secret>"
_SECRETS: Final = frozenset(
    {
        "password",
        "credentials",
        "client_secret",
        "bearer_token",
        "secrets",
        "proxy_connect_header",
        "key",
        "secret_key",
        "token",
    }
)


def masked(text: str, root: yaml.Node | None) -> str:
    """`text`, of which `root` is the document. Inline TLS keys are secrets, too."""
    spans = sorted({(node.start_mark.index, node.end_mark.index) for node in _secrets(root)}, reverse=True)
    for start, end in spans:
        tail = "\n" if text[start] in "|>" else ""  # a block takes the end of its last line along
        text = text[:start] + MASK + tail + text[end:]
    return text


def _secrets(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _secrets(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _scalars(value) if key.value in _SECRETS else _secrets(value)


def _scalars(node: yaml.Node) -> Iterator[yaml.Node]:
    """All texts below a secret key that say something."""
    if isinstance(node, yaml.ScalarNode):
        if node.value:
            yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value)
