"""`pharos rules backtest FILE`: when would each alert have been pending and firing, asked of a running collector."""

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx
import orjson

from collector.cli.arguments import Parser, complain
from collector.cli.query import client, when
from collector.ruletest.samples import labels_text
from pharos.durations import Duration, format_duration_ms

_LANE: Final = 60
_MARKS: Final = {"pending": "▒", "firing": "█"}


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos rules", "Try rules out on stored history.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    test = commands.add_parser("backtest", help="when would each alert have been pending and firing")
    test.add_argument("--since", type=Duration.parse, default=Duration(86400), metavar="DURATION", help="default 1d")
    test.add_argument("--end", type=when, metavar="TIME", help="default: now")
    test.add_argument(
        "--step", type=Duration.parse, metavar="DURATION", help="evaluation interval (default 1m, or as many as fit)"
    )
    test.add_argument("--url", default="http://localhost:9090", metavar="URL", help="the collector to ask")
    test.add_argument("--http.config.file", dest="http_config", metavar="FILE")
    test.add_argument("-o", "--format", choices=("table", "plot", "json"), default="table")
    test.add_argument("files", nargs="+", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        for file in options.files:
            _backtest(options, Path(file))
    except (httpx.HTTPError, OSError, ValueError) as error:
        complain(f"pharos rules: {error}")
        return 1
    return 0


def _backtest(options: argparse.Namespace, file: Path) -> None:
    end = options.end if options.end is not None else time.time()
    step = options.step or max(60.0, float(options.since) / 40_000)
    form = {"rules": file.read_text(), "start": end - float(options.since), "end": end, "step": f"{float(step):g}"}
    with client(options.http_config) as http:
        http.timeout = httpx.Timeout(600)
        answer = orjson.loads(http.post(f"{options.url.rstrip('/')}/api/v1/rules/backtest", data=form).content)
    if answer["status"] != "success":
        raise ValueError(f"{file}: {answer['error']}")
    data = answer["data"]
    if options.format == "json":
        print(orjson.dumps(data, option=orjson.OPT_INDENT_2).decode())
    else:
        print("\n".join(plot(data) if options.format == "plot" else table(data)))


def table(data: dict[str, Any]) -> list[str]:
    """A line for each period, rule by rule."""
    lines = []
    for rule in data["rules"]:
        lines.append(_headline(rule))
        for alert in rule.get("alerts", []):
            lines.append(f"  {labels_text(alert['labels'])}")
            for period in alert["periods"]:
                until = "still" if period["open"] else _moment(period["end"])
                lasted = format_duration_ms(round((period["end"] - period["start"]) * 1000))
                lines.append(f"    {period['state']:<8} {_moment(period['start'])} to {until:<20} {lasted}")
    return lines


def plot(data: dict[str, Any]) -> list[str]:
    """A lane of 60 places for each alert: ▒ pending, █ firing."""
    start, end = data["start"], data["end"]
    lines = [
        f"{_moment(start)} to {_moment(end)}, one place is {format_duration_ms(round((end - start) / _LANE * 1000))}"
    ]
    for rule in data["rules"]:
        lines.append(_headline(rule))
        for alert in rule.get("alerts", []):
            lane = ["·"] * _LANE
            for period in alert["periods"]:
                low = int((period["start"] - start) / (end - start) * _LANE)
                high = int((period["end"] - start) / (end - start) * _LANE)
                for place in range(low, min(max(high, low + 1), _LANE)):
                    if lane[place] != _MARKS["firing"]:
                        lane[place] = _MARKS[period["state"]]
            lines.append(f"  {''.join(lane)} {labels_text(alert['labels'])}")
    return lines


def _headline(rule: dict[str, Any]) -> str:
    if "error" in rule:
        return f"{rule['name']}: error: {rule['error']}"
    if rule["type"] == "recording":
        return f"{rule['name']} (recording): {rule['series']} series, {rule['samples']} samples"
    fired = sum(1 for alert in rule["alerts"] if alert["firingSeconds"])
    return f"{rule['name']}: {len(rule['alerts'])} alerts, {fired} fired"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
