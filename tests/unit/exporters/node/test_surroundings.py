from pathlib import Path

import pytest

from exporters.node.host import Roots
from exporters.node.surroundings import in_container, mounts_warning

BOTH = frozenset({"filesystem", "cpu"})


def test_signs_of_a_container(tmp_path: Path) -> None:
    assert not in_container({}, str(tmp_path))
    assert in_container({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, str(tmp_path))
    (tmp_path / ".dockerenv").touch()
    assert in_container({}, str(tmp_path))


def test_a_container_that_looks_at_itself() -> None:
    assert "--path.rootfs" in mounts_warning(Roots(), BOTH, contained=True)


@pytest.mark.parametrize(
    ("roots", "collectors", "contained"),
    [(Roots(), BOTH, False), (Roots(rootfs="/host/root"), BOTH, True), (Roots(), frozenset({"cpu"}), True)],
)
def test_nothing_to_tell(roots: Roots, collectors: frozenset[str], contained: bool) -> None:
    assert mounts_warning(roots, collectors, contained) == ""
