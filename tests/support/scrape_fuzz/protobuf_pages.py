"""Random pages of delimited `io.prometheus.client.MetricFamily` messages, native histograms among them.

A page is made from a seed and a step: the same seed with another step is the same page with other values.
"""

import math
import random
import time
from dataclasses import dataclass

from collector.protobuf import put_bytes, put_double, put_int, put_text, put_zigzag, varint

PROTO = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
_NAMES = ("a_total", "b", "c_seconds", "utf.8 name", "h", "long_name_of_a_metric", "")
_LABELS = (
    ("code", "200"),
    ("path", "/a\n"),
    ("empty", ""),
    ("job", "mine"),
    ("u.8", "ü"),
    ("with_a_long_label", "and a long value"),
)
_NUMBERS = (0.0, 1.0, -1.0, 2.5, 1e300, math.inf, -math.inf, math.nan)
_COUNTER, _GAUGE, _SUMMARY, _UNTYPED, _HISTOGRAM, _GAUGE_HISTOGRAM = range(6)
_FIELD = {_COUNTER: 3, _GAUGE: 2, _SUMMARY: 4, _UNTYPED: 5, _HISTOGRAM: 7, _GAUGE_HISTOGRAM: 7}


@dataclass(frozen=True)
class ProtobufPage:
    """What the pages of a target are made from. `native`: its histograms may have native parts; else its bytes may be broken. `stamps`: metrics
    may have times."""

    seed: int
    native: bool
    mutations: int
    stamps: bool

    def at(self, step: int) -> bytes:
        """The page of one scrape."""
        maker = _Maker(random.Random(self.seed), random.Random(self.seed * 1000 + step), self.native, step)
        maker.stamps, maker.broken = self.stamps, self.mutations > 0
        page = b"".join(_delimited(maker.family()) for _ in range(maker.shape.choice((0, 1, 1, 2, 3))))
        return _broken(random.Random(self.seed), page, self.mutations)


def random_page(chance: random.Random, *, native: bool, stamps: bool) -> ProtobufPage:
    """A page with native histograms, or one that may be broken somewhere."""
    return ProtobufPage(chance.randrange(1 << 30), native, 0 if native else chance.choice((0, 0, 1, 2)), stamps)


def _delimited(message: bytes) -> bytes:
    return varint(len(message)) + message


def _broken(chance: random.Random, page: bytes, mutations: int) -> bytes:
    out = bytearray(page)
    for _ in range(mutations if page else 0):
        at = chance.randrange(len(out) + 1)
        match chance.randrange(4):
            case 0:
                out[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del out[at : at + chance.choice((1, 2, 9))]
            case 2:
                out[at:at] = bytes([chance.choice((0, 1, 0x0A, 0x7F, 0xFF))])
            case 3:
                del out[at:]
    return bytes(out)


class _Maker:
    """`shape` decides what is there, `values` what it counts."""

    def __init__(self, shape: random.Random, values: random.Random, native: bool, step: int) -> None:
        self.shape, self.values, self.native, self.step = shape, values, native, step
        self.exemplars = self.stamps = True
        self.broken = False
        self.names = list(
            _NAMES
        )  # each once: of a series that is there twice another sample may win, when they have times or histograms

    def family(self) -> bytes:
        shape = self.shape
        kind = shape.choice((_HISTOGRAM, _HISTOGRAM, _GAUGE_HISTOGRAM) if self.native else range(6))
        name = self.names.pop(shape.randrange(len(self.names)))
        unit = shape.choice(("", "seconds")) if name.endswith("_seconds") else ""  # up to 3.5 others are refused
        head = put_text(1, name) + put_text(2, shape.choice(("", "Help."))) + put_int(3, kind)
        native = self.native and shape.random() < 0.8
        metrics = []
        self.label_sets = set[frozenset[str]]()
        for _ in range(shape.choice((0, 1, 1, 2, 3))):
            self.exemplars = not (
                native and metrics
            )  # in 3.5 those of the other native histograms of a family are lost
            metrics.append(self._metric(kind, native))
        return head + b"".join(put_bytes(4, metric) for metric in metrics) + put_text(5, unit)

    def _metric(self, kind: int, native: bool) -> bytes:
        shape = self.shape
        pairs = shape.sample(_LABELS, shape.choice((0, 0, 1, 1, 2)))
        while frozenset(name for name, value in pairs if value) in self.label_sets:
            pairs = shape.sample(_LABELS, 2)
        self.label_sets.add(frozenset(name for name, value in pairs if value))
        out = b"".join(put_bytes(1, put_text(1, name) + put_text(2, value)) for name, value in pairs)
        content = kind
        if shape.random() < 0.05 and not (native or self.broken or kind == _UNTYPED):
            # Prometheus takes a missing untyped value from the metric before, and looks into content of any type.
            content = shape.randrange(6)
        out += put_bytes(_FIELD[content], self._content(content, native))
        if shape.random() < 0.1 and self.stamps:
            out += put_int(6, (int(time.time()) - 30 + self.step) * 1000)
        return out

    def _content(self, kind: int, native: bool) -> bytes:
        if kind == _SUMMARY:
            return self._summary()
        if kind in (_HISTOGRAM, _GAUGE_HISTOGRAM):
            return self._native() if native else self._classic()
        out = put_double(1, self._number())
        if kind == _COUNTER:
            out += self._exemplar(2) + self._created(3)
        return out

    def _number(self) -> float:
        odd = self.shape.random() < 0.2
        return self.shape.choice(_NUMBERS) if odd else float(self.values.randrange(1000))

    def _summary(self) -> bytes:
        quantiles = self.shape.choice(((), (0.5,), (0.5, 0.99), (1.0, math.nan)))
        out = put_int(1, self.values.randrange(100)) + put_double(2, self._number())
        return (
            out
            + b"".join(put_bytes(3, put_double(1, q) + put_double(2, self._number())) for q in quantiles)
            + self._created(4)
        )

    def _classic(self) -> bytes:
        shape = self.shape
        bounds = shape.choice(
            ((), (1.0,), (0.5, 1.0, 2.0), (1.0, math.inf), (0.1, 1.0, 10.0, math.inf), (2.0, 1.0), (1.0, 1.0))
        )
        counts = sorted(self.values.randrange(50) for _ in bounds)
        total = counts[-1] if counts and (math.isinf(bounds[-1]) or shape.random() < 0.5) else 50
        if shape.random() < 0.1:
            counts.reverse()
        floats = shape.random() < 0.2
        fraction = 0.5 if floats and shape.random() < 0.5 else 0.0
        out = (put_double(4, total + fraction) if floats else put_int(1, total)) + put_double(2, self._number())
        for bound, count in zip(bounds, counts, strict=True):
            self.exemplars = len(set(bounds)) == len(bounds)  # of two buckets that are one series
            counted = put_double(4, count + fraction) if floats else put_int(1, count)
            out += put_bytes(3, counted + put_double(2, bound) + self._exemplar(3))
        return out + self._created(15)

    def _native(self) -> bytes:
        shape = self.shape
        floats = shape.random() < 0.3
        positive, negative = self._side(), self._side() if shape.random() < 0.3 else ([], [])
        zero = self.values.randrange(5) if shape.random() < 0.5 else 0
        total = sum(positive[1]) + sum(negative[1]) + zero + (shape.random() < 0.05)
        out = put_double(4, total + 0.5) if floats else put_int(1, total)
        out += put_double(2, math.nan if shape.random() < 0.05 else float(total)) + put_zigzag(
            5, shape.choice((-4, 0, 0, 1, 3, 8))
        )
        out += put_double(6, shape.choice((1e-128, 0.001)))
        out += put_double(8, float(zero)) if floats else put_int(7, zero)
        for (spans, counts), span_field in ((negative, 9), (positive, 12)):
            out += b"".join(
                put_bytes(span_field, put_zigzag(1, offset) + put_int(2, length)) for offset, length in spans
            )
            out += self._buckets(span_field, counts, floats)
        if shape.random() < 0.3:
            out += put_bytes(3, put_int(1, total) + put_double(2, 1.0) + self._exemplar(3))
        return out + self._created(15) + self._exemplar(16)

    def _side(self) -> tuple[list[tuple[int, int]], list[int]]:
        spans = [
            (self.shape.choice((0, 0, 1, 2, 5)), self.shape.choice((0, 1, 1, 2, 4)))
            for _ in range(self.shape.choice((0, 1, 2, 3)))
        ]
        if spans and self.shape.random() < 0.3:
            spans[0] = (-3, spans[0][1])
        return spans, [self.values.choice((0, 1, 1, 2, 7)) for _ in range(sum(length for _, length in spans))]

    def _buckets(self, span_field: int, counts: list[int], floats: bool) -> bytes:
        if floats:
            return b"".join(put_double(span_field + 2, float(count)) for count in counts)
        deltas = [count - before for before, count in zip([0, *counts], counts, strict=False)]
        packed = b"".join(varint((delta << 1) ^ (delta >> 63)) for delta in deltas)
        return put_bytes(span_field + 1, packed) if counts else b""

    def _exemplar(self, field: int) -> bytes:
        if self.shape.random() < 0.7 or not self.exemplars:
            return b""
        out = put_bytes(1, put_text(1, "trace") + put_text(2, f"t{self.shape.randrange(99)}")) + put_double(
            2, float(self.values.randrange(9))
        )
        # Without a time the exemplar of a converted histogram takes that of an earlier one in Prometheus.
        if self.shape.random() < 0.7 or not self.stamps:
            out += put_bytes(3, put_int(1, int(time.time()) - 30 + self.step))
        return put_bytes(field, out)

    def _created(self, field: int) -> bytes:
        if self.shape.random() < 0.6:
            return b""
        return put_bytes(field, put_int(1, int(time.time()) - 60) + put_int(2, 500_000_000))
