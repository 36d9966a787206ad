"""All dashboards: those that come with Pharos and those in the user's folder. Files are read again when they have changed."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import orjson

from dashboards.grafana.normalise import normalise
from dashboards.model.dashboard import Dashboard, read_dashboard

logger = logging.getLogger(__name__)

BUILTIN: Final = Path(__file__).parent.parent / "builtin"


class DashboardStore:
    """Dashboards by uid; the user's win over built-in ones of the same uid.

    `problems` names files that could not be read, `reports` what looks different, `files` where each one lies.
    """

    def __init__(self, folder: Path | None = None, builtin: Path = BUILTIN) -> None:
        self._folders = [(builtin, "builtin")] + ([(folder, "user")] if folder else [])
        self._stamps: dict[Path, tuple[int, int]] = {}
        self._by_uid: dict[str, Dashboard] = {}
        self.problems: dict[str, str] = {}
        self.reports: dict[str, tuple[str, ...]] = {}
        self.files: dict[str, Path] = {}

    def get(self, uid: str) -> Dashboard | None:
        self.refresh()
        return self._by_uid.get(uid)

    def all(self) -> list[Dashboard]:
        """Sorted by title."""
        self.refresh()
        return sorted(self._by_uid.values(), key=lambda dashboard: (dashboard.origin, dashboard.title.lower()))

    def search(self, text: str = "", tags: Iterable[str] = ()) -> list[Dashboard]:
        """Those whose title, description or tag contains every word, and that have all tags."""
        words = text.lower().split()
        wanted = set(tags)
        return [
            dashboard
            for dashboard in self.all()
            if wanted <= set(dashboard.tags) and all(word in _haystack(dashboard) for word in words)
        ]

    def refresh(self) -> None:
        """Take up changed, new and vanished files."""
        files = [(path, origin) for folder, origin in self._folders for path in sorted(folder.rglob("*.json"))]
        stamps = {}
        for path, _ in files:
            try:
                facts = path.stat()
            except FileNotFoundError:  # gone since the listing
                continue
            stamps[path] = (facts.st_mtime_ns, facts.st_size)
        if stamps == self._stamps:
            return
        self._stamps = stamps
        self._by_uid, self.problems, self.reports, self.files = {}, {}, {}, {}
        for path, origin in files:
            self._load(path, origin)

    def _load(self, path: Path, origin: str) -> None:
        try:
            normal = normalise(orjson.loads(path.read_bytes()))
            dashboard = read_dashboard(normal.dashboard, origin)
        except (OSError, ValueError) as error:
            self._note(path, str(error))
            return
        except Exception as error:  # a file of a shape nobody thought of must not hide the others
            logger.exception("Dashboard is not understood", extra={"file": str(path)})
            self._note(path, f"not understood: {type(error).__name__}: {error}")
            return
        self._by_uid[dashboard.uid] = dashboard
        self.reports[dashboard.uid] = normal.notes
        self.files[dashboard.uid] = path

    def _note(self, path: Path, reason: str) -> None:
        self.problems[str(path)] = reason
        logger.warning("Dashboard cannot be read", extra={"file": str(path), "reason": reason})


def _haystack(dashboard: Dashboard) -> str:
    return " ".join((dashboard.title, dashboard.description, *dashboard.tags)).lower()
