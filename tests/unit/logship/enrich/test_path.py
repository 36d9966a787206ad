"""Kubernetes names from paths."""

from logship.enrich.path import kubernetes_names


def test_pod_folders_links_and_other_files() -> None:
    assert kubernetes_names("/var/log/pods/shop_cart-1_ab-12/main/0.log.20260101-000000") == {
        "namespace": "shop", "pod": "cart-1", "container": "main", "pod_uid": "ab-12",
    }  # fmt: skip
    link = f"/var/log/containers/cart-1_shop_main-side-{'a' * 64}.log"
    assert kubernetes_names(link) == {"namespace": "shop", "pod": "cart-1", "container": "main-side"}
    assert kubernetes_names("/var/log/syslog") is None
