"""Escaping for HTML, JavaScript and URLs as Go's template packages do it.

`text/template` has `html`, `js` and `urlquery`; `html/template` escapes by context, of which the three that matter are known here: text
and plain attributes, URL attributes, and scripts.
"""

import re
from typing import Final
from urllib.parse import quote, quote_plus

import orjson


class SafeHtml(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


_HTML: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;", "\0": "\ufffd"})
_HTML_STRICT: Final = _HTML | str.maketrans({"+": "&#43;"})
_JS: Final = str.maketrans(
    {
        "\\": r"\\",
        "'": r"\'",
        '"': r"\"",
        "<": r"\u003C",
        ">": r"\u003E",
        "&": r"\u0026",
        "=": r"\u003D",
        **{chr(code): f"\\u{code:04X}" for code in range(32)},
    }
)
_IN_URL_ATTRIBUTE: Final = re.compile(
    r"""(?:href|src|action|formaction|cite|poster)\s*=\s*(["'])[^"']*$""", re.IGNORECASE
)
_IN_SCRIPT: Final = re.compile(r"<script\b[^>]*>(?:(?!</script).)*$", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"([^/?#:]*):")
_SAFE_URL: Final = "!#$%&*+,-./:;=?@_~[]"


def html_text(text: str) -> str:
    """`html` of text/template."""
    return text.translate(_HTML)


def js_text(text: str) -> str:
    """`js` of text/template: the inside of a JavaScript string."""
    return text.translate(_JS)


def url_query(text: str) -> str:
    """`urlquery`: a query parameter, blanks as `+`."""
    return quote_plus(text, safe="-_.~")


def by_context(shown: str, value: object, before: str) -> str:
    """How html/template writes a value after the output `before`."""
    if isinstance(value, SafeHtml):
        return str(value)
    if _IN_SCRIPT.search(before[-4096:]):
        return _script_value(value, shown)
    if _IN_URL_ATTRIBUTE.search(before[-2048:]):
        return _url(shown, before)
    return shown.translate(_HTML_STRICT)


def _url(text: str, before: str) -> str:
    at_start = before.rstrip()[-1:] in "\"'"
    scheme = _SCHEME.match(text)
    if at_start and scheme and scheme[1].lower() not in ("http", "https", "mailto"):
        return "#ZgotmplZ"
    if not at_start and "?" in before[max(before.rfind('"'), before.rfind("'")) :]:
        return quote(text, safe="-_.~")
    return quote(text, safe=_SAFE_URL).translate(_HTML)


def _script_value(value: object, shown: str) -> str:
    plain = value if isinstance(value, str | int | float | bool | list | dict | None) else shown
    return (
        orjson.dumps(plain, option=orjson.OPT_NON_STR_KEYS)
        .decode()
        .translate({60: "\\u003c", 62: "\\u003e", 38: "\\u0026"})
    )
