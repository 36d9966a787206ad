"""`/federate`: the newest sample of chosen series as a scrape page for another server."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from collector.api.context import ApiContext
from collector.api.errors import ApiError
from collector.api.federate_protobuf import encode_family
from collector.api.parameters import Parameters, any_selector
from collector.histogram import CounterReset, FloatHistogram
from collector.latest import latest_samples
from pharos.exposition import format_value
from pharos.http.escaping import escaped_name, escaping_of
from pharos.labels import METRIC_NAME, Labels, escape_value, is_legacy_label_name, is_legacy_metric_name, label_set
from pharos.matchers import Matcher

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"


@dataclass(frozen=True, slots=True)
class FederatedSample:
    """One line of the page; the labels are without the name, external ones included."""

    name: str
    labels: Labels
    time_ms: int
    value: float
    histogram: FloatHistogram | None

    @property
    def family(self) -> tuple[str, str]:
        """Name and type: neighbours that share them are one family."""
        if self.histogram is None:
            return self.name, "untyped"
        return self.name, "gaugehistogram" if self.histogram.counter_reset is CounterReset.GAUGE else "histogram"


async def federate(context: ApiContext, request: Request, parameters: Parameters) -> Response:
    """The page; a bad selector is answered with plain text, for scrapers read no JSON."""
    try:
        selectors = [any_selector(text) for text in parameters.texts("match[]")]
    except ApiError as error:
        return PlainTextResponse(error.message.split(": ", 1)[1] + "\n", 400)
    now = context.now_ms()
    start = now - context.settings.lookback_ms
    external = {"instance": "", **context.state.config.global_.external_labels}
    accept = request.headers.get("accept", "")
    escaping, protobuf = escaping_of(accept), "application/vnd.google.protobuf" in accept and "delimited" in accept

    def page() -> bytes:
        samples = _samples(context, selectors, start, now, dict(sorted(external.items())))
        escaped = (_escaped(sample, escaping) for sample in samples if protobuf or sample.histogram is None)
        return b"".join(_families(escaped)) if protobuf else "".join(_lines(escaped)).encode()

    body = await context.runner.call(page)
    return Response(body, media_type=f"{_PROTOBUF if protobuf else _TEXT}; escaping={escaping}")


def _samples(
    context: ApiContext, selectors: list[list[Matcher]], start: int, end: int, external: Mapping[str, str]
) -> list[FederatedSample]:
    found: dict[tuple[tuple[str, str], ...], FederatedSample] = {}
    for matchers in selectors:
        if not matchers:  # selects nothing, where a query would be refused
            continue
        selection = context.storage.select(matchers, start, end)
        for row, when_ms, value, histogram in latest_samples(selection):
            labels = selection.labels.labels(row)
            key = label_set(labels)
            if key in found or METRIC_NAME not in labels:
                continue
            shown = {name: text for name, text in labels.items() if name != METRIC_NAME}
            for name, text in external.items():
                shown.setdefault(name, text)
            found[key] = FederatedSample(labels[METRIC_NAME], shown, when_ms, value, histogram)
    return [found[key] for key in sorted(found, key=lambda key: (found[key].name, key))]


def _escaped(sample: FederatedSample, escaping: str) -> FederatedSample:
    labels = {escaped_name(name, escaping): text for name, text in sample.labels.items()}
    return FederatedSample(escaped_name(sample.name, escaping), labels, sample.time_ms, sample.value, sample.histogram)


def _lines(samples: Iterator[FederatedSample]) -> Iterator[str]:
    previous = None
    for sample in samples:
        legacy = is_legacy_metric_name(sample.name)
        quoted = f'"{escape_value(sample.name)}"'
        if sample.name != previous:
            yield f"# TYPE {sample.name if legacy else quoted} untyped\n"
            previous = sample.name
        pairs = [] if legacy else [quoted]
        pairs += [f'{_label_name(key)}="{escape_value(text)}"' for key, text in sample.labels.items()]
        name = sample.name if legacy else ""
        yield f"{name}{{{','.join(pairs)}}} {format_value(sample.value or 0.0)} {sample.time_ms}\n"


def _label_name(name: str) -> str:
    return name if is_legacy_label_name(name) else f'"{escape_value(name)}"'


def _families(samples: Iterator[FederatedSample]) -> Iterator[bytes]:
    together: list[FederatedSample] = []
    for sample in samples:
        if together and together[0].family != sample.family:
            yield encode_family(together)
            together = []
        together.append(sample)
    if together:
        yield encode_family(together)
