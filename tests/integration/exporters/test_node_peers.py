"""The real node_exporter and ours look at the same made-up machine and at this one; the pages must agree."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support import node_exporter
from tests.support.peers import ROOT, need_peer

pytestmark = [pytest.mark.integration, pytest.mark.peers]

OWN = re.compile(r"(go_|process_|promhttp_|node_scrape_collector_|node_exporter_build_info|node_textfile_mtime)")
# Where ours knows more or better than the Debian package's version. `rotational`: that version says 0 on any error.
NEWER = re.compile(
    r"node_(disk_info|btrfs_global_rsv_size_bytes)"  # the latter is 0 there, whatever the file says
)

# Texts that node_exporter 1.12 words anew.
REWORDED = re.compile(r"node_ksmd_")


@pytest.fixture(scope="module")
def peer() -> str:
    return need_peer("prometheus-node-exporter")


def test_every_family_of_this_machine_is_there(peer: str, tmp_path: Path) -> None:
    theirs = node_exporter.page_of([peer], tmp_path / "peer.log")
    ours = node_exporter.our_page([], tmp_path / "ours.log")
    expected = {key for key in node_exporter.series(theirs) if not OWN.match(key)}
    found = set(node_exporter.series(ours))
    lost = sorted(key for key in expected - found if not NEWER.match(key))
    families = {key.partition("{")[0] for key in expected}
    assert families - {key.partition("{")[0] for key in found} == set()
    assert len(lost) <= len(expected) // 100, "\n".join(lost)


def test_agrees_with_node_exporter_on_a_made_up_machine(peer: str, tmp_path: Path) -> None:
    tree = node_exporter.machine(tmp_path / "machine")
    shared = [name for name in node_exporter.COLLECTORS if node_exporter.knows(peer, name)]
    arguments = node_exporter.flags(tree, shared)
    theirs = node_exporter.page_of([peer, *arguments], tmp_path / "peer.log")
    ours = node_exporter.our_page(arguments, tmp_path / "ours.log")
    expected = {key: value for key, value in node_exporter.series(theirs).items() if not OWN.match(key)}
    found = node_exporter.series(ours)
    missing = sorted(key for key in expected if key not in found and not NEWER.match(key))
    wrong = sorted(
        f"{key}: {value} {found[key]}"
        for key, value in expected.items()
        if key in found and found[key] != pytest.approx(value, rel=1e-9) and not NEWER.match(key)
    )
    assert not missing, "\n".join(missing)
    assert not wrong, "\n".join(wrong)
    their_heads, our_heads = node_exporter.heads(theirs), node_exporter.heads(ours)
    differ = {
        name: (head, our_heads[name])
        for name, head in their_heads.items()
        if name in our_heads and not (OWN.match(name) or REWORDED.match(name)) and our_heads[name] != head
    }
    assert differ == {}


def test_devices_by_netlink_are_those_of_the_peer(peer: str, tmp_path: Path) -> None:
    arguments = ["--collector.disable-defaults", "--collector.netclass", "--collector.netclass.netlink"]
    theirs = node_exporter.series(node_exporter.page_of([peer, *arguments], tmp_path / "peer.log"))
    ours = node_exporter.series(node_exporter.our_page(arguments, tmp_path / "ours.log"))
    expected = {key: value for key, value in theirs.items() if key.startswith("node_network_")}
    assert expected
    # A speed that is not known is -1 megabit, which the peer reads without its sign.
    expected = {key: value for key, value in expected.items() if value < 1e14}
    assert {key: ours.get(key) for key in expected} == expected


def test_the_page_as_debian_12_has_it(tmp_path: Path) -> None:
    """Every series of Debian 12's node_exporter, under the same labels, and no other family."""
    peer = ROOT / ".peers/release/usr/bin/prometheus-node-exporter"
    if (
        not peer.exists()
        or "version 1.5.0" not in subprocess.run([peer, "--version"], capture_output=True, text=True, check=True).stdout
    ):
        pytest.skip(
            "node_exporter 1.5.0 of Debian 12 is not unpacked: remove .peers and run tests/support/packages.sh there"
        )
    theirs = node_exporter.page_of([str(peer)], tmp_path / "peer.log")
    ours = node_exporter.our_page(["--compatibility=debian-12"], tmp_path / "ours.log")
    expected = {key for key in node_exporter.series(theirs) if not OWN.match(key)}
    found = {key for key in node_exporter.series(ours) if not OWN.match(key)}
    assert len(expected - found) <= len(expected) // 100, sorted(expected - found)
    families = {key.partition("{")[0] for key in expected}
    assert {key.partition("{")[0] for key in found} == families
