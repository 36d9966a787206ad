from collector.storage.compact import block_ranges, expired, plan_merge
from collector.storage.options import DAY_MS, HOUR_MS, BlockInfo

SPAN = 2 * HOUR_MS


def block(start: int, end: int, size: int = 100, name: str = "") -> BlockInfo:
    return BlockInfo(name or f"{start}-{end}", start * HOUR_MS, end * HOUR_MS, 1, 1, 1, size, 1, ())


def names(blocks: object) -> list[str]:
    return [info.ulid for info in blocks]  # type: ignore[attr-defined]


def test_spans_triple_up_to_a_tenth_of_the_retention() -> None:
    assert [span // HOUR_MS for span in block_ranges(SPAN, 15 * DAY_MS)] == [2, 6, 18]
    assert block_ranges(SPAN, 0)[-1] <= 31 * DAY_MS


def test_three_small_blocks_merge_once_their_window_is_over() -> None:
    spans = [SPAN, 3 * SPAN]
    assert plan_merge([block(0, 2), block(2, 4), block(4, 6)], spans) is None
    plan = plan_merge([block(0, 2), block(2, 4), block(4, 6), block(6, 8)], spans)
    assert plan is not None
    assert names(plan.blocks) == ["0-2", "2-4", "4-6"]
    assert (plan.min_time, plan.max_time) == (0, 6 * HOUR_MS)


def test_overlapping_blocks_merge_at_once() -> None:
    plan = plan_merge([block(0, 2), block(2, 4), block(2, 4, name="late")], [SPAN])
    assert plan is not None
    assert names(plan.blocks) == ["2-4", "late"]


def test_a_block_that_fills_its_window_is_left_alone() -> None:
    assert plan_merge([block(0, 6), block(6, 8)], [SPAN, 3 * SPAN]) is None


def test_blocks_older_than_the_retention_expire() -> None:
    blocks = [block(0, 2), block(2, 4), block(4, 6)]
    assert names(expired(blocks, 6 * HOUR_MS, 3 * HOUR_MS, 0)) == ["0-2"]
    assert names(expired(blocks, 6 * HOUR_MS, 0, 0)) == []


def test_the_oldest_blocks_make_room() -> None:
    blocks = [block(0, 2), block(2, 4), block(4, 6)]
    assert names(expired(blocks, 6 * HOUR_MS, 0, 250)) == ["0-2"]
    assert names(expired(blocks, 6 * HOUR_MS, 0, 250, other_bytes=100)) == ["0-2", "2-4"]
