from pathlib import Path

from exporters.container.machine import machine_metrics
from exporters.page import samples
from tests.support.tree import FIXTURES, unpack


def test_the_machine(tmp_path: Path) -> None:
    tree = unpack(FIXTURES / "exporters" / "machine.tree", tmp_path)
    page = samples(machine_metrics(f"{tree}/proc", f"{tree}/sys"))
    plain = {key.partition("{")[0]: value for key, value in page.items()}
    assert plain["machine_cpu_cores"] == 2
    assert plain["machine_cpu_physical_cores"] == 2
    assert plain["machine_cpu_sockets"] == 1
    assert plain["machine_memory_bytes"] == 8_000_000 * 1024
    assert plain["machine_node_memory_capacity_bytes"] == 8_000_000 * 1024
    assert page["machine_scrape_error"] == 0


def test_a_machine_that_tells_nothing(tmp_path: Path) -> None:
    assert samples(machine_metrics(str(tmp_path), str(tmp_path)))["machine_scrape_error"] == 1
