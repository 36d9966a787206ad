"""One native histogram as text, the way Prometheus prints it: `{count:4, sum:5, (1,2]:3}`."""

from collector.histogram import FloatHistogram
from collector.promql.histograms.buckets import all_buckets
from pharos.exposition import format_value


def histogram_text(h: FloatHistogram) -> str:
    """Count, sum and the buckets that are not empty."""
    parts = [f"count:{format_value(h.count)}", f"sum:{format_value(h.sum)}"]
    for b in all_buckets(h):
        if b.count != 0:
            left, right = "[" if b.lower_inclusive else "(", "]" if b.upper_inclusive else ")"
            span = f"{left}{format_value(b.lower)},{format_value(b.upper)}{right}"
            parts.append(f"{span}:{format_value(b.count)}")
    return "{" + ", ".join(parts) + "}"
