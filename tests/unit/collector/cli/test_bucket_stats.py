from collector.cli.bucket_stats import analyze


def test_populated_buckets_of_a_classic_histogram() -> None:
    name = {"__name__": "h_bucket", "job": "a"}
    rows = [
        {"metric": {**name, "le": "+Inf"}, "values": [[1, "3"], [2, "4"]]},
        {"metric": {**name, "le": "1"}, "values": [[1, "0"], [2, "1"]]},
        {"metric": {**name, "le": "5"}, "values": [[1, "3"], [2, "3"]]},
    ]
    lines = analyze([row["metric"] for row in rows], lambda _: {"result": rows})  # type: ignore[misc]
    assert '- h_bucket{job="a"} (classic): 1/2.000/3' in lines
    assert lines[-4:] == [
        "Classic histogram series (1 in total):",
        "- min populated: 1/1.000/1",
        "- avg populated: 2/2.000/2",
        "- max populated: 3/3.000/3",
    ]


def test_no_histogram_is_a_report_without_lines() -> None:
    assert analyze([], lambda _: {})[-1] == "Each line shows min/avg/max over the series above."
