"""Which parts of the language are on."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ParserOptions:
    """Which experimental parts of the language are on."""

    experimental_functions: bool = False
    duration_expressions: bool = False
    extended_selectors: bool = False
    fill_modifiers: bool = False


def options_of(features: Iterable[str]) -> ParserOptions:
    """Parser options of a set of feature flags, named as in Prometheus."""
    on = frozenset(features)
    return ParserOptions(
        experimental_functions="promql-experimental-functions" in on,
        duration_expressions="promql-duration-expr" in on,
        extended_selectors="promql-extended-range-selectors" in on,
        fill_modifiers="promql-binop-fill-modifiers" in on,
    )
