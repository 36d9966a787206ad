from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from pharos.config import ConfigError, FieldError, loads
from pharos.durations import Duration
from pharos.regex import Regex
from pharos.secret import Secret
from pharos.sizes import Size


@dataclass(frozen=True, slots=True)
class Door:
    name: str
    colour: Literal["red", "green"] = "red"
    condition: str = field(default="", metadata={"key": "if"})

    def __post_init__(self) -> None:
        if self.name == "trap":
            raise FieldError("name", "no trap doors")


@dataclass(frozen=True, slots=True)
class House:
    doors: tuple[Door, ...] = ()
    rooms: dict[str, int] = field(default_factory=dict)
    every: Duration = Duration(60)
    limit: Size = Size(0)
    key: Secret = field(default_factory=lambda: Secret(""))
    match: Regex | None = None
    open: bool = False
    ratio: float = 1.0
    anything: Any = None
    first: Door | None = None


def test_reads_every_kind_of_value() -> None:
    house = loads(
        House,
        """
        doors: [{name: front, colour: green, if: "x"}]
        rooms: {bath: 1}
        every: 5m
        limit: 1KB
        key: s3cret
        match: a.*
        open: yes
        ratio: 2
        anything: {a: [1, 2.5, null, true]}
        """,
    )
    assert house.doors == (Door("front", "green", "x"),)
    assert (house.rooms, house.every, house.limit, house.open, house.ratio) == ({"bath": 1}, 300.0, 1024, True, 2.0)
    assert house.key.reveal() == "s3cret"
    assert house.match is not None
    assert house.match.matches("abc")
    assert house.anything == {"a": [1, 2.5, None, True]}


def test_nothing_gives_the_defaults() -> None:
    assert loads(House, "") == House()
    assert loads(House, "doors:\nrooms:\nfirst:") == House()


def test_merge_keys_and_anchors() -> None:
    house = loads(House, "first: &d {name: a, colour: green}\ndoors: [{<<: *d, name: b}]")
    assert house.doors == (Door("b", "green"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dors: []", "h.yml:1:1: dors: unknown key 'dors', did you mean 'doors'?"),
        ("doors:\n  - {nme: x}", "h.yml:2:6: doors[0].nme: unknown key 'nme', did you mean 'name'?"),
        ("doors:\n  - {colour: red}", "h.yml:2:5: doors[0]: the key 'name' is missing"),
        ("doors: [{name: a, colour: blue}]", 'h.yml:1:27: doors[0].colour: found "blue", expected one of red, green'),
        ("doors: [{name: trap}]", "h.yml:1:16: doors[0].name: no trap doors"),
        ("doors: {}", "h.yml:1:8: doors: found a mapping, expected a list"),
        ("rooms: {bath: many}", 'h.yml:1:15: rooms.bath: found "many", expected a whole number'),
        (
            "every: often",
            'h.yml:1:8: every: found "often": expected a duration such as 30s, 5m or 1h30m (units y w d h m s ms, largest first)',
        ),
        ("match: (", 'h.yml:1:8: match: found "(": error parsing regexp: missing closing ): `(`'),
        ("open: 3", 'h.yml:1:7: open: found "3", expected true or false'),
        ("- a", "h.yml:1:1: found a list, expected a mapping"),
        ("a: [", "h.yml:2:1: not valid YAML: did not find expected node content"),
        ("open: true\nopen: false", "h.yml:2:1: key 'open' stands twice"),
    ],
)
def test_an_error_says_where_what_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(House, text, "h.yml")
    assert str(caught.value) == message


def test_a_secret_never_shows_in_a_repr() -> None:
    assert "s3cret" not in repr(loads(House, "key: s3cret"))
