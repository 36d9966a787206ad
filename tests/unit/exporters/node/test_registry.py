import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import exporters.node.collectors  # noqa: F401 - fills the registry
from exporters.node.host import Host
from exporters.node.options import flag_name, option
from exporters.node.registry import NoOptions, build_collector, collectors, options_class
from exporters.page import samples
from pharos.exposition import Metric, gauge
from pharos.registry import Registry


@dataclass(frozen=True, slots=True)
class Options:
    factor: int = option(2, "A factor.")


def test_functions_with_and_without_options_and_classes() -> None:
    registry: Registry[object] = Registry("test")

    @registry.register("plain")
    def plain(_: Host) -> Iterator[Metric]:
        yield gauge("plain", "One.", 1)

    @registry.register("scaled", options=Options)
    def scaled(_: Host, options: Options) -> Iterator[Metric]:
        yield gauge("scaled", "Two.", options.factor)

    @registry.register("counting")
    class Counting:
        def __init__(self, _: Host) -> None:
            self.calls = 0

        def __call__(self) -> Iterator[Metric]:
            self.calls += 1
            yield gauge("counting", "Three.", self.calls)

    host = Host()
    assert samples(build_collector(registry["plain"], host, NoOptions())()) == {"plain": 1}  # type: ignore[arg-type]
    assert samples(build_collector(registry["scaled"], host, Options(5))()) == {"scaled": 5}  # type: ignore[arg-type]
    counting = build_collector(registry["counting"], host, NoOptions())  # type: ignore[arg-type]
    assert [samples(counting()), samples(counting())] == [{"counting": 1}, {"counting": 2}]


@pytest.mark.parametrize("name", [plugin.name for plugin in collectors])
def test_every_collector_says_what_it_is_for(name: str) -> None:
    plugin = collectors[name]
    assert plugin.summary.endswith(".")
    assert options_class(plugin)() == options_class(plugin)()


REFERENCE = (Path(__file__).parents[4] / "docs" / "reference" / "node-exporter.md").read_text()


@pytest.mark.parametrize("name", [plugin.name for plugin in collectors])
def test_every_collector_and_option_is_documented(name: str) -> None:
    plugin = collectors[name]
    assert f"| `{name}` | {'on' if plugin.default else 'off'} |" in REFERENCE
    for field in dataclasses.fields(options_class(plugin)):
        assert f"| `--{flag_name(plugin, field)}` |" in REFERENCE
