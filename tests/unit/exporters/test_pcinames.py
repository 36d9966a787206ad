from pathlib import Path

from exporters.pcinames import PciNames

TEXT = "# x\nc0a9  Micron\n\t540a  P2 SSD\n\t\tc0a9 5021  P2 1TB\nC 01  Mass storage\n\t08  NVM controller\n"
IDS = {
    "vendor_id": "0xc0a9",
    "device_id": "0x540a",
    "subsystem_vendor_id": "0xc0a9",
    "subsystem_device_id": "0x5021",
    "class_id": "0x010802",
}


def test_names_of_a_device() -> None:
    assert PciNames(TEXT).labels(IDS) == {
        "vendor_name": "Micron",
        "device_name": "P2 SSD",
        "subsystem_vendor_name": "Micron",
        "subsystem_device_name": "P2 1TB",
        "class_name": "NVM controller",
    }


def test_a_number_without_a_name_stands_for_itself(tmp_path: Path) -> None:
    assert PciNames.load([str(tmp_path / "none")]).labels(IDS)["device_name"] == "0x540a"
