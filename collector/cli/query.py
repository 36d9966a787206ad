"""`pharos query {instant,range,series,labels,analyze}`: asking a server, in promtool's words."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import httpx
import orjson

from collector.cli.arguments import Parser, complain
from collector.cli.bucket_stats import analyze
from pharos.labels import format_labels

Params = list[tuple[str, Any]]


class QueryFailedError(Exception):
    """The server gave no answer; the text is what promtool would print."""


def main(arguments: list[str]) -> int:
    """Run the command. Returns the exit code."""
    parser = Parser("pharos query", "Ask a server with Prometheus's HTTP API.")
    parser.add_argument("-o", "--format", choices=("promql", "json"), default="promql", help="how to print the answer")
    parser.add_argument("--http.config.file", dest="http_config", metavar="FILE", help="HTTP client options as YAML")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (_add_instant, _add_range, _add_series, _add_labels, _add_analyze):
        add(commands)
    for command in commands.choices.values():  # behind the command, too, as promtool takes it
        command.add_argument("-o", "--format", choices=("promql", "json"), default=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace, httpx.Client], None] = options.run
    try:
        with client(options.http_config) as http:
            run(options, http)
    except (QueryFailedError, ValueError) as error:
        complain(str(error))
        return 1
    return 0


def client(config_file: str | None) -> httpx.Client:
    """An HTTP client, with the options of a file in Prometheus's `http_config` format. Raises `ConfigError`."""
    if not config_file:
        return httpx.Client(timeout=120, trust_env=False)
    from pharos.config import load
    from pharos.http.client import HttpClientConfig, client_tls_context

    config = load(HttpClientConfig, config_file)
    headers = {name: ", ".join(given.values) for name, given in config.http_headers.items()}
    token = config.bearer_token.reveal() or (config.authorization.credentials.reveal() if config.authorization else "")
    if token:
        headers["Authorization"] = f"Bearer {token}"
    basic = (config.basic_auth.username, config.basic_auth.password.reveal()) if config.basic_auth else None
    verify = client_tls_context(config.tls_config)
    return httpx.Client(timeout=120, trust_env=False, headers=headers, auth=basic, verify=verify)


def ask(http: httpx.Client, server: str, path: str, parameters: Params) -> Any:
    """The whole answer of an endpoint. Raises `QueryFailedError`."""
    url = f"{server if '://' in server else f'http://{server}'}".rstrip("/") + f"/api/v1/{path}"
    try:
        answer = http.get(url, params=[(key, str(value)) for key, value in parameters if value not in (None, "")])
    except httpx.HTTPError as error:
        raise QueryFailedError(f"query error: {error} ({url})") from error
    try:
        body = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        raise QueryFailedError(f"query error: server_error: server error: {answer.status_code}") from None
    for warning in body.get("warnings") or []:
        complain(f"query warning: {warning}")
    if body.get("status") != "success":
        raise QueryFailedError(f"query error: {body.get('errorType')}: {body.get('error')}")
    return body["data"]


def when(text: str) -> float:
    """A time of the command line as seconds."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise argparse.ArgumentTypeError(f'cannot parse "{text}" to a valid timestamp') from None


def _add_instant(commands: Any) -> None:
    parser = commands.add_parser("instant", help="an expression at one time")
    parser.add_argument("--time", type=when, metavar="TIME", help="RFC 3339 or seconds since 1970")
    parser.add_argument("server", metavar="URL")
    parser.add_argument("expr", metavar="EXPRESSION")
    parser.set_defaults(run=_instant)


def _instant(options: argparse.Namespace, http: httpx.Client) -> None:
    data = ask(http, options.server, "query", [("query", options.expr), ("time", options.time)])
    show(data, options.format)


def _add_range(commands: Any) -> None:
    parser = commands.add_parser("range", help="an expression over time")
    parser.add_argument("--start", type=when, metavar="TIME", help="default: five minutes before the end")
    parser.add_argument("--end", type=when, metavar="TIME", help="default: now")
    parser.add_argument("--step", metavar="DURATION", help="default: a 250th of the time")
    parser.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="extra headers")
    parser.add_argument("server", metavar="URL")
    parser.add_argument("expr", metavar="EXPRESSION")
    parser.set_defaults(run=_range)


def _range(options: argparse.Namespace, http: httpx.Client) -> None:
    end = options.end if options.end is not None else datetime.now().timestamp()
    start = options.start if options.start is not None else end - 300
    if end < start:
        raise ValueError("start time is not before end time")
    step = options.step or max(1, (end - start) // 250)
    http.headers.update(dict(text.split("=", 1) for text in options.header))
    data = ask(
        http, options.server, "query_range", [("query", options.expr), ("start", start), ("end", end), ("step", step)]
    )
    show(data, options.format)


def _add_series(commands: Any) -> None:
    parser = commands.add_parser("series", help="label sets of series")
    parser.add_argument("--match", action="append", required=True, metavar="SELECTOR", help="may be repeated")
    parser.add_argument("--start", type=when, metavar="TIME")
    parser.add_argument("--end", type=when, metavar="TIME")
    parser.add_argument("server", metavar="URL")
    parser.set_defaults(run=_series)


def _series(options: argparse.Namespace, http: httpx.Client) -> None:
    data = ask(http, options.server, "series", [*_matches(options), ("start", options.start), ("end", options.end)])
    if options.format == "json":
        print(orjson.dumps(data).decode())
        return
    from collector.ruletest.samples import labels_text

    for labels in data:
        print(labels_text(labels))


def _add_labels(commands: Any) -> None:
    parser = commands.add_parser("labels", help="values of a label")
    parser.add_argument("--match", action="append", default=[], metavar="SELECTOR", help="may be repeated")
    parser.add_argument("--start", type=when, metavar="TIME")
    parser.add_argument("--end", type=when, metavar="TIME")
    parser.add_argument("server", metavar="URL")
    parser.add_argument("name", metavar="LABEL")
    parser.set_defaults(run=_labels)


def _labels(options: argparse.Namespace, http: httpx.Client) -> None:
    parameters = [*_matches(options), ("start", options.start), ("end", options.end)]
    data = ask(http, options.server, f"label/{options.name}/values", parameters)
    if options.format == "json":
        print(orjson.dumps(data).decode())
        return
    for value in data:
        print(value)


def _add_analyze(commands: Any) -> None:
    parser = commands.add_parser("analyze", help="how well histogram buckets are used")
    parser.add_argument("--server", required=True, metavar="URL")
    parser.add_argument("--type", required=True, choices=("histogram",))
    parser.add_argument("--duration", default="1h", metavar="DURATION")
    parser.add_argument("--time", type=when, metavar="TIME", help="default: now")
    parser.add_argument("--match", action="append", required=True, metavar="SELECTOR", help="may be repeated")
    parser.set_defaults(run=_analyze)


def _analyze(options: argparse.Namespace, http: httpx.Client) -> None:
    from pharos.durations import parse_duration_ms

    end = options.time if options.time is not None else datetime.now().timestamp()
    start = end - parse_duration_ms(options.duration) / 1000
    series = ask(http, options.server, "series", [*_matches(options), ("start", start), ("end", end)])

    def samples(selector: str) -> Any:
        return ask(http, options.server, "query", [("query", f"{selector}[{options.duration}]"), ("time", end)])

    print("\n".join(analyze(series, samples)))


def _matches(options: argparse.Namespace) -> Params:
    return [("match[]", text) for text in options.match]


def show(data: Any, style: str) -> None:
    """Print the answer of a query."""
    kind, result = data["resultType"], data["result"]
    if style == "json":
        print(orjson.dumps(result).decode())
    elif kind == "scalar":
        print(f"scalar: {result[1]} @[{number(result[0])}]")
    elif kind == "string":
        print(result[1])
    else:
        lines = [line for series in result for line in _series_lines(series)]
        sys.stdout.write("\n".join(lines) + "\n")


def _series_lines(series: dict[str, Any]) -> Sequence[str]:
    name = format_labels(series["metric"])
    if "value" in series:
        return [f"{name} => {series['value'][1]} @[{number(series['value'][0])}]"]
    if "histogram" in series:
        return [f"{name} => {histogram_line(series['histogram'][1])} @[{number(series['histogram'][0])}]"]
    floats = [f"{value} @[{number(at)}]" for at, value in series.get("values", [])]
    histograms = [f"{histogram_line(value)} @[{number(at)}]" for at, value in series.get("histograms", [])]
    return [f"{name} =>", *floats, *histograms]


def number(value: float) -> str:
    """A time in seconds with the decimals it has."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def histogram_line(histogram: dict[str, Any]) -> str:
    """A native histogram in one line."""
    edges = {0: "(]", 1: "[)", 2: "()", 3: "[]"}
    shown = [
        f"{edges[rule][0]}{low},{high}{edges[rule][1]}:{count}"
        for rule, low, high, count in histogram.get("buckets", [])
    ]
    parts = [f"Count: {histogram['count']}", f"Sum: {histogram['sum']}"]
    return ", ".join([*parts, f"Buckets: [{' '.join(shown)}]"])
