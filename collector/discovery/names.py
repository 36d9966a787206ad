"""Foreign names as parts of label names."""

import re

_OTHER = re.compile(r"[^a-zA-Z0-9_]")


def label_part(name: str) -> str:
    """Every character that a label name cannot hold becomes an underscore."""
    return _OTHER.sub("_", name)
