import os

import pytest

from exporters.page import samples
from exporters.process import build_info, process_metrics, settle


def test_this_process() -> None:
    page = samples(process_metrics())
    assert page["process_open_fds"] >= 3
    assert page["process_resident_memory_bytes"] > 1 << 20
    assert page["process_start_time_seconds"] == pytest.approx(os.stat("/proc/self").st_ctime, abs=3600)


def test_build_info_names_the_version() -> None:
    (key,) = samples(build_info("node_exporter"))
    assert key.startswith('node_exporter_build_info{version="')


def test_giving_back_memory_leaves_the_process_alive() -> None:
    settle()
    assert samples(process_metrics())["process_resident_memory_bytes"] > 1 << 20
