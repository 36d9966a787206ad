"""filter_path."""

from logstore.api.http import filtered

REPLY = {
    "took": 1,
    "errors": True,
    "items": [{"create": {"status": 201, "_id": "a"}}, {"index": {"status": 400, "error": {"type": "x"}}}],
}


def test_kept_paths() -> None:
    assert filtered(REPLY, ["errors", "items.*.status"]) == {
        "errors": True,
        "items": [{"create": {"status": 201}}, {"index": {"status": 400}}],
    }


def test_items_that_keep_nothing_vanish() -> None:
    assert filtered(REPLY, ["items.*.error"]) == {"items": [{"index": {"error": {"type": "x"}}}]}


def test_any_depth_and_dropped_paths() -> None:
    assert filtered(REPLY, ["**.type"]) == {"items": [{"index": {"error": {"type": "x"}}}]}
    assert filtered(REPLY, ["-items"]) == {"took": 1, "errors": True}
