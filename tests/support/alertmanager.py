"""Starting the real Alertmanager. Debian's binary reads its default templates from /usr/share, even when it is only unpacked."""

import os
import subprocess
from pathlib import Path

from tests.support.peers import find_peer

_TEMPLATES = Path("/usr/share/prometheus/alertmanager")


def command(folder: Path) -> list[str] | None:
    """How to start it, None when that is not possible here. Templates that are not installed are put in place for it alone."""
    binary = find_peer("prometheus-alertmanager")
    if binary is None or (_TEMPLATES / "default.tmpl").exists():
        return [binary] if binary else None
    share = folder / "share"
    templates = share / _TEMPLATES.relative_to("/usr/share")
    templates.mkdir(parents=True, exist_ok=True)
    for name in ("default.tmpl", "email.tmpl"):
        (templates / name).write_text('{{ define "nothing" }}{{ end }}')
    mount = f"mount -t overlay overlay -o lowerdir={share}:/usr/share /usr/share"
    if os.geteuid() != 0:
        return None
    if subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, check=False).returncode != 0:
        return None
    return ["unshare", "-m", "sh", "-c", f'{mount} && exec "$@"', "sh", binary]
