from pathlib import Path

from pharos.up.plan import UpOptions, placeholders, plan, reachable


def test_every_part_has_a_port_and_a_log(tmp_path: Path) -> None:
    parts = plan(UpOptions(tmp_path, port_offset=1000), tmp_path / "config")
    assert {part.name: part.port for part in parts} == {
        "collector": 10090, "node-exporter": 10100, "container-exporter": 9080, "blackbox": 10115,
        "alerting": 10093, "logstore": 10200, "logship": 3020, "dashboards": 4000,
    }  # fmt: skip
    assert parts[0].log_file == tmp_path / "logs" / "collector.log"
    assert "--web.listen-address=127.0.0.1:10090" in parts[0].argv


def test_parts_can_be_left_out(tmp_path: Path) -> None:
    names = [part.name for part in plan(UpOptions(tmp_path, without=frozenset({"logship", "logstore"})), tmp_path)]
    assert names == ["collector", "node-exporter", "container-exporter", "blackbox", "alerting", "dashboards"]


def test_parts_reach_each_other_on_loopback_when_listening_everywhere(tmp_path: Path) -> None:
    options = UpOptions(tmp_path, listen="0.0.0.0")
    assert placeholders(options)["PHAROS_COLLECTOR"] == "127.0.0.1:9090"
    assert plan(options, tmp_path)[0].url == "http://127.0.0.1:9090"
    assert reachable("::1") == "[::1]"
