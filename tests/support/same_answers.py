"""Whether two answers of the query API say the same."""

import math
from typing import Any

Points = dict[float, Any]


def difference(theirs: dict[str, Any], ours: dict[str, Any]) -> str | None:
    """What is not the same: kind of error and its text, values, warnings, infos. None when all is."""
    for key in ("status", "errorType", "error"):
        if theirs.get(key) != ours.get(key):
            return f"{key}: {theirs.get(key) or theirs.get('data')!r}, ours {ours.get(key) or ours.get('data')!r}"
    for key in ("warnings", "infos"):
        if sorted(theirs.get(key, [])) != sorted(ours.get(key, [])):
            return f"{key}: {theirs.get(key)}, ours {ours.get(key)}"
    if theirs["status"] == "error":
        return None
    return _data(theirs["data"], ours["data"])


def _data(theirs: dict[str, Any], ours: dict[str, Any]) -> str | None:
    if theirs["resultType"] != ours["resultType"]:
        return f"type {theirs['resultType']}, ours {ours['resultType']}"
    if theirs["resultType"] in ("scalar", "string"):
        wanted, found = theirs["result"], ours["result"]
        return None if wanted == found or same_number(wanted[1], found[1]) else f"{wanted}, ours {found}"
    left, right = _by_labels(theirs["result"]), _by_labels(ours["result"])
    if left.keys() != right.keys():
        return f"missing {left.keys() - right.keys()}, too many {right.keys() - left.keys()}"
    for labels, points in left.items():
        if points.keys() != right[labels].keys():
            return f"{labels}: times {sorted(points)}, ours {sorted(right[labels])}"
        for time, value in points.items():
            if not _same(value, right[labels][time]):
                return f"{labels} at {time}: {value}, ours {right[labels][time]}"
    return None


def _by_labels(result: list[dict[str, Any]]) -> dict[tuple[tuple[str, str], ...], Points]:
    found = {}
    for item in result:
        points: Points = {}
        for key in ("value", "values", "histogram", "histograms"):
            if key in item:
                points.update(dict(item[key] if key[-1] == "s" else [item[key]]))
        found[tuple(sorted(item["metric"].items()))] = points
    return found


def _same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, str) or isinstance(ours, str):
        return isinstance(theirs, str) and isinstance(ours, str) and same_number(theirs, ours)
    if not all(same_number(theirs[key], ours[key]) for key in ("count", "sum")):
        return False
    left, right = theirs.get("buckets", []), ours.get("buckets", [])
    return len(left) == len(right) and all(
        a[:3] == b[:3] and same_number(a[3], b[3]) for a, b in zip(left, right, strict=True)
    )


def same_number(theirs: str, ours: str) -> bool:
    """Equal but for the last digits."""
    if theirs == ours:
        return True
    a, b = float(theirs), float(ours)
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-11)
