"""Units guessed from names."""

import pytest

from dashboards.model.guess import guess_unit


@pytest.mark.parametrize(
    ("expression", "unit"),
    [
        ("node_memory_MemAvailable_bytes", "bytes"),
        ('rate(node_network_receive_bytes_total{device!="lo"}[5m])', "Bps"),
        ("increase(node_network_receive_bytes_total[1h])", "bytes"),
        ("topk(5, scrape_duration_seconds)", "s"),
        ("max by (job) (scrape_duration_seconds)", "s"),
        ("max_over_time(process_resident_memory_bytes[1h])", "bytes"),
        ("histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))", "s"),
        ("rate(node_cpu_seconds_total[5m])", "short"),
        ("process_start_time_seconds", "short"),
        ("count(node_memory_MemAvailable_bytes)", "short"),
        ("node_memory_MemFree_bytes / node_memory_MemTotal_bytes", "short"),
        ("a_bytes + b_seconds", "short"),
        ('{__name__=~"x_bytes"}', "short"),
        ("time()", "short"),
        ("up == 0", "short"),
        ("hw_temp_celsius offset 1h # was_bytes", "celsius"),
        ("", "short"),
    ],
)
def test_a_unit_is_guessed_or_left_out(expression: str, unit: str) -> None:
    assert guess_unit(expression) == unit
