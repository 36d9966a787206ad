import argparse
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from exporters.node import app
from exporters.node.config import settings
from pharos.config import ConfigError
from pharos.flags import Flags


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    flags = Flags(parser)
    flags.web(":0")
    app.add_flags(flags)
    return parser.parse_args(["--web.listen-address=127.0.0.1:0", *arguments])


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[app.NodeExporter]:
    file = tmp_path / "node.yml"
    file.write_text("disable_defaults: true\ncollectors: {loadavg: {enabled: true}, uname: {enabled: true}}\n")
    given = options(f"--config.file={file}", "--web.telemetry-path=/other")
    async with app.NodeExporter(given, settings(given, str(file))) as running:
        yield running


async def get(service: app.NodeExporter, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=service.web.url) as client:
        return await client.get(path)


async def test_the_page_and_its_filters(service: app.NodeExporter) -> None:
    assert "node_load1 " in (await get(service, "/metrics")).text
    assert "node_uname_info" not in (await get(service, "/metrics?collect[]=loadavg")).text
    assert "node_load1 " not in (await get(service, "/metrics?exclude[]=loadavg")).text
    answer = await get(service, "/metrics?collect[]=cpu")
    assert (answer.status_code, answer.text) == (400, "disabled collector: cpu\n")


async def test_other_paths(service: app.NodeExporter) -> None:
    assert "node_load1 " in (await get(service, "/other")).text
    assert "loadavg, uname" in (await get(service, "/")).text
    assert (await get(service, "/-/healthy")).status_code == 200


async def test_reload_takes_the_file_anew_and_keeps_the_old_one_when_it_is_bad(
    service: app.NodeExporter, tmp_path: Path
) -> None:
    file = tmp_path / "node.yml"
    file.write_text("disable_defaults: true\ncollectors: {stat: {enabled: true}}\n")
    await service.reload()
    assert "node_load1 " not in (await get(service, "/metrics")).text
    file.write_text("disable_default: true\n")
    with pytest.raises(ConfigError):
        await service.reload()
    assert "node_forks_total " in (await get(service, "/metrics")).text


def test_checking_a_file_ends_there(tmp_path: Path) -> None:
    assert app.build(options("--config.check")) is None


def test_collectors_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from exporters.node.registry import collectors

    monkeypatch.setattr(collectors, "_plugins", dict(collectors._plugins))
    (tmp_path / "mine.py").write_text(
        "from exporters.node.registry import collectors\n"
        "from pharos.exposition import gauge\n"
        "@collectors.register('mine')\n"
        "def mine(host):\n"
        "    'My own.'\n"
        "    yield gauge('my_metric', 'Mine.', 42)\n"
    )
    monkeypatch.setattr("sys.argv", ["pharos", "node-exporter", f"--collector.plugin-dir={tmp_path}"])
    assert "mine" in settings(options(), "").options


def test_a_broken_plugin_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.py").write_text("1/0\n")
    monkeypatch.setattr("sys.argv", ["pharos", "node-exporter", f"--collector.plugin-dir={tmp_path}"])
    with pytest.raises(ConfigError, match=r"broken\.py: ZeroDivisionError"):
        options()
    monkeypatch.setattr("sys.argv", ["pharos", "node-exporter", f"--collector.plugin-dir={tmp_path / 'none'}"])
    with pytest.raises(ConfigError, match="no Python file there"):
        options()
