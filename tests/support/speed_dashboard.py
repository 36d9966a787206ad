"""The dashboard of the design's figures: panels of 20 series and 300 points."""

import json

UID = "speed"


def speed_dashboard(panels: int = 12, series: int = 20) -> str:
    """Grafana's JSON of time series that the stand-in sources answer."""
    boxes = [{"x": 6 * (i % 4), "y": 6 * (i // 4), "w": 6, "h": 6} for i in range(panels)]
    made = [
        {
            "id": i + 1,
            "type": "timeseries",
            "title": f"Panel {i + 1}",
            "gridPos": box,
            "maxDataPoints": 300,
            "targets": [{"refId": "A", "expr": f"series_{series} # {i}", "legendFormat": "{{instance}}"}],
        }
        for i, box in enumerate(boxes)
    ]
    return json.dumps({"uid": UID, "title": "Speed", "time": {"from": "now-75m", "to": "now"}, "panels": made})
