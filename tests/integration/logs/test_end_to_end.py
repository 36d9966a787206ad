"""Shipper and store as real processes: the official client, kill -9, rotation, a typo."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch, NotFoundError, helpers

from tests.support.processes import PATIENCE_S, PHAROS, free_port, running, wait_for, wait_ready

pytestmark = pytest.mark.integration

LINES = 60_000


def store_command(folder: Path, port: int) -> list[str]:
    return [*PHAROS, "logstore", f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={folder}"]


def ship_command(config: Path, storage: Path, port: int) -> list[str]:
    return [
        *PHAROS,
        "logship",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--config.file={config}",
        f"--storage.path={storage}",
    ]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Elasticsearch]:
    port = free_port()
    with running(store_command(tmp_path / "store", port), tmp_path / "store.log"):
        wait_ready(f"http://127.0.0.1:{port}")
        with Elasticsearch(f"http://127.0.0.1:{port}", request_timeout=PATIENCE_S) as client:
            yield client


def ship_config(tmp_path: Path, url: str, inputs: str) -> Path:
    path = tmp_path / "logship.yml"
    path.write_text(f"inputs:\n{inputs}\noutput: {{elasticsearch: {{urls: ['{url}'], compression: gzip}}}}\n")
    return path


def count(client: Elasticsearch) -> int:
    return int(client.count(index="logs-*")["count"])


def test_the_official_client(client: Elasticsearch) -> None:
    assert client.ping()
    assert client.info()["tagline"] == "You Know, for Search"
    actions = [
        {
            "_op_type": "create",
            "_index": "logs-app-default",
            "_id": f"{n}",
            "@timestamp": f"2026-11-20T11:00:{n:02d}Z",
            "message": f"hello {n}",
        }
        for n in range(50)
    ]
    assert helpers.bulk(client, actions, chunk_size=20) == (50, [])
    assert helpers.bulk(client, actions[:1], raise_on_error=False, stats_only=True) == (0, 1)
    client.indices.refresh(index="logs-app-default")
    found = client.search(index="logs-*", query={"match": {"message": "hello"}}, sort=[{"@timestamp": "desc"}], size=2)
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["49", "48"]
    assert client.indices.exists(index="logs-app-default")
    assert not client.indices.exists(index="nothing")
    with pytest.raises(NotFoundError):
        client.search(index="nothing")
    searches = [
        {"index": "logs-*"},
        {"query": {"match_all": {}}, "size": 0},
        {"index": "nothing"},
        {"query": {"match_all": {}}},
    ]
    answers = client.msearch(searches=searches)["responses"]
    assert [answer["status"] for answer in answers] == [200, 404]
    client.indices.create(index="things", mappings={"properties": {"n": {"type": "long"}}})
    client.index(index="things", id="1", document={"n": 1}, refresh=True)
    assert client.update(index="things", id="1", doc={"n": 2})["result"] == "updated"
    assert client.get(index="things", id="1")["_source"] == {"n": 2}
    assert client.mget(index="things", ids=["1", "2"])["docs"][1]["found"] is False
    assert client.delete(index="things", id="1", refresh=True)["result"] == "deleted"
    assert "things" in client.cat.indices(h="index")
    client.indices.put_index_template(
        name="mine", index_patterns=["mine-*"], template={"mappings": {"properties": {"a": {"type": "ip"}}}}
    )
    client.index(index="mine-1", document={"a": "10.0.0.1"})
    assert client.indices.get_mapping(index="mine-1")["mine-1"]["mappings"]["properties"]["a"] == {"type": "ip"}
    assert client.cluster.health()["status"] == "green"
    assert client.indices.delete(index="mine-1")["acknowledged"]


def test_a_line_is_found_and_a_rotation_followed(client: Elasticsearch, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    part = logs / "collector.log"
    part.write_text('ts=2026-11-20T11:00:00.000Z level=warn logger=x msg="first one" target=a\n')
    url = str(next(iter(client.transport.node_pool.all())).base_url)
    config = ship_config(tmp_path, url, f"  files: [{{paths: ['{logs}/*.log'], parser: logfmt}}]")
    port = free_port()
    with running(ship_command(config, tmp_path / "ship", port), tmp_path / "ship.log"):
        wait_for("the first line", lambda: count(client) == 1)
        began = time.monotonic()
        with part.open("a") as file:
            file.write('ts=2026-11-20T11:00:01.000Z level=error logger=x msg="needle in it"\n')
        query = {"query_string": {"query": "needle AND level:error"}}
        wait_for("the needle", lambda: client.count(index="logs-*", query=query)["count"] == 1, poll_s=0.05)
        assert time.monotonic() - began < 4.0, "2 s on a quiet machine; the limit allows for a busy one"
        part.rename(logs / "collector.log.1")
        part.write_text('ts=2026-11-20T11:00:02.000Z level=info msg="after the rotation"\n')
        wait_for("the line after the rotation", lambda: count(client) == 3)
    (hit,) = client.search(index="logs-*", query={"match_phrase": {"message": "first one"}})["hits"]["hits"]
    source = hit["_source"]
    assert (source["level"], source["service"], source["fields"]) == (
        "warn",
        "collector",
        {"logger": "x", "target": "a"},
    )
    assert source["log"]["file"]["path"] == str(part)


def test_nothing_is_lost_or_doubled_when_both_are_killed(tmp_path: Path) -> None:
    folder = tmp_path / "pods" / "shop_cart-1_uid" / "main"
    folder.mkdir(parents=True)
    with (folder / "0.log").open("w") as file:
        for n in range(LINES):
            file.write(
                f"2026-11-20T11:{n // 1000:02d}:{n // 20 % 50:02d}.{n % 1000:03d}Z stdout F INFO line number {n}\n"
            )
    port, ship_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    config = ship_config(tmp_path, url, f"  containers: [{{paths: ['{tmp_path}/pods/*/*/*.log'], multiline: none}}]")
    with config.open("a") as file:
        file.write("batching: {max_bytes: 256KB, max_in_flight: 2}\n")
    with Elasticsearch(url, request_timeout=PATIENCE_S) as client:
        so_far = 0
        for _ in range(3):
            with (
                running(store_command(tmp_path / "store", port), tmp_path / "store.log") as store,
                running(ship_command(config, tmp_path / "ship", ship_port), tmp_path / "ship.log") as ship,
            ):
                wait_ready(url)
                before = so_far
                wait_for("more lines", lambda before=before: min(before + 1, LINES) <= count(client))
                so_far = count(client)
                for process in (ship, store):
                    process.send_signal(signal.SIGKILL)
                    process.wait()
        with (
            running(store_command(tmp_path / "store", port), tmp_path / "store.log"),
            running(ship_command(config, tmp_path / "ship", ship_port), tmp_path / "ship.log"),
        ):
            wait_ready(url)
            wait_for("all lines", lambda: count(client) >= LINES)
            client.indices.refresh(index="logs-*")
            assert count(client) == LINES
            found = client.search(index="logs-*", size=1, query={"match_phrase": {"message": "line number 59999"}})
            assert found["hits"]["hits"][0]["_source"]["kubernetes"]["pod"] == "cart-1"


def test_a_typo_is_one_clear_line(tmp_path: Path) -> None:
    config = tmp_path / "logship.yml"
    config.write_text("output:\n  elasticsaerch: {}\n")
    done = subprocess.run(
        [*PHAROS, "logship", f"--config.file={config}"], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"pharos logship: {config}:2:3: output.elasticsaerch: unknown key 'elasticsaerch', did you mean 'elasticsearch'?"
    )


def test_a_bad_reload_keeps_the_old_configuration(tmp_path: Path) -> None:
    import httpx

    out, log = tmp_path / "out.ndjson", tmp_path / "a.log"
    log.write_text("one\n")
    config = tmp_path / "logship.yml"
    good = f"inputs: {{files: [{{paths: ['{log}']}}]}}\noutput: {{file: {{path: '{out}'}}}}\n"
    config.write_text(good)
    port = free_port()
    with running(ship_command(config, tmp_path / "ship", port), tmp_path / "ship.log"):
        wait_for("the first line", lambda: out.exists() and out.read_text().count("\n") == 1)
        config.write_text("inputs: nonsense\n")
        assert httpx.post(f"http://127.0.0.1:{port}/-/reload").status_code == 500
        with log.open("a") as file:
            file.write("two\n")
        wait_for("the second line", lambda: out.read_text().count("\n") == 2)
        config.write_text(good)
        assert httpx.post(f"http://127.0.0.1:{port}/-/reload").status_code == 200
        with log.open("a") as file:
            file.write("three\n")
        wait_for("the third line", lambda: out.read_text().count("\n") == 3)
    assert os.path.exists(tmp_path / "ship" / "checkpoints.json")
