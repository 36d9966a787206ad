from pathlib import Path

import pytest

from exporters.node.registry import NoData
from tests.support.node_exporter import collect


def test_software_counters_where_the_kernel_grants_them() -> None:
    arguments = ["--collector.perf.disable-hardware-profilers", "--collector.perf.disable-cache-profilers"]
    try:
        page = collect(
            "perf", [*arguments, "--collector.perf.cpus=0", "--collector.perf.software-profilers=ContextSwitch"]
        )
    except NoData:
        pytest.skip("this kernel grants no counters")
    assert list(page) == ['node_perf_context_switches_total{cpu="0"}']


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--collector.perf.hardware-profilers=Cycles", "unknown profiler 'Cycles', known: CpuCycles"),
        ("--collector.perf.tracepoint=sched", "expected subsystem:event"),
        ("--collector.perf.cpus=a", "expected a list such as 0-3,8"),
    ],
)
def test_bad_options(argument: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collect("perf", [argument])


def test_an_unknown_tracepoint(tmp_path: Path) -> None:
    (tmp_path / "devices/system/cpu").mkdir(parents=True)
    (tmp_path / "devices/system/cpu/online").write_text("0\n")
    with pytest.raises(FileNotFoundError):
        collect("perf", [f"--path.sysfs={tmp_path}", "--collector.perf.tracepoint=sched:nothing"])
