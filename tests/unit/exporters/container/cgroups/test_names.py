import pytest

from exporters.container.cgroups.names import CgroupName, is_container, parse_name

ID = "0123456789abcdef" * 4
UID = "11111111-2222-3333-4444-555555555555"
UNDERSCORED = UID.replace("-", "_")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"/kubepods/burstable/pod{UID}/{ID}", CgroupName("container", "", ID, UID)),
        (f"/kubepods/pod{UID}/{ID}", CgroupName("container", "", ID, UID)),
        (f"/kubepods/besteffort/pod{UID}", CgroupName("pod", pod_uid=UID)),
        (
            f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{UNDERSCORED}.slice/cri-containerd-{ID}.scope",
            CgroupName("container", "containerd", ID, UID),
        ),
        (
            f"/kubepods.slice/kubepods-pod{UNDERSCORED}.slice/crio-{ID}.scope",
            CgroupName("container", "cri-o", ID, UID),
        ),
        (f"/kubepods.slice/kubepods-pod{UNDERSCORED}.slice", CgroupName("pod", pod_uid=UID)),
        (f"/docker/{ID}", CgroupName("container", "docker", ID)),
        (f"/system.slice/docker-{ID}.scope", CgroupName("container", "docker", ID)),
        (f"/libpod_parent/libpod-{ID}", CgroupName("container", "podman", ID)),
        (f"/machine.slice/libpod-{ID}.scope", CgroupName("container", "podman", ID)),
        (
            f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope",
            CgroupName("container", "podman", ID),
        ),
        (f"/default/{ID}", CgroupName("container", "", ID)),
        ("/", CgroupName("other")),
        ("/kubepods/burstable", CgroupName("other")),
        ("/system.slice/cron.service", CgroupName("other")),
    ],
)
def test_paths(path: str, name: CgroupName) -> None:
    assert parse_name(path) == name
    assert is_container(path) == (name.kind == "container")


def test_static_pods_have_a_hash_as_uid() -> None:
    uid = "0123456789abcdef0123456789abcdef"
    assert parse_name(f"/kubepods/burstable/pod{uid}/{ID}").pod_uid == uid
