"""What Prometheus 3.5, the newest that is to be had as a package, answers differently from 3.14, whose rules this engine follows.

Each rule was read from the change in Prometheus; the `.test` scripts of 3.14 say what is right. Nothing else is let pass.
"""

import re
from typing import Any

from tests.support.same_answers import difference

Answer = dict[str, Any]

# Remarks about histograms that name the metric in 3.5 always, later only when names are dropped last; where they point; what they count.
_NAMED = re.compile(
    r'(bucket label "le" is missing or has a malformed value of ".*?"|vector contains a mix of classic and native histograms'
    r"|needed to be fixed for monotonicity \(see [^)]*\)|result is NaN|result is skewed higher|excluded from all fractions)"
    r'(?: for metric name ".*?")?(?:, from buckets .*)? \((\d+:\d+)\)$'
)
_POINTING_ELSEWHERE = ("input to histogram_quantile", "input to histogram_fraction")
_BEFORE_PARENTHESES = re.compile(r"(quantile value should be between|ignored histograms in a range)(.*) \(\d+:\d+\)$")
_GOT = re.compile(r"(?<=, )got ([-+.\deE]+)$")  # the last digit of `^` and `atan2` may differ
_NEW_REMARKS = ("sort is ineffective", "conflicting counter resets", "mismatched custom buckets were reconciled")
# Of floats, exponential and custom histograms in one aggregation the order says what is remarked; series of one query have none here.
_BY_ORDER = (
    "encountered a mix of histograms and floats for aggregation",
    "vector contains a mix of histograms with exponential and custom",
)
_ONLY_OLD = "vector contains histograms with incompatible custom buckets"
_RATES = re.compile(r"\b(rate|increase)\(")


def explained(expression: str, kinds: set[str], theirs: Answer, ours: Answer) -> str | None:
    """Why two answers differ, when the version explains it. `kinds`: what the metrics of the data set are."""
    if difference(_plain(theirs), _plain(ours)) is None:
        return "remarks about histograms"
    if any(_ONLY_OLD in text for text in theirs.get("warnings", [])):
        return "custom buckets with other bounds are reconciled"
    if _RATES.search(expression) and kinds & {"native", "mixed", "classic"} and _same_remarks(theirs, ours):
        return "rates of native histograms do not reach below zero"
    if "histogram_fraction(" in expression and "classic" in kinds and _same_remarks(theirs, ours):
        return "the first bucket of a classic histogram begins at 0"
    if "info(" in expression:
        return "info() was rewritten"
    both = theirs.get("error", ""), ours.get("error", "")
    if all(text.startswith("found duplicate series for the match group") for text in both):
        return "which two of several series are named"
    if both[1].startswith(("multiple matches for labels", "found duplicate series")) and not both[0]:
        return "matches are looked for before a comparison drops any"
    return None


def _same_remarks(theirs: Answer, ours: Answer) -> bool:
    left, right = _plain(theirs), _plain(ours)
    return all(left.get(key) == right.get(key) for key in ("warnings", "infos", "status"))


def _plain(answer: Answer) -> Answer:
    """The answer with remarks as far as both versions agree on them."""
    plain = dict(answer)
    for key in ("warnings", "infos"):
        texts = {
            _plain_text(text)
            for text in answer.get(key, [])
            if not any(words in text for words in (*_NEW_REMARKS, *_BY_ORDER))
        }
        many = [text for text in texts if "annotations omitted" in text]
        plain[key] = many or sorted(texts)  # which ten of many are shown is chance
    return plain


def _plain_text(text: str) -> str:
    found = _NAMED.search(text)
    if found is None:
        return _GOT.sub(lambda number: f"got {float(number[1]):.12g}", _BEFORE_PARENTHESES.sub(r"\1\2", text))
    if any(words in text for words in _POINTING_ELSEWHERE):
        return found[1]
    return f"{found[1]} {found[2]}"
