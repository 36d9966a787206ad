import numpy as np

from collector.api.sample_lines import SampleLines


def test_a_line_has_each_sample_of_its_series() -> None:
    writer = SampleLines(np.array([1000, 2500]))
    lines = writer.lines(np.array([[1.0, 2.5], [3.0, 4.0]]), np.ones((2, 2), np.bool_))
    assert [bytes(line) + writer.END for line in lines] == [b'[1,"1"],[2.500,"2.5"]', b'[1,"3"],[2.500,"4"]']


def test_what_is_absent_is_left_out() -> None:
    writer = SampleLines(np.array([1000, 2000, 3000]))
    present = np.array([[False, True, False], [False, False, False], [True, False, True]])
    assert writer.lines(np.arange(9.0).reshape(3, 3), present) == [b'[2,"1', b"", b'[1,"6"],[3,"8']


def test_without_times_there_are_no_samples() -> None:
    assert SampleLines(np.zeros(0, np.int64)).lines(np.zeros((2, 0)), np.zeros((2, 0), np.bool_)) == [b"", b""]


def test_blocks_cover_all_rows() -> None:
    blocks = list(SampleLines(np.arange(100) * 1000).blocks(1000))
    assert [block.start for block in blocks[1:]] == [block.stop for block in blocks[:-1]]
    assert (blocks[0].start, blocks[-1].stop) == (0, 1000)
    assert len(blocks) > 3


def test_many_samples_are_written_as_few_are() -> None:
    times = np.arange(300) * 500
    values = np.random.default_rng(3).random((20, 300)).round(3)
    present = values < 0.9
    writer = SampleLines(times)
    one_by_one = [line for row in range(20) for line in writer.lines(values[row : row + 1], present[row : row + 1])]
    assert writer.lines(values, present) == one_by_one
    everywhere = np.ones(values.shape, np.bool_)
    assert writer.lines(values, everywhere) == [
        line for row in range(20) for line in writer.lines(values[row : row + 1], everywhere[:1])
    ]
