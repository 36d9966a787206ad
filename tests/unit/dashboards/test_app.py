"""The service as an object."""

import argparse
from pathlib import Path

import httpx

from dashboards.app import add_flags, build
from pharos.flags import Flags


def options(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    flags = Flags(parser)
    flags.web(":3000")
    add_flags(flags)
    return parser.parse_args(["--web.listen-address=127.0.0.1:0", *arguments])


async def test_it_starts_serves_and_stops(tmp_path: Path) -> None:
    service = build(options(f"--dashboards.path={tmp_path}"))
    async with service, httpx.AsyncClient() as client:
        url = service.web.url  # type: ignore[attr-defined]
        assert (await client.get(f"{url}/-/healthy")).status_code == 200
        assert "pharos_dashboards_build_info" in (await client.get(f"{url}/metrics")).text
        assert (await client.get(f"{url}/explore")).status_code == 200
