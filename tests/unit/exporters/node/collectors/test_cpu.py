from exporters.node.collectors.cpu import monotonic, parse_cpuinfo


def test_counters_do_not_fall() -> None:
    assert monotonic(None, [1, 2, 3, 4]) == [1, 2, 3, 4]
    assert monotonic([5, 5, 5, 500], [6, 4, 5, 499]) == [6, 5, 5, 500]


def test_a_cpu_that_was_plugged_in_anew_starts_anew() -> None:
    assert monotonic([900, 5, 5, 5000], [1, 0, 0, 10]) == [1, 0, 0, 10]


def test_cpuinfo() -> None:
    text = "processor\t: 0\nmodel name\t: Lamp\n\nprocessor\t: 1\ncpu MHz\t\t: 1200.5\n\nHardware\t: x\n"
    assert parse_cpuinfo(text) == [
        {"processor": "0", "model name": "Lamp"},
        {"processor": "1", "cpu MHz": "1200.5", "Hardware": "x"},
    ]
