"""Link modes by their bit in the 32 bits of ETHTOOL_GSET (linux/ethtool.h): speed in Mbit/s, duplex, kind of line."""

from typing import Final

LINK_MODES: Final = (
    (0, 10, "half", "T"), (1, 10, "full", "T"), (2, 100, "half", "T"), (3, 100, "full", "T"), (4, 1000, "half", "T"),
    (5, 1000, "full", "T"), (12, 10000, "full", "T"), (15, 2500, "full", "T"), (17, 1000, "full", "KX"),
    (18, 10000, "full", "KX4"), (19, 10000, "full", "KR"), (20, 10000, "full", "R_FEC"), (21, 20000, "full", "MLD2"),
    (22, 20000, "full", "KR2"), (23, 40000, "full", "KR4"), (24, 40000, "full", "CR4"), (25, 40000, "full", "SR4"),
    (26, 40000, "full", "LR4"), (27, 56000, "full", "KR4"), (28, 56000, "full", "CR4"), (29, 56000, "full", "SR4"),
    (30, 56000, "full", "LR4"), (31, 25000, "full", "CR"),
)  # fmt: skip
PORTS: Final = {"TP": 7, "AUI": 8, "MII": 9, "FIBRE": 10, "BNC": 11, "Backplane": 16}
