"""Errors of IPsec transformations."""

import re
from collections.abc import Iterator
from typing import Final

from exporters.files import words
from exporters.node.host import Host
from exporters.node.registry import collectors
from pharos.exposition import Metric, counter

# Source of the texts: Documentation/networking/xfrm_proc.rst of the kernel.
_HELP: Final = {
    "InError": "All errors not matched by other",
    "InBufferError": "No buffer is left",
    "InHdrError": "Header error",
    "InNoStates": "No state is found i.e. Either inbound SPI, address, or IPsec protocol at SA is wrong",
    "InStateProtoError": "Transformation protocol specific error e.g. SA key is wrong",
    "InStateModeError": "Transformation mode specific error",
    "InStateSeqError": "Sequence error i.e. Sequence number is out of window",
    "InStateExpired": "State is expired",
    "InStateMismatch": "State has mismatch option e.g. UDP encapsulation type is mismatch",
    "InStateInvalid": "State is invalid",
    "InTmplMismatch": "No matching template for states e.g. Inbound SAs are correct but SP rule is wrong",
    "InNoPols": "No policy is found for states e.g. Inbound SAs are correct but no SP is found",
    "InPolBlock": "Policy discards",
    "InPolError": "Policy error",
    "OutError": "All errors which is not matched others",
    "OutBundleGenError": "Bundle generation error",
    "OutBundleCheckError": "Bundle check error",
    "OutNoStates": "No state is found",
    "OutStateProtoError": "Transformation protocol specific error",
    "OutStateModeError": "Transformation mode specific error",
    "OutStateSeqError": "Sequence error i.e. Sequence number overflow",
    "OutStateExpired": "State is expired",
    "OutPolBlock": "Policy discards",
    "OutPolDead": "Policy is dead",
    "OutPolError": "Policy error",
    "FwdHdrError": "Forward routing of a packet is not allowed",
    "OutStateInvalid": "State is invalid, perhaps expired",
    "AcquireError": "State hasn’t been fully acquired before use",
}


@collectors.register("xfrm", default=False)
def xfrm(host: Host) -> Iterator[Metric]:
    """Statistics of /proc/net/xfrm_stat."""
    values = dict(words(host.proc("net/xfrm_stat")))
    for key, text in _HELP.items():
        snake = re.sub("(?<!^)([A-Z])", r"_\1", key).lower()
        yield counter(f"node_xfrm_{snake}_packets_total", text, int(values.get(f"Xfrm{key}", 0)))
