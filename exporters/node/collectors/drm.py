"""Graphics cards of the amdgpu driver."""

import re
from collections.abc import Iterator
from typing import Final

from exporters.files import entries, try_attribute, try_integer
from exporters.node.host import Host
from exporters.node.registry import collectors
from exporters.table import Table
from pharos.exposition import Metric

_FILES: Final = {
    "gpu_busy_percent": ("gpu_busy_percent", "How busy the GPU is as a percentage."),
    "mem_info_gtt_total": ("memory_gtt_size_bytes", "The size of the graphics translation table (GTT) block in bytes."),
    "mem_info_gtt_used": (
        "memory_gtt_used_bytes", "The used amount of the graphics translation table (GTT) block in bytes.",
    ),
    "mem_info_vis_vram_total": ("memory_vis_vram_size_bytes", "The size of visible VRAM in bytes."),
    "mem_info_vis_vram_used": ("memory_vis_vram_used_bytes", "The used amount of visible VRAM in bytes."),
    "mem_info_vram_total": ("memory_vram_size_bytes", "The size of VRAM in bytes."),
    "mem_info_vram_used": ("memory_vram_used_bytes", "The used amount of VRAM in bytes."),
}  # fmt: skip


@collectors.register("drm", default=False)
def drm(host: Host) -> Iterator[Metric]:
    """GPU statistics of /sys/class/drm."""
    base = host.sys("class/drm")
    table = Table()
    for card in entries(base):
        folder = f"{base}/{card}/device"
        if not re.fullmatch(r"card\d+", card) or "DRIVER=amdgpu" not in (try_attribute(f"{folder}/uevent") or ""):
            continue
        labels = {
            "card": card,
            "memory_vendor": try_attribute(f"{folder}/mem_info_vram_vendor") or "",
            "power_performance_level": try_attribute(f"{folder}/power_dpm_force_performance_level") or "",
            "unique_id": try_attribute(f"{folder}/unique_id") or "",
            "vendor": "amd",
        }
        table.gauge("node_drm_card_info", "Card information", 1, labels)
        for file, (name, text) in _FILES.items():
            table.gauge(f"node_drm_{name}", text, try_integer(f"{folder}/{file}"), {"card": card})
    yield from table
