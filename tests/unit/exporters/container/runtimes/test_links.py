from pathlib import Path

from exporters.container.runtimes.links import LogLinks

ID = "ab" * 32


async def test_names_from_log_links(tmp_path: Path) -> None:
    (tmp_path / f"web-0_shop_side-car-{ID}.log").symlink_to("/var/log/pods/shop_web-0_uid-1/side-car/2.log")
    (tmp_path / "other.log").touch()
    runtime = LogLinks(str(tmp_path))
    (facts,) = await runtime.containers()
    assert facts.metric_labels() == {"container": "side-car", "name": ID, "namespace": "shop", "pod": "web-0"}
    assert (facts.id, facts.pod_uid, facts.restarts) == (ID, "uid-1", 2)
    await runtime.close()
