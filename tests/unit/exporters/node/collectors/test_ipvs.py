from pathlib import Path

import pytest

from exporters.node.collectors.ipvs import endpoint
from tests.support.node_exporter import collect, machine


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("C0A80016:0CEA", ("192.168.0.22", "3306")),
        ("[2620:0000:0000:0000:0000:0000:0000:0001]:0050", ("2620::1", "80")),
    ],
)
def test_endpoints(text: str, shown: tuple[str, str]) -> None:
    assert endpoint(text) == shown


def test_fewer_labels_sum_the_backends(tmp_path: Path) -> None:
    tree = machine(tmp_path)
    page = collect("ipvs", [f"--path.procfs={tree}/proc", "--collector.ipvs.backend-labels=proto"])
    assert page['node_ipvs_backend_connections_active{proto="TCP"}'] == 11
    with pytest.raises(ValueError, match="unknown label 'port'"):
        collect("ipvs", ["--collector.ipvs.backend-labels=port"])
