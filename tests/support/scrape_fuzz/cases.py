"""Targets with a random story: a page, the same with other values, another one, an error, and how the bytes travel."""

import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.support.scrape_fuzz.jobs import JOBS
from tests.support.scrape_fuzz.protobuf_pages import PROTO, random_page
from tests.support.scrape_fuzz.text_pages import OPEN, OPEN_PAGES, PLAIN_PAGES, TEXT, dated, mutated, with_other_values

STEPS = 4
_FRAMINGS = ("length", "length", "length", "chunked", "close", "short")
_KINDS = ("", "text/plain", "text/html", "application/json")


@dataclass(frozen=True)
class Answer:
    """One answer of a target. `framing`: how the end of the body is told; `short` tells of more than there comes."""

    body: bytes
    kind: str
    status: int = 200
    encoding: str = ""
    framing: str = "length"


@dataclass
class Case:
    """A target: its job and what it answers to the first, second, ... scrape."""

    job: str
    answers: list[Answer] = field(default_factory=list)


def random_case(chance: random.Random, jobs: Sequence[str]) -> Case:
    """A case; the order of chances is fixed, so that a seed gives the same stories again."""
    case = Case(chance.choice(jobs))
    converts = "convert_classic_histograms_to_nhcb" in JOBS[case.job]
    make = _story(chance, case.job, converts)
    odd = chance.random() < 0.2
    for step in range(STEPS):
        body, kind = make(step)
        if converts:  # these lines are lost behind a histogram that Prometheus has converted
            body = b"".join(line for line in body.splitlines(keepends=True) if b"_created" not in line)
        answer = Answer(body, kind)
        if case.job != "unpacked" and chance.random() < 0.15:
            answer = _packed(chance, answer)
        if odd and chance.random() < 0.4:
            answer = _odd(chance, answer)
        case.answers.append(answer)
    return case


def _story(chance: random.Random, job: str, converts: bool) -> Callable[[int], tuple[bytes, str]]:
    if chance.random() < 0.35:
        native = job != "few" and chance.random() < 0.5  # up to 3.5 native histograms do not count as samples
        page = random_page(
            chance, native=native, stamps=not converts
        )  # a converted histogram takes the time of the next sample
        return lambda step: (page.at(step), PROTO)
    seeds, kind = (PLAIN_PAGES, TEXT) if chance.random() < 0.6 else (OPEN_PAGES, OPEN)
    first, second = mutated(chance, seeds), mutated(chance, seeds)
    later = partial(with_other_values, chance)
    pages = chance.choice((
        (first, later(first), later(first), first),
        (first, later(first), second, later(first)),
        (first, second, b"" if chance.random() < 0.5 else second, first),
    ))  # fmt: skip
    return lambda step: (dated(pages[step], step), kind)


def _packed(chance: random.Random, answer: Answer) -> Answer:
    body = gzip.compress(answer.body, mtime=0)
    match chance.randrange(8):
        case 0:
            body = body[: chance.randrange(len(body))]
        case 1:
            body += gzip.compress(b"more 1\n", mtime=0)
        case 2:
            body += chance.choice((b"\0", b"x", b"\x1f\x8b", b"trailing garbage"))
        case 3:
            body = gzip.compress(answer.body + b"\n" * 100_000, mtime=0)
        case 4:
            at = chance.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]
    return Answer(body, answer.kind, encoding=chance.choice(("gzip",) * 9 + ("GZIP", "deflate", "identity")))


def _odd(chance: random.Random, answer: Answer) -> Answer:
    match chance.randrange(3):
        case 0:
            return Answer(answer.body, answer.kind, chance.choice((204, 400, 404, 500, 503)))
        case 1:
            return Answer(answer.body, chance.choice(_KINDS), encoding=answer.encoding)
        case _:
            return Answer(answer.body, answer.kind, encoding=answer.encoding, framing=chance.choice(_FRAMINGS))
