"""Whatever happens to a file between two looks, every line arrives, and none under two ids."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.logs import Shipper

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 5)),
        st.tuples(st.just("half"), st.just(0)),
        st.tuples(st.just("rename"), st.just(0)),
        st.tuples(st.just("copytruncate"), st.just(0)),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("deliver"), st.just(0)),
        st.tuples(st.just("crash"), st.just(0)),
    ),
    max_size=25,
)


class World:
    """A log file as its writer sees it, and a shipper beside it."""

    def __init__(self, root: Path) -> None:
        self.root, self.log = root, root / "logs" / "a.log"
        self.log.parent.mkdir()
        self.written: list[str] = []
        self.open_half = ""
        self.rotations = 0
        self.sent: dict[str, str] = {}
        self.shipper = Shipper(self.log.parent, root)

    def do(self, step: str, count: int) -> None:
        if step == "write":
            with self.log.open("a") as file:
                for _ in range(count):
                    line = self.open_half or f"line {len(self.written)}"
                    file.write((line[len(line) // 2 :] if self.open_half else line) + "\n")
                    self.open_half = ""
                    self.written.append(line)
        elif step == "half" and not self.open_half:
            self.open_half = f"line {len(self.written)}"
            with self.log.open("a") as file:
                file.write(self.open_half[: len(self.open_half) // 2])
        elif step in ("rename", "copytruncate") and self.log.exists() and not self.open_half:
            self.rotate(step)
        elif step == "look":
            self.shipper.turn()
        elif step == "deliver":
            self.collect()
        elif step == "crash":
            self.shipper.crash()
            self.shipper = Shipper(self.log.parent, self.root)

    def rotate(self, how: str) -> None:
        self.rotations += 1
        target = self.log.with_name(f"a.log.{self.rotations:04d}")
        if how == "rename":
            self.log.rename(target)
        else:
            self.shipper.turn()  # copytruncate can only be told from a new file by those who saw the old one
            target.write_bytes(self.log.read_bytes())
            self.log.write_bytes(b"")

    def collect(self) -> None:
        for doc_id, text in self.shipper.deliver().items():
            assert self.sent.setdefault(doc_id, text) == text
            self.sent[doc_id] = text


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_every_line_once(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        for step, count in steps:
            world.do(step, count)
        world.do("write", 1)  # completes a half line; a rotated file is found beside its live one
        for _ in range(4):
            world.shipper.turn(10.0)
            world.collect()
        assert sorted(world.sent.values()) == sorted(world.written)
