from exporters.node.collectors.mdadm import parse_mdstat

TEXT = """Personalities : [raid1]
md0 : active raid1 sda1[0] sdb1[1]
      248896 blocks [2/2] [UU]

md1 : active raid5 sdc1[0] sdd1[1] sde1[3](F) sdf1[4](S)
      500000 blocks super 1.2 level 5, 64k chunk, algorithm 2 [3/2] [UU_]
      [=>...................]  recovery =  8.5% (42500/500000) finish=2.1min speed=3500K/sec

md2 : inactive sdg1[0](S)
      1000 blocks

md3 : active raid1 sdh1[0] sdi1[1]
      77 blocks [2/2] [UU]
      \tresync=PENDING

md4 : active raid0 sdj1[0] sdk1[1]
      99 blocks 64k chunks
"""


def test_arrays() -> None:
    found = {
        array.device: (array.state, array.required, array.active, array.failed, array.spare, array.blocks, array.synced)
        for array in parse_mdstat(TEXT.splitlines())
    }
    assert found == {
        "md0": ("active", 2, 2, 0, 0, 248896, 248896),
        "md1": ("recovering", 3, 2, 1, 1, 500000, 42500),
        "md2": ("inactive", 0, 0, 0, 1, 1000, 1000),
        "md3": ("resync", 2, 2, 0, 0, 77, 0),
        "md4": ("active", 2, 2, 0, 0, 99, 99),
    }
