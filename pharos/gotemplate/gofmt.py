"""Go's `fmt`: `sprintf`, `sprint`, `sprintln` over Python values.

Source: the documentation of Go's `fmt` package. A wrong verb or a missing argument is no error there either: it is printed as
`%!d(string=hi)`.
"""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pharos.exposition import format_value
from pharos.gotemplate.values import type_name

_DIRECTIVE: Final = re.compile(r"%([-+# 0]*)(\[\d+\])?(\d+|\*)?(?:(\.)(\[\d+\])?(\d+|\*)?)?(\[\d+\])?(.)?", re.DOTALL)
_MAX_WIDTH: Final = 1000
_SHORT_ESCAPES: Final = {
    "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v", "\\": "\\\\",
}  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True)
class Spec:
    """One directive: flags, width, precision (None when not given) and verb."""

    verb: str
    flags: str = ""
    width: int | None = None
    precision: int | None = None

    def pad(self, text: str, *, zeros: bool = False) -> str:
        if self.width is None or len(text) >= self.width:
            return text
        if "-" in self.flags:
            return text.ljust(self.width)
        if "0" in self.flags and zeros:
            sign = text[:1] if text[:1] in ("+", "-", " ") else ""
            return sign + text[len(sign) :].rjust(self.width - len(sign), "0")
        return text.rjust(self.width)


class _Arguments:
    """The arguments of one call and which come next."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values, self.next, self.reordered = values, 0, False

    def jump(self, index: str | None) -> None:
        if index:
            self.next, self.reordered = int(index[1:-1]) - 1, True

    def take(self) -> tuple[Any, bool]:
        """The next value and whether there is one."""
        if not 0 <= self.next < len(self.values):
            return None, False
        self.next += 1
        return self.values[self.next - 1], True

    def number(self, text: str | None) -> int | None:
        """A width or precision, `*` taken from the arguments."""
        if text is None:
            return None
        value = self.take()[0] if text == "*" else int(text)
        return min(value, _MAX_WIDTH) if isinstance(value, int) else None


def sprintf(template: str, *values: Any) -> str:
    """Go's `fmt.Sprintf`."""
    arguments = _Arguments(values)
    text = _DIRECTIVE.sub(lambda match: _directive(match, arguments), template)
    if not arguments.reordered and arguments.next < len(values):
        extra = ", ".join("<nil>" if v is None else f"{type_name(v)}={_verbose(v)}" for v in values[arguments.next :])
        text += f"%!(EXTRA {extra})"
    return text


def sprint(*values: Any) -> str:
    """Go's `fmt.Sprint`: a blank between operands when neither is a string."""
    out: list[str] = []
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            out.append(" ")
        out.append(_verbose(value))
    return "".join(out)


def sprintln(*values: Any) -> str:
    """Go's `fmt.Sprintln`."""
    return " ".join(_verbose(value) for value in values) + "\n"


def _directive(match: re.Match[str], arguments: _Arguments) -> str:
    flags, first, width, dot, second, precision, third, verb = match.groups()
    if verb == "%":
        return "%"
    arguments.jump(first)
    width_value = arguments.number(width)
    arguments.jump(second)
    precision_value = (arguments.number(precision) or 0) if dot else None
    arguments.jump(third)
    if verb is None:
        return "%!(NOVERB)"
    if width_value is not None and width_value < 0:
        flags, width_value = flags + "-", -width_value
    value, there = arguments.take()
    if not there:
        return f"%!{verb}({'BADINDEX' if arguments.reordered else 'MISSING'})"
    return format_with(value, Spec(verb, flags, width_value, precision_value))


def _verbose(value: Any) -> str:
    return format_with(value, Spec("v"))


def format_with(value: Any, spec: Spec) -> str:
    """One value by one directive."""
    if spec.verb == "T":
        return spec.pad(type_name(value))
    if value is None:
        return spec.pad("<nil>") if spec.verb == "v" else f"%!{spec.verb}(<nil>)"
    if isinstance(value, bool):
        return spec.pad("true" if value else "false") if spec.verb in "tv" else _bad(value, spec)
    if isinstance(value, int):
        return _integer(value, spec)
    if isinstance(value, float):
        return _float(value, spec)
    if isinstance(value, str):
        return _string(value, spec)
    if isinstance(value, Mapping):
        inner = " ".join(f"{format_with(k, spec)}:{format_with(value[k], spec)}" for k in sorted(value))
        return f"map[{inner}]"
    if isinstance(value, list | tuple):
        return f"[{' '.join(format_with(item, spec) for item in value)}]"
    return _object(value, spec)


def _object(value: Any, spec: Spec) -> str:
    """A value with a text form of its own, else a struct in braces."""
    if dataclasses.is_dataclass(value) and "__str__" not in vars(type(value)):
        names = [field.name for field in dataclasses.fields(value)]
        shown = [(f"{name}:" if "+" in spec.flags else "") + format_with(getattr(value, name), spec) for name in names]
        return f"{{{' '.join(shown)}}}"
    number = getattr(value, "go_number", None)
    if number is not None and spec.verb not in "vsq":
        return format_with(number(), spec)
    return _string(str(value), spec)


def _bad(value: Any, spec: Spec) -> str:
    return f"%!{spec.verb}({type_name(value)}={_verbose(value)})"


def _string(value: str, spec: Spec) -> str:
    cut = value if spec.precision is None else value[: spec.precision]
    match spec.verb:
        case "s" | "v":
            return spec.pad(quote(cut) if spec.verb == "v" and "#" in spec.flags else cut, zeros=True)
        case "q":
            return spec.pad(
                f"`{cut}`" if "#" in spec.flags and "`" not in cut else quote(cut, ascii_only="+" in spec.flags)
            )
        case "x" | "X":
            shown = cut.encode().hex(" " if " " in spec.flags else b"") if " " in spec.flags else cut.encode().hex()
            return spec.pad(shown.upper() if spec.verb == "X" else shown)
    return _bad(value, spec)


def quote(text: str, *, ascii_only: bool = False) -> str:
    """`strconv.Quote`; bytes that are not UTF-8 come as lone surrogates."""
    return '"' + "".join(_escaped(char, '"', ascii_only) for char in text) + '"'


def _escaped(char: str, quotes: str, ascii_only: bool) -> str:
    if char == quotes:
        return "\\" + char
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if (ascii_only and code > 0x7F) or not char.isprintable():
        return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def _integer(value: int, spec: Spec) -> str:
    digits = {"d": "d", "v": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}.get(spec.verb)
    if digits is not None:
        return _digits(value, spec, digits)
    if spec.verb == "c":
        return spec.pad(chr(value) if 0 <= value < 0x110000 else "\ufffd")
    if spec.verb == "q":
        return spec.pad("'" + _escaped(chr(value), "'", "+" in spec.flags) + "'")
    if spec.verb == "U":
        return spec.pad(f"U+{value:04X}")
    return _bad(value, spec)


def _digits(value: int, spec: Spec, code: str) -> str:
    body = format(abs(value), code)
    if spec.precision is not None:
        body = "" if spec.precision == 0 and value == 0 else body.rjust(spec.precision, "0")
    if spec.verb == "O":
        body = "0o" + body
    elif "#" in spec.flags:
        body = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(code, "") + body
    return spec.pad(_signed(body, value < 0, spec), zeros=spec.precision is None)


def _signed(body: str, negative: bool, spec: Spec) -> str:
    if negative:
        return "-" + body
    return ("+" if "+" in spec.flags and spec.verb != "v" else " " if " " in spec.flags else "") + body


def _float(value: float, spec: Spec) -> str:
    if spec.verb not in "vgGeEfFxX":
        return _bad(value, spec)
    if math.isnan(value) or math.isinf(value):
        body = "NaN" if math.isnan(value) else "Inf"
        sign = "-" if value == -math.inf else "+" if math.isinf(value) or "+" in spec.flags else ""
        return spec.pad(sign + body)
    negative = math.copysign(1, value) < 0
    return spec.pad(_signed(_float_body(abs(value), spec), negative, spec), zeros=True)


def _float_body(value: float, spec: Spec) -> str:
    match spec.verb:
        case "e" | "E" | "f" | "F":
            return format(value, f".{6 if spec.precision is None else spec.precision}{spec.verb}")
        case "x" | "X":
            return _hexadecimal(value, spec)
    if spec.precision is not None:
        body = format(
            value,
            f".{spec.precision}{'#' if '#' in spec.flags else ''}g".replace(
                f".{spec.precision}#", f"#.{spec.precision}"
            ),
        )
    else:
        body = format_value(value)
    return body.upper() if spec.verb == "G" else body


def _hexadecimal(value: float, spec: Spec) -> str:
    mantissa, _, exponent = value.hex().partition("p")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = int(exponent)
    body = f"{mantissa if value else '0x0'}p{'-' if power < 0 else '+'}{abs(power):02d}"
    return body.upper() if spec.verb == "X" else body
