"""What two servers stored of the same targets, side by side, and which differences are meant."""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from collector.scrape.fetch import FetchError
from collector.scrape.fetch.response import MAX_BODY_BYTES, gunzip
from collector.scrape.formats import parsers
from collector.scrape.page import ParseOptions
from tests.support.scrape_fuzz.cases import STEPS, Case
from tests.support.scrape_fuzz.protobuf_pages import PROTO
from tests.support.scrape_fuzz.stored import Found, Stored
from tests.support.scrape_fuzz.text_pages import OPEN, TEXT

_FORMATS = {TEXT: "PrometheusText0.0.4", OPEN: "OpenMetricsText1.0.0", PROTO: "PrometheusProto"}
_LATE = "context deadline exceeded"


def late_cases(failures: Path) -> set[int]:
    """Cases that were not answered in time, by a server's log of failures: on a busy machine that says nothing."""
    lines = failures.read_text().splitlines() if failures.exists() else []
    return {int(json.loads(line)["target"].rpartition("/")[2]) for line in lines if _LATE in line}


def differences(cases: Sequence[Case], theirs: Found, ours: Found) -> Iterator[tuple[int, str]]:
    """Numbers of cases, and what differs there."""
    for number, case in enumerate(cases):
        known, found = theirs.get(number, {}), ours.get(number, {})
        failed, retyped = _failed_scrapes(known), _is_retyped(case)
        for key in sorted(known.keys() | found.keys()):
            labels = json.loads(key)
            name = labels["__name__"]
            left, right = known.get(key, {}), found.get(key, {})
            wrong = [
                f"{place}: theirs {left.get(place)} ours {right.get(place)}"
                for place in _places(left, right)
                if left.get(place) != right.get(place)
                and not _explained(case, name, place, left.get(place), right.get(place), failed)
                and not (retyped and (name == "scrape_series_added" or "le" in labels or "quantile" in labels))
            ]
            if wrong:
                yield number, "\n    ".join([key, *wrong])


def _places(theirs: dict[str, str], ours: dict[str, str]) -> list[str]:
    """The scrapes that both servers have done, and samples with times of their own."""
    scrapes = {f"scrape {number}" for number in range(STEPS)}
    return sorted(place for place in theirs.keys() | ours.keys() if place in scrapes or not place.startswith("scrape"))


def _failed_scrapes(stored: Stored) -> set[int]:
    """Which scrapes of a target failed."""
    up = next((samples for key, samples in stored.items() if json.loads(key)["__name__"] == "up"), {})
    return {number for number in range(STEPS) if up.get(f"scrape {number}") == "0.0"}


def _explained(case: Case, name: str, place: str, theirs: str | None, ours: str | None, failed: set[int]) -> bool:
    """Whether a difference is meant, or says nothing."""
    number = int(place.removeprefix("scrape ")) if place.startswith("scrape") else STEPS
    if name == "scrape_duration_seconds":
        return True
    if name == "scrape_body_size_bytes":  # Prometheus may see the limit before it sees that an archive is broken
        return number in failed
    if name.startswith("scrape_samples"):  # two things are wrong at once: over a limit, and what must not be stored
        return number in failed and case.job in ("few", "coarse") and case.answers[0].kind == PROTO
    if (
        name == "scrape_series_added"
    ):  # Prometheus remembers what it read of a page that failed, and does not count what came too late
        return (bool(failed) and min(failed) <= number) or _has_stamps(case)
    if theirs and ours and "h.custom_values=()" in theirs:  # Prometheus loses them on the way to the reader
        return theirs == re.sub(r"h\.custom_values=\([^)]*\)", "h.custom_values=()", ours)
    # A page that breaks off ends all series with us; in Prometheus those behind the place, and the others at the next scrape.
    return {theirs, ours} == {"stale", None} and bool(failed & {number, number - 1})


def _has_stamps(case: Case) -> bool:
    """Whether samples have times of their own."""
    return any(
        parsers[_FORMATS[kind]].factory(body, ParseOptions()).stamps is not None
        for body, kind in _bodies(case)
        if kind in _FORMATS
    )


def _is_retyped(case: Case) -> bool:
    """Whether a family changes its type: Prometheus goes on with the labels that it has read for the same line, `le="1"` or `le="1.0"`."""
    types = {
        tuple(sorted(line for line in body.split(b"\n") if line.startswith(b"# TYPE"))) for body, _ in _bodies(case)
    }
    return len(types) > 1


def _bodies(case: Case) -> Iterator[tuple[bytes, str]]:
    """What there is to read in the answers, and as what."""
    for answer in case.answers:
        with contextlib.suppress(FetchError):
            yield gunzip(answer.body, MAX_BODY_BYTES) if answer.encoding == "gzip" else answer.body, answer.kind


def error_differences(cases: Sequence[Case], theirs: dict[int, str], ours: dict[int, str]) -> Iterator[tuple[int, str]]:
    """Where the last errors differ, as far as they must be the same: not the words for bytes that are no message or no archive."""
    for number, error in theirs.items():
        answer, our_error = cases[number].answers[-1], ours.get(number, "")
        worded = answer.kind != PROTO and not answer.encoding and answer.framing == "length"
        if error != our_error and (worded or not (error and our_error)):
            yield number, f"lastError: theirs {error!r} ours {our_error!r}"


def exemplar_differences(theirs: set[str], ours: set[str]) -> Iterator[tuple[int, str]]:
    """Exemplars that only one of the servers has."""
    for exemplar in sorted(theirs ^ ours):
        side = "theirs" if exemplar in theirs else "ours"
        yield int(json.loads(exemplar)[0]["n"]), f"exemplar only {side}: {exemplar}"
