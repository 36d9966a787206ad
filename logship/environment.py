"""`${NAME}` and `${NAME:-default}` in paths and addresses: one configuration file for every node. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\$")


def expand(text: str, environment: Mapping[str, str]) -> str:
    """The text with references replaced; `$$` is a dollar. Raises `ValueError` for a variable that is not set and has no default."""

    def value(match: re.Match[str]) -> str:
        name, default = match[1], match[2]
        if name is None:
            return "$"
        found = environment.get(name) or default
        if found is None:
            raise ValueError(f"the environment variable {name} is not set (give a default with ${{{name}:-value}})")
        return found

    return _REFERENCE.sub(value, text)
