from collector.cli.push import samples, write_request
from collector.remote.write_message import WriteDecoder


def test_a_page_becomes_a_write_request() -> None:
    found = samples(b'a_total{x="y"} 2\nb 3 5\n', {"job": "j"}, 1000)
    assert found == [
        ((("__name__", "a_total"), ("job", "j"), ("x", "y")), 2.0, 1000),
        ((("__name__", "b"), ("job", "j")), 3.0, 5),
    ]
    decoded = WriteDecoder().decode_v1(write_request(found))
    assert (list(decoded.series), list(decoded.timestamps), list(decoded.values)) == (
        [series for series, _, _ in found],
        [1000, 5],
        [2.0, 3.0],
    )
