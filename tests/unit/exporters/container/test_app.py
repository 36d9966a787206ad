import argparse
from pathlib import Path

import httpx
import pytest

from exporters.container import app
from pharos.config import ConfigError
from pharos.flags import Flags
from tests.support import cgroups


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    flags = Flags(parser)
    flags.web(":0")
    app.add_flags(flags)
    return parser.parse_args(["--web.listen-address=127.0.0.1:0", *arguments])


async def test_the_page(tmp_path: Path) -> None:
    root = cgroups.v2(tmp_path / "cg", cgroups.SYSTEMD)
    links = tmp_path / "logs"
    links.mkdir()
    (links / f"web-0_shop_web-{cgroups.ID}.log").symlink_to("/var/log/pods/shop_web-0_uid/web/0.log")
    service = app.build(options(f"--path.cgroup={root}", f"--runtimes=links={links}", "--disable_metrics=network"))
    assert isinstance(service, app.ContainerExporter)
    async with service, httpx.AsyncClient(base_url=service.web.url) as client:
        page = (await client.get("/metrics")).text
        await service.reload()
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/-/healthy")).status_code == 200
    assert 'container="web"' in page
    assert 'pod="web-0"' in page
    assert f'container_runtime_up{{runtime="links",address="{links}"}} 1\n' in page
    assert "machine_cpu_cores{" in page
    assert "container_network_" not in page


@pytest.mark.parametrize("argument", ["--disable_metrics=cpuu", "--enable_metrics=proces", "--runtimes=dockr"])
def test_mistakes_on_the_command_line(argument: str) -> None:
    with pytest.raises(ConfigError, match="did you mean"):
        app.build(options(argument))
