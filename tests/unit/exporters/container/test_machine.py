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


def test_memory_modules_and_persistent_memory(tmp_path: Path) -> None:
    for place, kind, size in (
        ("mc0/dimm0", "Registered-DDR4", 16384),
        ("mc0/dimm3", "Registered-DDR4", 8192),
        ("mc1/dimm0", "Non-volatile-RAM", 1),
    ):
        folder = tmp_path / "devices/system/edac/mc" / place
        folder.mkdir(parents=True)
        (folder / "dimm_mem_type").write_text(f"{kind}\n")
        (folder / "size").write_text(f"{size}\n")
    for name, kind in (("region0", "nd_pmem"), ("region1", "nd_pmem"), ("region2", "nd_blk")):
        folder = tmp_path / "bus/nd/devices" / name
        folder.mkdir(parents=True)
        (folder / "devtype").write_text(f"{kind}\n")
        (folder / "size").write_text("1024\n")
    page = samples(machine_metrics(str(tmp_path / "proc"), str(tmp_path)))
    shown = {f"{key.partition('{')[0]} {key.rpartition(',')[2]}": value for key, value in page.items()}
    assert shown['machine_dimm_count type="Registered-DDR4"}'] == 2
    assert shown['machine_dimm_capacity_bytes type="Registered-DDR4"}'] == 24576 << 20
    assert shown['machine_dimm_capacity_bytes type="Non-volatile-RAM"}'] == 1 << 20
    assert shown['machine_nvm_capacity mode="app_direct_mode"}'] == 2048
