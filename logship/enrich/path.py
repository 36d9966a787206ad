"""Namespace, pod and container from the path of a container's log file. Pure.

`/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restart>.log` (the parts hold no underscore) and
`/var/log/containers/<pod>_<namespace>_<container>-<64 hex>.log`, a link to it.
"""

import re
from typing import Final

_POD: Final = re.compile(r"/([^/_]+)_([^/_]+)_([^/_]+)/([^/]+)/\d+\.log(?:\.[^/]*)?$")
_LINK: Final = re.compile(r"/([^/_]+)_([^/_]+)_([^/]+)-([0-9a-f]{64})\.log$")


def kubernetes_names(path: str) -> dict[str, str] | None:
    """`namespace`, `pod`, `container` and, when the path tells, `pod_uid`; None for other files."""
    if match := _POD.search(path):
        namespace, pod, uid, container = match.groups()
        return {"namespace": namespace, "pod": pod, "container": container, "pod_uid": uid}
    if match := _LINK.search(path):
        pod, namespace, container, _ = match.groups()
        return {"namespace": namespace, "pod": pod, "container": container}
    return None
