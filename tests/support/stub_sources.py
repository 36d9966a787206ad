"""Stand-ins for the three data sources of the dashboards: just enough of Prometheus, Alertmanager and Elasticsearch to drive a page.

One ASGI application serves all three, because their paths do not collide. `series_20` in a query yields twenty series; `broken` an error.
"""

import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.asgi_thread import serving


@dataclass
class Stub:
    """What the stand-ins know; tests change it while they run."""

    targets: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    silences: list[dict[str, Any]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def log(self, message: str, level: str = "info", service: str = "api") -> None:
        """Write a document now."""
        self.lines.append(
            {"@timestamp": int(time.time() * 1000), "message": message, "level": level, "service": service}
        )

    def app(self) -> Starlette:
        """The application."""
        routes = [
            Route("/api/v1/query_range", self._range, methods=["GET", "POST"]),
            Route("/api/v1/query", self._instant, methods=["GET", "POST"]),
            Route("/api/v1/labels", self._labels),
            Route("/api/v1/label/{name}/values", self._values),
            Route("/api/v1/targets", self._targets),
            Route("/api/v1/rules", self._rules),
            Route("/api/v1/alerts", self._alerts),
            Route("/api/v2/alerts/groups", self._groups),
            Route("/api/v2/silences", self._list_silences, methods=["GET"]),
            Route("/api/v2/silences", self._create_silence, methods=["POST"]),
            Route("/api/v2/silence/{id}", self._expire_silence, methods=["DELETE"]),
            Route("/api/v2/notifications", self._notifications),
            Route("/{index}/_search", self._search, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def _form(self, request: Request) -> dict[str, str]:
        self.requests.append(request.url.path)
        return {**request.query_params, **dict(parse_qsl((await request.body()).decode()))}

    async def _range(self, request: Request) -> Response:
        form = await self._form(request)
        if "broken" in form["query"]:
            return _failure('1:1: parse error: unexpected identifier "broken"')
        start, end, step = (float(form[name]) for name in ("start", "end", "step"))
        if "nothing" in form["query"]:
            return _success({"resultType": "matrix", "result": []})
        instants = [start + i * step for i in range(int((end - start) / step) + 1)]
        result = [
            {"metric": labels, "values": [[t, str(_wave(t, number))] for t in instants]}
            for number, labels in enumerate(_labels(form["query"]))
        ]
        return _success({"resultType": "matrix", "result": result})

    async def _instant(self, request: Request) -> Response:
        form = await self._form(request)
        if "broken" in form["query"]:
            return _failure('1:1: parse error: unexpected identifier "broken"')
        at = float(form.get("time", time.time()))
        if form["query"] == "up":
            result = [
                {"metric": target["labels"], "value": [at, "1" if target["health"] == "up" else "0"]}
                for target in self.targets
            ]
        else:
            result = [
                {"metric": labels, "value": [at, str(_wave(at, i))]} for i, labels in enumerate(_labels(form["query"]))
            ]
        return _success({"resultType": "vector", "result": result})

    async def _labels(self, _: Request) -> Response:
        return _success(["__name__", "instance", "job", "mode"])

    async def _values(self, request: Request) -> Response:
        values = {
            "__name__": ["node_cpu_seconds_total", "node_load1", "up"],
            "job": ["node"],
            "instance": ["a:9100", "b:9100"],
        }
        return _success(values.get(request.path_params["name"], ["x", "y"]))

    async def _targets(self, _: Request) -> Response:
        return _success({"activeTargets": self.targets, "droppedTargets": []})

    async def _rules(self, _: Request) -> Response:
        rule = {
            "name": "Down",
            "query": "up == 0",
            "duration": 60,
            "state": "firing",
            "health": "ok",
            "type": "alerting",
            "evaluationTime": 0.001,
        }
        return _success({"groups": [{"name": "stack", "interval": 15, "rules": [rule]}]})

    async def _alerts(self, _: Request) -> Response:
        return _success({"alerts": []})

    async def _groups(self, request: Request) -> Response:
        wanted = request.query_params.getlist("filter")
        chosen = [{**group, "alerts": [a for a in group["alerts"] if _has(a, wanted)]} for group in self.groups]
        return JSONResponse([group for group in chosen if group["alerts"] or not wanted])

    async def _list_silences(self, _: Request) -> Response:
        return JSONResponse(self.silences)

    async def _create_silence(self, request: Request) -> Response:
        silence = await request.json()
        identity = silence.get("id") or f"silence-{len(self.silences) + 1}"
        self.silences[:] = [old for old in self.silences if old["id"] != identity]
        self.silences.append({**silence, "id": identity, "status": {"state": "active"}})
        return JSONResponse({"silenceID": identity})

    async def _expire_silence(self, request: Request) -> Response:
        for silence in self.silences:
            if silence["id"] == request.path_params["id"]:
                silence["status"] = {"state": "expired"}
        return Response()

    async def _notifications(self, _: Request) -> Response:
        return JSONResponse({"total": len(self.notifications), "notifications": self.notifications})

    async def _search(self, request: Request) -> Response:
        body = await request.json()
        found = [line for line in self.lines if _wanted(line, body["query"]["bool"])]
        found.sort(key=lambda line: line["@timestamp"], reverse=True)
        hits = [
            {"_id": f"{line['@timestamp']}-{line['message']}", "_source": line, "sort": [line["@timestamp"], 0]}
            for line in found[: body.get("size", 10)]
        ]
        answer: dict[str, Any] = {"hits": {"total": {"value": len(found)}, "hits": hits}, "aggregations": {}}
        for name, aggregation in body.get("aggs", {}).items():
            answer["aggregations"][name] = _aggregate(found, aggregation)
        return JSONResponse(answer)


def _wave(t: float, number: int) -> float:
    return round(10 + number + 3 * math.sin(t / 300 + number), 4)


def _labels(query: str) -> list[dict[str, str]]:
    wanted = re.search(r"series_(\d+)", query)
    return [{"instance": f"host-{i:04}", "mode": f"m{i}"} for i in range(int(wanted[1]) if wanted else 2)]


def _success(data: Any) -> Response:
    return JSONResponse({"status": "success", "data": data})


def _failure(message: str) -> Response:
    return JSONResponse({"status": "error", "errorType": "bad_data", "error": message}, 400)


def _wanted(line: dict[str, Any], query: dict[str, Any]) -> bool:
    for clause in query.get("filter", []):
        if "range" in clause:
            span = clause["range"]["@timestamp"]
            if not span["gte"] <= line["@timestamp"] <= span["lte"]:
                return False
        if "term" in clause and any(line.get(name) != value for name, value in clause["term"].items()):
            return False
    if any(
        line.get(name) == value
        for clause in query.get("must_not", [])
        for name, value in clause.get("term", {}).items()
    ):
        return False
    texts = [clause["query_string"]["query"] for clause in query.get("must", [])]
    return all(text.lower() in line["message"].lower() for text in texts)


def _aggregate(lines: list[dict[str, Any]], aggregation: dict[str, Any]) -> dict[str, Any]:
    if "terms" in aggregation:
        name = aggregation["terms"]["field"]
        counts: dict[str, int] = {}
        for line in lines:
            if name in line:
                counts[line[name]] = counts.get(line[name], 0) + 1
        return {"buckets": [{"key": key, "doc_count": count} for key, count in counts.items()]}
    histogram = aggregation["date_histogram"]
    step = int(histogram["fixed_interval"].removesuffix("s")) * 1000
    first, last = (histogram["extended_bounds"][end] // step * step for end in ("min", "max"))
    buckets = []
    for key in range(first, last + 1, step):
        inside = [line for line in lines if key <= line["@timestamp"] < key + step]
        inner = {name: _aggregate(inside, sub) for name, sub in aggregation.get("aggs", {}).items()}
        buckets.append({"key": key, "doc_count": len(inside), **inner})
    return {"buckets": buckets}


def target(job: str, instance: str, health: str = "up", error: str = "") -> dict[str, Any]:
    """An active target as the API shows it."""
    return {
        "scrapePool": job,
        "scrapeUrl": f"http://{instance}/metrics",
        "labels": {"job": job, "instance": instance},
        "health": health,
        "lastError": error,
        "lastScrape": "2026-01-31T12:00:00Z",
        "lastScrapeDuration": 0.0123,
        "scrapeInterval": "15s",
    }


def alert(name: str, severity: str = "critical", **labels: str) -> dict[str, Any]:
    """A firing alert as the API shows it."""
    return {
        "labels": {"alertname": name, "severity": severity, **labels},
        "annotations": {"summary": f"{name} happened"},
        "startsAt": "2026-01-31T12:00:00Z",
        "fingerprint": name + severity,
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
        "generatorURL": "http://x/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    }


def _has(alert: dict[str, Any], matchers: list[str]) -> bool:
    """Whether the labels fit matchers of the form `name="value"`; the stub knows no others."""
    return set(matchers) <= {f'{name}="{value}"' for name, value in alert["labels"].items()}


def filled() -> Stub:
    """A stub with something of everything."""
    stub = Stub(
        targets=[
            target("node", "a:9100"),
            target("node", "b:9100", "down", "connection refused"),
            target("collector", "c:9090"),
        ],
        groups=[
            {
                "labels": {"alertname": "Down"},
                "receiver": {"name": "chat"},
                "alerts": [alert("Down", instance="b:9100")],
            }
        ],
        notifications=[
            {"id": 1, "at": "2026-01-31T12:00:00Z", "receiver": "chat", "kind": "slack", "success": True, "alerts": []}
        ],
    )
    for number in range(30):
        stub.log(f"request {number} served", "info" if number % 5 else "error", "api" if number % 2 else "worker")
    return stub


@contextmanager
def running_stub(stub: Stub) -> Iterator[str]:
    """Serve on a free port of the loopback; yields the URL."""
    with serving(stub.app()) as url:
        yield url
