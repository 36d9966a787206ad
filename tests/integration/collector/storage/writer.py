"""A process that appends rows and samples as fast as it can and says what is durable; killed by the test.

Row `k` of a target holds `k` in every series, at time START + k seconds, so that whoever reads it can tell whether it is right.
"""

import sys
import threading
import time
from pathlib import Path

import numpy as np

from collector.storage.options import StorageOptions
from collector.storage.storage import Storage
from pharos.labels import label_set

START_MS = 1_700_006_400_000
SERIES = 50
AHEAD = 2_000  # rows not synced yet, at most: half an hour of a scrape each second


def main(folder: Path, first_row: int) -> None:
    storage = Storage(
        folder, StorageOptions(max_ahead_ms=0, wal_segment_bytes=200_000, block_ms=600_000, retention_ms=0)
    )
    storage.open()
    groups = [storage.open_group() for _ in range(3)]
    for place, group in enumerate(groups):
        group.reshape([label_set({"__name__": "m", "group": str(place), "i": str(i)}) for i in range(SERIES)])
    own = [label_set({"__name__": "rule", "i": str(i)}) for i in range(5)]
    appended = synced = first_row

    def upkeep() -> None:
        nonlocal synced
        while True:
            before = appended
            storage.sync()
            synced = before
            print(before, flush=True)
            storage.maintain(START_MS + before * 1000)

    threading.Thread(target=upkeep, daemon=True).start()
    row = first_row
    while True:
        t = START_MS + row * 1000
        for group in groups:
            group.append_row(t, np.full(SERIES, float(row)))
        storage.append(own, np.full(5, t), np.full(5, float(row)))
        row += 1
        appended = row
        while row % 20 == 0 and row - synced > AHEAD:
            time.sleep(0.001)
        if row % 20 == 0:
            time.sleep(0.001)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
