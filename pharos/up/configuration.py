"""The configuration of a run: the user's own files where there are any, Pharos's defaults for the rest.

`${PHAROS_...}` in any of them is filled in (ports, data folder); the results lie in `<data-dir>/config`, where a curious user finds them.
"""

import re
from pathlib import Path
from typing import Final

from pharos.config import ConfigError, Location

DEFAULTS: Final = Path(__file__).resolve().parents[2] / "deploy" / "default"
_PLACEHOLDER = re.compile(r"\$\{(PHAROS_[A-Z_]+)(?::-[^}]*)?\}")  # a part that runs alone takes what follows `:-`


def render_configuration(own: Path | None, target: Path, values: dict[str, str], defaults: Path = DEFAULTS) -> Path:
    """Write all configuration files of the run into `target`; returns it. Raises `ConfigError`."""
    if own is not None and not own.is_dir():
        raise ConfigError("--config-dir: no such folder", Location(str(own)))
    target.mkdir(parents=True, exist_ok=True)
    sources = {path.relative_to(defaults): path for path in sorted(defaults.rglob("*.yml"))}
    if own is not None:
        sources |= {path.relative_to(own): path for path in sorted(own.rglob("*.y*ml"))}
    texts = {name: fill(source.read_text(), values, str(source)) for name, source in sources.items()}
    for name, text in texts.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    return target


def fill(text: str, values: dict[str, str], file: str) -> str:
    """The text with every `${PHAROS_...}` replaced. Raises `ConfigError` for an unknown one."""

    def replace(match: re.Match[str]) -> str:
        if match[1] not in values:
            line = text.count("\n", 0, match.start()) + 1
            known = ", ".join(sorted(values))
            raise ConfigError(f"unknown placeholder {match[0]}, known: {known}", Location(file, line, 1))
        return values[match[1]]

    return _PLACEHOLDER.sub(replace, text)
