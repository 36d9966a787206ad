"""Delivery: until the output said yes to everything, in order, without waiting for real."""

from collections.abc import Callable
from pathlib import Path

import pytest

from logship.deadletter import DeadLetters
from logship.held import Mark
from logship.metrics import ShipMetrics
from logship.outputs.base import Delivery, RetryLaterError, TooLargeError
from logship.record import Batch
from logship.sender import Backoff, Sender

Answer = Delivery | Exception


class Script:
    """An output that answers as told, then takes everything."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.sent = list(answers), list[list[bytes]]()

    def send(self, items: list[bytes]) -> Delivery:
        self.sent.append(items)
        answer = self.answers.pop(0) if self.answers else Delivery()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        pass


class Position:
    at = 0

    def delivered(self, mark: Mark) -> None:
        self.at = mark.offset


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[[Script], tuple[bool, int, Sender]]:
    def run(script: Script) -> tuple[bool, int, Sender]:
        sender = Sender(
            script,
            DeadLetters(tmp_path),
            ShipMetrics(),
            lambda: Backoff(0.0001, 0.0001, random=lambda: 0.0),
            lambda: "now",
            1,
        )
        position = Position()
        batch = Batch(items=[b'{"create":{}}\n{"n":%d}\n' % n for n in range(4)], marks={position: Mark(99)})
        return sender.deliver(batch), position.at, sender

    return run


def test_a_delivered_batch_moves_its_checkpoint(deliver: Callable[[Script], tuple[bool, int, Sender]]) -> None:
    script = Script()
    assert deliver(script)[:2] == (True, 99)
    assert len(script.sent) == 1


def test_failures_are_repeated(deliver: Callable[[Script], tuple[bool, int, Sender]]) -> None:
    script = Script(RetryLaterError("connection"), RetryLaterError("http_429", retry_after_s=0.0))
    assert deliver(script)[:2] == (True, 99)
    assert [len(items) for items in script.sent] == [4, 4, 4]


def test_only_what_was_not_taken_is_sent_again(deliver: Callable[[Script], tuple[bool, int, Sender]]) -> None:
    script = Script(Delivery(known=1, later=[1, 3]), Delivery(later=[0]))
    assert deliver(script)[:2] == (True, 99)
    assert [len(items) for items in script.sent] == [4, 2, 1]
    assert script.sent[2] == [b'{"create":{}}\n{"n":1}\n']


def test_what_is_refused_becomes_a_dead_letter(
    deliver: Callable[[Script], tuple[bool, int, Sender]], tmp_path: Path
) -> None:
    script = Script(Delivery(refused=[(2, "mapping")]))
    assert deliver(script)[:2] == (True, 99)
    assert b'"reason":"mapping"' in (tmp_path / "dead-letters.ndjson").read_bytes()


def test_a_dead_letter_that_cannot_be_kept_is_not_checked_off(tmp_path: Path) -> None:
    (tmp_path / "dead-letters.ndjson").mkdir()  # nothing can be written there
    script = Script(Delivery(refused=[(0, "mapping")]))
    sender = Sender(script, DeadLetters(tmp_path), ShipMetrics(), lambda: Backoff(0.001, 0.001), lambda: "now", 1)
    sender.stopping.set()
    position = Position()
    assert not sender.deliver(Batch(items=[b'{"create":{}}\n{}\n'], marks={position: Mark(9)}))
    assert position.at == 0


def test_a_batch_too_large_goes_in_halves(deliver: Callable[[Script], tuple[bool, int, Sender]]) -> None:
    script = Script(TooLargeError(), TooLargeError())
    assert deliver(script)[:2] == (True, 99)
    assert [len(items) for items in script.sent] == [4, 2, 1, 1, 2]


def test_one_bad_document_is_found_when_the_whole_request_is_refused(
    deliver: Callable[[Script], tuple[bool, int, Sender]], tmp_path: Path
) -> None:
    script = Script(*[RetryLaterError("http_400", "bad") for _ in range(3)])
    assert deliver(script)[:2] == (True, 99)
    assert (tmp_path / "dead-letters.ndjson").read_bytes().count(b"\n") == 1


def test_stopping_leaves_the_checkpoint(tmp_path: Path) -> None:
    script = Script(RetryLaterError("connection"))
    sender = Sender(script, DeadLetters(tmp_path), ShipMetrics(), lambda: Backoff(1, 1), lambda: "now", 1)
    sender.stopping.set()
    position = Position()
    assert not sender.deliver(Batch(items=[b"{}\n{}\n"], marks={position: Mark(9)}))
    assert position.at == 0


def test_backoff_doubles_up_to_a_bound_and_heeds_the_server() -> None:
    backoff = Backoff(0.1, 1.0, random=lambda: 1.0)
    assert [round(backoff.next_s(), 3) for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert backoff.next_s(5.0) == 5.0
