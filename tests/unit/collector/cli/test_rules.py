from collector.cli.rules import plot, table

DATA = {
    "start": 0,
    "end": 600,
    "rules": [
        {"name": "r", "type": "recording", "series": 2, "samples": 20},
        {"name": "broken", "type": "alerting", "error": "no"},
        {
            "name": "A",
            "type": "alerting",
            "alerts": [
                {
                    "labels": {"alertname": "A"},
                    "firingSeconds": 300,
                    "periods": [
                        {"state": "pending", "start": 0, "end": 60, "open": False},
                        {"state": "firing", "start": 60, "end": 360, "open": True},
                    ],
                }
            ],
        },
    ],
}


def test_a_table_of_periods() -> None:
    assert table(DATA) == [
        "r (recording): 2 series, 20 samples",
        "broken: error: no",
        "A: 1 alerts, 1 fired",
        '  {alertname="A"}',
        "    pending  1970-01-01 00:00:00 to 1970-01-01 00:01:00  1m",
        "    firing   1970-01-01 00:01:00 to still                5m",
    ]


def test_a_lane_for_each_alert() -> None:
    assert plot(DATA)[-1] == "  " + "▒" * 6 + "█" * 30 + "·" * 24 + ' {alertname="A"}'
