"""The Kubernetes manifests: valid under strict schemas, and sensible in what no schema can see."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pharos.cli.parts import PARTS
from tests.support.peers import ROOT, find_peer

KUBERNETES = ROOT / "deploy" / "kubernetes"
VERSIONS = ("1.28", "1.32", "1.37")
WORKLOADS = ("DaemonSet", "StatefulSet", "Deployment")
HOST_FOLDERS_WRITTEN = {"/var/lib/pharos/logship"}


def documents(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.fixture(scope="module", params=["base", "overlays/local"])
def manifests(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    kubectl = find_peer("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed: it renders the kustomization")
    folder = KUBERNETES / request.param
    rendered = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert rendered.returncode == 0, rendered.stderr
    return documents(rendered.stdout)


PLAIN_FILES = [path for path in sorted((KUBERNETES / "base").glob("*.yaml")) if path.name != "kustomization.yaml"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", PLAIN_FILES, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_valid_under_strict_schemas(path: Path, version: str) -> None:
    import kubernetes_validate

    for document in documents(path.read_text()):
        kubernetes_validate.validate(document, version, strict=True)


def test_every_part_has_a_workload_and_a_service(manifests: list[dict[str, Any]]) -> None:
    names = {(document["kind"], document["metadata"]["name"]) for document in manifests}
    for part in PARTS:
        assert any((kind, part.command) in names for kind in WORKLOADS), part.command
        assert ("Service", part.command) in names


def test_ports_selectors_and_probes_fit(manifests: list[dict[str, Any]]) -> None:
    services = {
        document["metadata"]["name"]: document["spec"] for document in manifests if document["kind"] == "Service"
    }
    ports = {part.command: part.port for part in PARTS}
    for workload in (document for document in manifests if document["kind"] in WORKLOADS):
        name, spec = workload["metadata"]["name"], workload["spec"]
        labels = spec["template"]["metadata"]["labels"]
        assert spec["selector"]["matchLabels"].items() <= labels.items()
        assert services[name]["selector"].items() <= labels.items()
        [container] = spec["template"]["spec"]["containers"]
        assert container["ports"][0]["containerPort"] == services[name]["ports"][0]["port"] == ports[name]
        assert container["args"][0] == name
        assert (container["livenessProbe"]["httpGet"]["path"], container["readinessProbe"]["httpGet"]["path"]) == (
            "/-/healthy",
            "/-/ready",
        )


def test_workloads_are_locked_down(manifests: list[dict[str, Any]]) -> None:
    for workload in (document for document in manifests if document["kind"] in WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        [container] = pod["containers"]
        security = container["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert not security["allowPrivilegeEscalation"]
        assert security["capabilities"]["drop"] == ["ALL"]
        assert not container["image"].endswith(":latest")
        assert container["resources"]["limits"]["memory"]
        host_paths = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"] if "hostPath" in volume}
        for mount in container["volumeMounts"]:
            host = host_paths.get(mount["name"])
            assert host is None or host in HOST_FOLDERS_WRITTEN or mount.get("readOnly"), (
                workload["metadata"]["name"],
                mount,
            )


def test_node_agents_run_on_every_node_and_know_its_name(manifests: list[dict[str, Any]]) -> None:
    agents = {document["metadata"]["name"]: document for document in manifests if document["kind"] == "DaemonSet"}
    assert agents.keys() == {"node-exporter", "container-exporter", "logship"}
    for agent in agents.values():
        pod = agent["spec"]["template"]["spec"]
        assert {"operator": "Exists"} in pod["tolerations"]
        assert pod["containers"][0]["env"][0]["valueFrom"]["fieldRef"]["fieldPath"] == "spec.nodeName"


def test_flags_of_every_workload_are_known(manifests: list[dict[str, Any]]) -> None:
    import argparse
    from importlib import import_module

    from pharos.cli.parts import part
    from pharos.flags import Flags

    for workload in (document for document in manifests if document["kind"] in WORKLOADS):
        command, *arguments = workload["spec"]["template"]["spec"]["containers"][0]["args"]
        parser = argparse.ArgumentParser(prog=command, allow_abbrev=False, exit_on_error=False)
        flags = Flags(parser)
        flags.web(":0")
        import_module(part(command).module).add_flags(flags)
        _, unknown = parser.parse_known_args(arguments)
        assert unknown == [], f"{command} does not know {unknown}"
