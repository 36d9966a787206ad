"""Label matchers as a user types them (`severity=critical, job=~"node.*"`), in the shape Alertmanager's API wants."""

import re
from typing import Any, Final

_MATCHER: Final = re.compile(r'\s*([A-Za-z_][\w.:/-]*)\s*(=~|!~|!=|=)\s*("(?:\\.|[^"\\])*"|[^,\s"]+)\s*(?:,|$)')


def parse_matchers(text: str) -> list[dict[str, Any]]:
    """Matchers separated by commas, braces allowed around them. Raises `ValueError` that shows where reading stopped."""
    text = text.strip().removeprefix("{").removesuffix("}").strip()
    position, found = 0, []
    while position < len(text):
        match = _MATCHER.match(text, position)
        if match is None:
            raise ValueError(
                f"cannot read {text[position:]!r}: expected name=value, name!=value, name=~regex or name!~regex"
            )
        name, operator, value = match.groups()
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.append(
            {"name": name, "value": value, "isRegex": operator.endswith("~"), "isEqual": not operator.startswith("!")}
        )
        position = match.end()
    if not found:
        raise ValueError("at least one matcher is needed, for example alertname=InstanceDown")
    return found


def format_matcher(matcher: dict[str, Any]) -> str:
    """`name=~"value"`."""
    equal = matcher.get("isEqual", True)
    operator = ("=~" if equal else "!~") if matcher.get("isRegex") else ("=" if equal else "!=")
    value = str(matcher["value"]).replace("\\", "\\\\").replace('"', '\\"')
    return f'{matcher["name"]}{operator}"{value}"'
