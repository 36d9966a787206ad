"""Which blocks to merge and which to delete: decisions only, from what the blocks say about themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from collector.storage.options import DAY_MS, BlockInfo

_STEP = 3  # a merged block spans three of the size below, as Prometheus has it: 2 h, 6 h, 18 h, ...
_MAX_BLOCK_MS = 31 * DAY_MS


@dataclass(frozen=True, slots=True)
class Merge:
    """Blocks that become one."""

    blocks: tuple[BlockInfo, ...]
    min_time: int
    max_time: int


def block_ranges(block_ms: int, retention_ms: int, max_block_ms: int = 0) -> list[int]:
    """The spans of blocks, smallest first."""
    largest = max_block_ms or min(_MAX_BLOCK_MS, retention_ms // 10 if retention_ms else _MAX_BLOCK_MS)
    spans = [block_ms]
    while spans[-1] * _STEP <= largest:
        spans.append(spans[-1] * _STEP)
    return spans


def plan_merge(blocks: Sequence[BlockInfo], spans: Sequence[int]) -> Merge | None:
    """The next merge that is due: blocks that overlap first, then the smallest span that has its blocks complete.

    The newest block is left alone by the second rule, so that a merge never has to be repeated for a late neighbour.
    """
    ordered = sorted(blocks, key=lambda block: (block.min_time, block.max_time))
    overlapping = _overlapping(ordered)
    if overlapping:
        return _merge(overlapping)
    newest_end = max((block.max_time for block in ordered), default=0)
    for span in spans[1:]:
        for group in _by_window(ordered, span):
            start = group[0].min_time // span * span
            complete = start + span < newest_end
            if len(group) > 1 and complete and all(block.max_time - block.min_time < span for block in group):
                return _merge(group)
    return None


def _overlapping(ordered: Sequence[BlockInfo]) -> list[BlockInfo]:
    group: list[BlockInfo] = []
    end = 0
    for block in ordered:
        if group and block.min_time < end:
            group.append(block)
        elif len(group) > 1:
            break
        else:
            group = [block]
        end = max(end, block.max_time) if len(group) > 1 else block.max_time
    return group if len(group) > 1 else []


def _by_window(ordered: Sequence[BlockInfo], span: int) -> list[list[BlockInfo]]:
    groups: dict[int, list[BlockInfo]] = {}
    for block in ordered:
        window = block.min_time // span
        if block.max_time <= (window + 1) * span:
            groups.setdefault(window, []).append(block)
    return [groups[window] for window in sorted(groups)]


def _merge(group: Sequence[BlockInfo]) -> Merge:
    return Merge(tuple(group), min(block.min_time for block in group), max(block.max_time for block in group))


def expired(
    blocks: Sequence[BlockInfo], newest_ms: int, retention_ms: int, retention_bytes: int, other_bytes: int = 0
) -> list[BlockInfo]:
    """Blocks to delete: wholly older than the retention, then the oldest until the size fits; `other_bytes` count but stay."""
    gone = [block for block in blocks if retention_ms and block.max_time <= newest_ms - retention_ms]
    left = sorted((block for block in blocks if block not in gone), key=lambda block: block.max_time)
    size = other_bytes + sum(block.size_bytes for block in left)
    while retention_bytes and size > retention_bytes and left:
        oldest = left.pop(0)
        size -= oldest.size_bytes
        gone.append(oldest)
    return gone
