"""What the firmware says about the machine."""

from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute
from exporters.node.host import Host
from exporters.node.registry import NoData, collectors
from pharos.exposition import Metric, gauge

_FIELDS: Final = (
    "bios_date", "bios_release", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
    "board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor", "chassis_version",
    "product_family", "product_name", "product_serial", "product_sku", "product_uuid", "product_version",
    "system_vendor",
)  # fmt: skip
_HELP: Final = f"A metric with a constant '1' value labeled by {', '.join(_FIELDS)} if provided by DMI."
_FILES: Final = {"system_vendor": "sys_vendor"}


@collectors.register("dmi")
class Dmi:
    """Information of the Desktop Management Interface; read once, it changes only with a reboot."""

    def __init__(self, host: Host) -> None:
        folder = host.sys("class/dmi/id")
        present = set(entries(folder))
        found = {
            field: try_attribute(f"{folder}/{_FILES.get(field, field)}")
            for field in _FIELDS
            if _FILES.get(field, field) in present
        }
        self._labels = {field: value for field, value in found.items() if value is not None}

    def __call__(self) -> Iterator[Metric]:
        if not self._labels:
            raise NoData("the platform has no DMI")
        yield gauge("node_dmi_info", _HELP, 1, self._labels)
