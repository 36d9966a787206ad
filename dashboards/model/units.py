"""Grafana's unit ids: how a number is written. The table is also given to the browser, whose formatter is the twin of this one.

Kinds: `si` scales by 1000, `iec` by 1024, `time` walks through the units of time, `fixed` never scales, `date` is a moment in ms.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Unit:
    """`factor` brings a value to the base of its kind (seconds, 1); `suffix` follows the scaled prefix."""

    kind: Literal["si", "iec", "time", "fixed", "date"]
    suffix: str = ""
    factor: float = 1.0
    space: bool = True


def _table() -> dict[str, Unit]:
    units = {
        "none": Unit("fixed"), "string": Unit("fixed"), "": Unit("si", "", space=False), "short": Unit("si", "", space=False),
        "locale": Unit("fixed"), "sishort": Unit("si", ""),
        "percent": Unit("fixed", "%", space=False), "percentunit": Unit("fixed", "%", 100.0, space=False),
        "humidity": Unit("fixed", "%H"), "celsius": Unit("fixed", "°C"), "fahrenheit": Unit("fixed", "°F"), "kelvin": Unit("fixed", "K"),
        "bytes": Unit("iec", "B"), "kbytes": Unit("iec", "B", 1024.0), "mbytes": Unit("iec", "B", 1024.0**2), "gbytes": Unit("iec", "B", 1024.0**3),
        "decbytes": Unit("si", "B"), "deckbytes": Unit("si", "B", 1e3), "decmbytes": Unit("si", "B", 1e6), "decgbytes": Unit("si", "B", 1e9),
        "bits": Unit("iec", "b"), "decbits": Unit("si", "b"),
        "Bps": Unit("si", "B/s"), "binBps": Unit("iec", "B/s"), "bps": Unit("si", "b/s"), "binbps": Unit("iec", "b/s"), "KBs": Unit("si", "B/s", 1e3),
        "MBs": Unit("si", "B/s", 1e6), "Kbits": Unit("si", "b/s", 1e3), "Mbits": Unit("si", "b/s", 1e6), "pps": Unit("si", "p/s"),
        "ns": Unit("time", "", 1e-9), "µs": Unit("time", "", 1e-6), "us": Unit("time", "", 1e-6), "ms": Unit("time", "", 1e-3),
        "s": Unit("time"), "m": Unit("time", "", 60.0), "h": Unit("time", "", 3600.0), "d": Unit("time", "", 86400.0),
        "dtdurations": Unit("time"), "dtdurationms": Unit("time", "", 1e-3), "dthms": Unit("time"), "clocks": Unit("time"),
        "dateTimeAsIso": Unit("date"), "dateTimeAsIsoNoDateIfToday": Unit("date"), "dateTimeAsUS": Unit("date"),
        "dateTimeAsLocal": Unit("date"), "dateTimeAsSystem": Unit("date"), "dateTimeFromNow": Unit("date"),
        "hertz": Unit("si", "Hz"), "rothz": Unit("si", "Hz"), "volt": Unit("si", "V"), "amp": Unit("si", "A"), "watt": Unit("si", "W"),
        "joule": Unit("si", "J"), "watth": Unit("si", "Wh"), "kwatth": Unit("si", "Wh", 1e3), "rotrpm": Unit("si", "rpm"), "dBm": Unit("fixed", "dBm"), "lux": Unit("si", "lx"),
        "currencyUSD": Unit("fixed", "$"), "conngps": Unit("si", "con/s"), "bool": Unit("fixed"), "bool_yes_no": Unit("fixed"), "bool_on_off": Unit("fixed"),
    }  # fmt: skip
    rates = {
        "cps": "c/s", "ops": "ops/s", "reqps": "req/s", "rps": "rd/s", "wps": "wr/s", "iops": "io/s", "eps": "evt/s", "mps": "msg/s",
        "recps": "rec/s", "rowsps": "rows/s", "cpm": "c/min", "opm": "ops/min", "reqpm": "req/min", "rpm": "rd/min", "wpm": "wr/min", "epm": "evt/min", "mpm": "msg/min",
    }  # fmt: skip
    units.update({name: Unit("si", suffix) for name, suffix in rates.items()})
    return units


UNITS: Final = _table()
_SI: Final = ("", "K", "M", "G", "T", "P", "E", "Z")
_SMALL: Final = ("", "m", "µ", "n", "p")
_IEC: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_TIME: Final = (
    (31536000.0, "y"), (604800.0, "w"), (86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"),
)  # fmt: skip


def unit_of(name: str) -> Unit:
    """The unit of an id. Unknown ids, also `suffix:x`, show the number and the id's text."""
    known = UNITS.get(name)
    if known is not None:
        return known
    prefix, colon, rest = name.partition(":")
    if colon and prefix == "si":
        return Unit("si", rest)
    return Unit("fixed", rest if colon else name)


def format_value(value: float, unit_id: str = "short", decimals: int | None = None) -> str:
    """The number with its unit, as a panel shows it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    unit = unit_of(unit_id)
    if unit.kind == "date":
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    scaled, suffix = _scale(value * unit.factor, unit)
    text = format_number(scaled, decimals)
    if not suffix:
        return text
    return f"{text} {suffix}" if unit.space and suffix.strip() else text + suffix


def _scale(value: float, unit: Unit) -> tuple[float, str]:
    size = abs(value)
    if unit.kind == "fixed" or size == 0:
        return value, "s" if unit.kind == "time" else unit.suffix
    if unit.kind == "time":
        for length, name in _TIME:
            if size >= length:
                return value / length, name
        return value / 1e-9, "ns"
    base, names = (1024.0, _IEC) if unit.kind == "iec" else (1000.0, _SI)
    power = min(int(math.log(size, base) + 1e-9), len(names) - 1) if size >= 1 else 0
    if size < 1 and unit.kind == "si" and unit.suffix and size < 0.01:
        power = min(int(-math.log(size, 1000.0)) + 1, len(_SMALL) - 1)
        return value * 1000.0**power, _SMALL[power] + unit.suffix
    return value / base**power, names[power] + unit.suffix


def format_number(value: float, decimals: int | None = None) -> str:
    """About three significant digits, without a tail of zeros, unless `decimals` fixes their count."""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    size = abs(value)
    if size >= 100 or size == 0:
        places = 0
    elif size >= 10:
        places = 1
    elif size >= 1:
        places = 2
    else:
        places = min(-math.floor(math.log10(size)) + 1, 9)
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
