"""Which functions there are and what they take: all a parser needs to know of them."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ValueType: TypeAlias = Literal["scalar", "vector", "matrix", "string", "none"]

DOCUMENTED: Final = {"vector": "instant vector", "matrix": "range vector", "scalar": "scalar", "string": "string"}


@dataclass(frozen=True, slots=True)
class Signature:
    """Argument types and result of a function.

    variadic: 0 exactly these arguments; n > 0 the last one may be missing and repeated so that n more than the others are allowed; -1 any number.
    """

    name: str
    args: tuple[ValueType, ...]
    variadic: int = 0
    returns: ValueType = "vector"
    experimental: bool = False


def _signatures() -> dict[str, Signature]:
    table: dict[str, Signature] = {}

    def add(
        names: str, *args: ValueType, variadic: int = 0, returns: ValueType = "vector", experimental: bool = False
    ) -> None:
        for name in names.split():
            table[name] = Signature(name, args, variadic, returns, experimental)

    add(
        "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count",
        "vector",
    )
    add(
        "histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh",
        "vector",
    )
    add("timestamp", "vector")
    add(
        "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate",
        "matrix",
    )
    add(
        "last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time",
        "matrix",
    )
    add("sum_over_time", "matrix")
    add("day_of_month day_of_week day_of_year days_in_month hour minute month year", "vector", variadic=1)
    add("clamp", "vector", "scalar", "scalar")
    add("clamp_max clamp_min", "vector", "scalar")
    add("round", "vector", "scalar", variadic=1)
    add("histogram_fraction", "scalar", "scalar", "vector")
    add("histogram_quantile", "scalar", "vector")
    add("quantile_over_time", "scalar", "matrix")
    add("predict_linear", "matrix", "scalar")
    add("label_replace", "vector", "string", "string", "string", "string")
    add("label_join", "vector", "string", "string", "string", variadic=-1)
    add("pi time", returns="scalar")
    add("scalar", "vector", returns="scalar")
    add("vector", "scalar")
    add("start end step range", returns="scalar", experimental=True)
    add("max_of min_of", "scalar", "scalar", returns="scalar", experimental=True)
    add("histogram_quantiles", "vector", "string", "scalar", "scalar", variadic=9, experimental=True)
    add("double_exponential_smoothing", "matrix", "scalar", "scalar", experimental=True)
    add("info", "vector", "vector", variadic=1, experimental=True)
    add("mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time", "matrix", experimental=True)
    add("ts_of_min_over_time", "matrix", experimental=True)
    add("sort_by_label sort_by_label_desc", "vector", "string", variadic=-1, experimental=True)
    add("start_timestamp", "vector", experimental=True)
    return table


SIGNATURES: Final = _signatures()
