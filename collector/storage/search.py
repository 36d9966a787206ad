"""Which series satisfy matchers. Questions of few series are remembered: a dashboard asks the same every few seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from collector.storage.interface import Rows
from collector.storage.postings import NamePostings
from pharos.matchers import Matcher, MatchOp

if TYPE_CHECKING:
    from collector.storage.seriesreading import SeriesReading

_EXPRESSIONS: Final = 64  # remembered, with what they select
_ANSWER_SERIES: Final = 4096  # the longest answer that is remembered
_ALL_ANSWERS_SERIES: Final = 65536  # of all of them together: half a megabyte
_FEW: Final = 1024  # series of which each is sooner looked at than all values of a label


class Search:
    """Answers questions about a table of series. Threads may ask at the same time, also while series come."""

    def __init__(self, table: "SeriesReading") -> None:
        self._table = table
        self._passed: dict[Matcher, tuple[NDArray[np.int32], NDArray[np.int32]]] = {}
        self._answers: dict[tuple[Matcher, ...], tuple[int, Rows]] = {}
        self._answered = 0  # series in `_answers`, about

    def match(self, matchers: Sequence[Matcher]) -> Rows:
        """The series that satisfy every matcher, ascending."""
        question = tuple(matchers)
        known = self._remembered(question)
        if known is not None:
            return known
        entered = self._table.entered
        found = self._find(matchers)
        found.flags.writeable = False
        self._remember(question, entered, found)
        return found

    def match_at_once(self, matchers: Sequence[Matcher]) -> Rows | None:
        """As `match`, if the answer is remembered or few series have to be looked at for it; else None."""
        known = self._remembered(tuple(matchers))
        if known is not None:
            return known
        few = any(_is_literal(matcher) and self._start(matcher).size <= _FEW for matcher in matchers)
        return self.match(matchers) if few else None

    def _remembered(self, question: tuple[Matcher, ...]) -> Rows | None:
        known = self._answers.get(question)
        return known[1] if known is not None and known[0] == self._table.entered else None

    def _remember(self, question: tuple[Matcher, ...], entered: int, found: Rows) -> None:
        if len(found) > _ANSWER_SERIES:
            return
        self._answered += len(found) + 16
        if self._answered > _ALL_ANSWERS_SERIES:
            self._answers.clear()
            self._answered = len(found) + 16
        self._answers[question] = (entered, found)

    def _find(self, matchers: Sequence[Matcher]) -> Rows:
        total = len(self._table)
        start = self._narrowest(matchers)
        found = np.flatnonzero(self._table.in_use()[:total]) if start is None else start.series(total)
        for matcher in matchers:
            if not len(found):
                break
            if start is None or matcher is not start.matcher:
                found = found[self._satisfies(matcher, self._table.values_of(matcher.name, found))]
        return found

    def _narrowest(self, matchers: Sequence[Matcher]) -> "_Start | None":
        """The matcher with the fewest series; None when each of them takes series without its label."""
        best: _Start | None = None
        for literal in (True, False):  # expressions last: for those all values of the label are looked at
            if best is not None and best.size <= _FEW:
                break
            for matcher in matchers:
                if _is_literal(matcher) is literal and not matcher.matches_value(""):
                    start = self._start(matcher)
                    best = start if best is None or start.size < best.size else best
        return best

    def _start(self, matcher: Matcher) -> "_Start":
        postings = self._table.postings_of(matcher.name)
        wanted = self._wanted(matcher, postings)
        return _Start(matcher, postings, wanted, 0 if postings is None or not len(wanted) else postings.size_of(wanted))

    def _wanted(self, matcher: Matcher, postings: NamePostings | None) -> NDArray[np.int32]:
        """Value codes that satisfy a matcher which the empty value does not."""
        if matcher.op is MatchOp.EQUAL:
            code = self._table.symbols.find(matcher.value)
            return np.array([code] if code else [], np.int32)
        if matcher.op is MatchOp.REGEX and matcher.regex is not None and matcher.regex.literals is not None:
            known = {self._table.symbols.find(text) for text in matcher.regex.literals}
            return np.array(sorted(code for code in known if code), np.int32)
        return self._passing(matcher, postings.values() if postings is not None else np.empty(0, np.int32))

    def _passing(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """Of all the value codes of a label those that pass. Remembered as well: it is asked for again when series have come."""
        known = self._passed.get(matcher)
        if known is None or not np.array_equal(known[0], codes):
            if len(self._passed) >= _EXPRESSIONS:
                self._passed.clear()
            known = self._passed[matcher] = (codes, codes[self._test(matcher, codes)])
        return known[1]

    def _satisfies(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
        if matcher.op in (MatchOp.EQUAL, MatchOp.NOT_EQUAL):
            code = self._table.symbols.find(matcher.value)
            same = codes == (-1 if code is None else code)
            return np.asarray(~same if matcher.negative else same)
        distinct, inverse = np.unique(codes, return_inverse=True)
        return np.asarray(self._test(matcher, distinct)[inverse])

    def _test(self, matcher: Matcher, codes: NDArray[np.int32]) -> NDArray[np.bool_]:
        text, matches = self._table.symbols.text, matcher.matches_value
        return np.fromiter((matches(text(code)) for code in codes.tolist()), bool, len(codes))


@dataclass(frozen=True, slots=True)
class _Start:
    """A matcher that not every series satisfies, the value codes it takes, and about how many series have them."""

    matcher: Matcher
    postings: NamePostings | None
    wanted: NDArray[np.int32]
    size: int

    def series(self, total: int) -> Rows:
        """Those of the first `total` series that it selects, ascending."""
        if self.postings is None or not len(self.wanted):
            return np.empty(0, np.int64)
        found = np.sort(self.postings.of(self.wanted).astype(np.int64))
        return found[found < total]


def _is_literal(matcher: Matcher) -> bool:
    """Whether a matcher names the values it takes, and the empty one is not among them."""
    if matcher.op is MatchOp.EQUAL:
        return matcher.value != ""
    if matcher.op is not MatchOp.REGEX or matcher.regex is None or matcher.regex.literals is None:
        return False
    return "" not in matcher.regex.literals
