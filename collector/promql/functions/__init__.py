"""What each PromQL function does. The parser knows what they take (`parser.signatures`)."""

from collector.promql.block import Value
from collector.promql.functions import buckets, dates, elementwise, extended, extras, info, labels, over_time
from collector.promql.functions.host import Host, Implementation, Table
from collector.promql.functions.own import call_own, own_signatures
from collector.promql.parser.ast import Call
from collector.promql.steps import Steps

__all__ = ["FUNCTIONS", "Host", "Implementation", "call_function", "extras", "own_signatures"]

FUNCTIONS: Table = {
    **elementwise.FUNCTIONS,
    **dates.FUNCTIONS,
    **labels.FUNCTIONS,
    **over_time.FUNCTIONS,
    **buckets.FUNCTIONS,
    **info.FUNCTIONS,
}


def call_function(host: Host, node: Call, steps: Steps) -> Value:
    """The value of a call."""
    extended.check(node)
    implementation = FUNCTIONS.get(node.function.name)
    return call_own(host, node, steps) if implementation is None else implementation(host, node, steps)
