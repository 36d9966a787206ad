"""`/federate`: the newest sample of chosen series as a scrape page for another server."""

from collections.abc import Iterator, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.api.context import ApiContext
from collector.api.errors import ApiError
from collector.api.parameters import Parameters
from collector.latest import latest_samples
from pharos.exposition import CONTENT_TYPE, format_value
from pharos.labels import METRIC_NAME, Labels, escape_value, is_legacy_label_name, is_legacy_metric_name, label_set
from pharos.matchers import Matcher


async def federate(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """The page; a bad selector is answered with plain text, for scrapers read no JSON."""
    try:
        selectors = parameters.matchers()
    except ApiError as error:
        return PlainTextResponse(error.message.split(": ", 1)[1] + "\n", 400)
    now = context.now_ms()
    start = now - context.settings.lookback_ms
    external = context.state.config.global_.external_labels
    page = await context.runner.call(lambda: _page(context, selectors, start, now, external))
    return Response(page, media_type=CONTENT_TYPE)


def _page(
    context: ApiContext, selectors: list[list[Matcher]], start: int, end: int, external: Mapping[str, str]
) -> bytes:
    found: dict[tuple[tuple[str, str], ...], tuple[Labels, int, float]] = {}
    for matchers in selectors:
        selection = context.storage.select(matchers, start, end)
        for row, when_ms, value, histogram in latest_samples(selection):
            if histogram is None:
                labels = selection.labels.labels(row)
                found.setdefault(label_set(labels), (labels, when_ms, value))
    rows = sorted(found.values(), key=lambda row: (row[0].get(METRIC_NAME, ""), sorted(row[0].items())))
    return "".join(_lines(rows, external)).encode()


def _lines(rows: list[tuple[Labels, int, float]], external: Mapping[str, str]) -> Iterator[str]:
    previous = None
    for labels, when_ms, value in rows:
        name = labels.get(METRIC_NAME, "")
        legacy = is_legacy_metric_name(name)
        quoted = f'"{escape_value(name)}"'
        if name != previous:
            yield f"# TYPE {name if legacy else quoted} untyped\n"
            previous = name
        pairs = [] if legacy else [quoted]
        shown = {key: text for key, text in labels.items() if key != METRIC_NAME}
        for key in sorted(external):
            shown.setdefault(key, external[key])
        shown.setdefault("instance", "")
        pairs += [f'{_label_name(key)}="{escape_value(text)}"' for key, text in shown.items()]
        yield f"{name if legacy else ''}{{{','.join(pairs)}}} {format_value(value)} {when_ms}\n"


def _label_name(name: str) -> str:
    return name if is_legacy_label_name(name) else f'"{escape_value(name)}"'
