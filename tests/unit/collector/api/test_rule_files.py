from pathlib import Path

from collector.rules.files import RuleFolder
from pharos.config import ConfigError
from tests.support.collector_api import api_client, api_context, storage_with

GOOD = "groups: [{name: g, rules: [{record: x, expr: up}]}]"


async def test_files_are_written_checked_and_read(tmp_path: Path) -> None:
    context = api_context(storage_with())
    context.rule_folder = RuleFolder(tmp_path)
    reloads: list[int] = []

    async def reload() -> None:
        reloads.append(1)
        if len(reloads) > 2:
            raise ConfigError("does not go together")

    context.reload = reload
    async with api_client(context) as client:
        assert (await client.put("/api/v1/rules/files/a.yml", content=GOOD)).status_code == 200
        assert (await client.get("/api/v1/rules/files/a.yml")).text == GOOD
        assert (await client.get("/api/v1/rules/files")).json()["data"]["files"][0]["name"] == "a.yml"
        bad = await client.put("/api/v1/rules/files/a.yml", content=GOOD.replace(": up}", ": 'sum('}"))
        assert "unclosed left parenthesis" in bad.json()["error"]
        assert (await client.get("/api/v1/rules/files/none.yml")).status_code == 404
        assert (await client.put("/api/v1/rules/files/a.txt", content=GOOD)).status_code == 400
        assert (await client.delete("/api/v1/rules/files/a.yml")).status_code == 200
        refused = await client.put("/api/v1/rules/files/b.yml", content=GOOD)
        assert "does not go together" in refused.json()["error"]
    assert RuleFolder(tmp_path).paths() == []


async def test_it_needs_its_flag() -> None:
    async with api_client(api_context(storage_with())) as client:
        assert (await client.get("/api/v1/rules/files")).json()["error"] == "the rules API is disabled"
