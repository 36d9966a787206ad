"""Frames on their way to the browser."""

import base64
import math
import struct

from dashboards.api.encoding import encode_frame, encode_values, legend_name, signature
from dashboards.sources.prometheus import Frame, Series

FRAME = Frame(1000, 500, 3, (Series({"__name__": "up", "i": "a"}, [1, math.nan, 3]), Series({"i": "b"}, [4, 5, 6])))


def test_values_are_four_bytes_unless_that_would_round_them() -> None:
    text, width = encode_values([1.5, math.nan])
    assert width == 4
    assert struct.unpack("<2f", base64.b64decode(text))[0] == 1.5
    text, width = encode_values([1795175679.25])
    assert width == 8
    assert struct.unpack("<d", base64.b64decode(text))[0] == 1795175679.25


def test_labels_travel_only_when_the_browser_lacks_them() -> None:
    first = encode_frame(FRAME, "{{i}}")
    assert [series["name"] for series in first["series"]] == ["a", "b"]
    again = encode_frame(FRAME, "{{i}}", held=first["sig"])
    assert all("labels" not in series and "name" not in series for series in again["series"])
    renamed = encode_frame(FRAME, "{{x}}", held=first["sig"])
    assert "labels" in renamed["series"][0]


def test_the_signature_depends_on_the_set_of_series() -> None:
    fewer = Frame(1000, 500, 3, FRAME.series[:1])
    assert signature(FRAME, "") != signature(fewer, "")


def test_what_was_cut_is_told() -> None:
    cut = encode_frame(FRAME, "", limit=1)
    assert (len(cut["series"]), cut["total"]) == (1, 2)
    assert "total" not in encode_frame(FRAME, "")


def test_legends_are_templates_or_the_series_itself() -> None:
    series = FRAME.series[0]
    assert legend_name(series, "{{ i }} of {{gone}}!") == "a of !"
    assert legend_name(series, "__auto") == 'up{i="a"}'
    assert legend_name(Series({}, []), "") == "{}"
    assert legend_name(series, "{{i") == "{{i"
