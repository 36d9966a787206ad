import json
from pathlib import Path

import pytest

from exporters.node.registry import NoData
from tests.support.node_exporter import collect

SCAN = {
    "devices": [{"name": "/dev/sda", "type": "sat"}, {"name": "/dev/nvme0", "type": "nvme"}, {"name": "/dev/loop0"}]
}
ATA = {
    "model_name": "Lantern SSD",
    "serial_number": "L1",
    "firmware_version": "2.0",
    "smart_status": {"passed": True},
    "temperature": {"current": 31},
    "power_on_time": {"hours": 10},
    "power_cycle_count": 7,
    "ata_smart_attributes": {
        "table": [{"id": 5, "name": "Reallocated_Sector_Ct", "value": 100, "thresh": 10, "raw": {"value": 2}}]
    },
}
NVME = {
    "model_name": "Lantern NVMe",
    "smart_status": {"passed": False},
    "nvme_smart_health_information_log": {"percentage_used": 12, "media_errors": 3, "available_spare": 90},
}


def smartctl(tmp_path: Path) -> str:
    program = tmp_path / "smartctl"
    answers = {"--scan-open": SCAN, "/dev/sda": ATA, "/dev/nvme0": NVME}
    program.write_text(
        f"#!/usr/bin/env python3\nimport json, sys\nprint(json.dumps({json.dumps(answers).replace('true', 'True').replace('false', 'False')}[sys.argv[-1]]))\nsys.exit(4)\n"
    )
    program.chmod(0o755)
    return f"--collector.smart.program={program}"


def test_disks(tmp_path: Path) -> None:
    page = collect("smart", [smartctl(tmp_path)])
    assert page['node_smart_device_info{device="sda",model="Lantern SSD",serial="L1",firmware="2.0"}'] == 1
    assert page['node_smart_healthy{device="sda"}'] == 1
    assert page['node_smart_healthy{device="nvme0"}'] == 0
    assert page['node_smart_temperature_celsius{device="sda"}'] == 31
    assert page['node_smart_power_on_seconds_total{device="sda"}'] == 36_000
    assert page['node_smart_attribute_raw{device="sda",attribute="reallocated_sector_ct",id="5"}'] == 2
    assert page['node_smart_nvme_used_ratio{device="nvme0"}'] == pytest.approx(0.12)
    assert page['node_smart_nvme_media_errors_total{device="nvme0"}'] == 3
    assert not [key for key in page if "loop0" in key]


def test_without_smartctl(tmp_path: Path) -> None:
    with pytest.raises(NoData, match="is not installed"):
        collect("smart", [f"--collector.smart.program={tmp_path}/none"])
