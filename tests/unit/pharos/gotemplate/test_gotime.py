from datetime import UTC, datetime

import pytest

from pharos.gotemplate import Template
from pharos.gotemplate.gotime import GoDuration, GoTime

MOMENT = GoTime(datetime(2026, 3, 7, 15, 4, 9, 120_000, tzinfo=UTC))


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("2006-01-02T15:04:05Z07:00", "2026-03-07T15:04:09Z"),
        ("Mon, 02 Jan 2006 15:04:05 MST", "Sat, 07 Mar 2026 15:04:09 UTC"),
        ("January _2 3:04PM .000 .999 -0700 06", "March  7 3:04PM .120 .12 +0000 26"),
        ("1/2 5 002", "3/7 9 066"),
    ],
)
def test_format(layout: str, expected: str) -> None:
    assert expected == MOMENT.Format(layout)


def test_zones_and_arithmetic() -> None:
    shanghai = MOMENT.In("Asia/Shanghai")
    assert shanghai.Format("15:04 -07:00 MST") == "23:04 +08:00 CST"
    assert str(MOMENT) == "2026-03-07 15:04:09.12 +0000 UTC"
    assert str(MOMENT.Add(GoDuration.of(60)).Sub(MOMENT)) == "1m0s"
    assert shanghai.Equal(MOMENT)
    assert MOMENT.AddDate(0, 11, 1).Format("2006-01-02") == "2027-02-08"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0s"), (1.5, "1.5s"), (3725, "1h2m5s"), (0.0015, "1.5ms"), (-61, "-1m1s"), (1e-7, "100ns")],
)
def test_a_duration_is_printed_as_go_does(seconds: float, expected: str) -> None:
    assert expected == str(GoDuration.of(seconds))


def test_methods_are_called_from_templates() -> None:
    text = '{{ .T.Format "15:04" }} {{ .T.Unix }} {{ (.T.Sub .T).Seconds }} {{ .T.IsZero }} {{ .T.Weekday }}'
    assert Template(text).execute({"T": MOMENT}) == "15:04 1772895849 0 false Saturday"
