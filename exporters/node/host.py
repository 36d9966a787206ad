"""Where a machine shows itself: the roots of /proc, /sys, / and udev's database, movable for containers and for tests."""

from dataclasses import dataclass, field

from pharos.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class Roots:
    """Mount points, without a slash at the end."""

    procfs: str = "/proc"
    sysfs: str = "/sys"
    rootfs: str = "/"
    udev_data: str = "/run/udev/data"


@dataclass(frozen=True, slots=True)
class Host:
    """The machine that collectors look at."""

    roots: Roots = Roots()
    clock: Clock = field(default_factory=SystemClock)
    deadline_s: float = 0.9

    def proc(self, path: str) -> str:
        """`/proc/<path>`."""
        return f"{self.roots.procfs}/{path}"

    def sys(self, path: str) -> str:
        """`/sys/<path>`."""
        return f"{self.roots.sysfs}/{path}"

    def root(self, path: str) -> str:
        """A path of the host's own file tree as seen from here."""
        base = self.roots.rootfs.rstrip("/")
        return f"{base}/{path.lstrip('/')}" if base else f"/{path.lstrip('/')}"

    def udev(self, path: str) -> str:
        """A file of udev's database."""
        return f"{self.roots.udev_data}/{path}"
