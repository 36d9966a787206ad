import threading
import time

import pytest

from exporters.deadline import Deadline, Job


def numbers(count: int) -> list[Job]:
    return [Job(f"job{index}", lambda index=index: index) for index in range(count)]  # type: ignore[misc]


def test_all_jobs_run_in_one_thread() -> None:
    pool = Deadline("test-one")
    outcomes = pool.run_blocking(numbers(20), 1.0)
    assert {name: outcome.value for name, outcome in outcomes.items()} == {f"job{n}": n for n in range(20)}
    assert sum(thread.name == "test-one" for thread in threading.enumerate()) == 1


async def test_the_same_from_an_event_loop() -> None:
    outcomes = await Deadline().run(numbers(3), 1.0)
    assert [outcomes[f"job{n}"].value for n in range(3)] == [0, 1, 2]


def test_an_error_belongs_to_its_job_alone() -> None:
    def fail() -> None:
        raise OSError("no such disk")

    outcomes = Deadline().run_blocking([Job("bad", fail), *numbers(1)], 1.0)
    assert isinstance(outcomes["bad"].error, OSError)
    assert outcomes["job0"].value == 0


def test_a_job_that_hangs_is_given_up_and_the_others_are_not() -> None:
    pool, release = Deadline("test-hang"), threading.Event()
    begin = time.monotonic()
    outcomes = pool.run_blocking([Job("stuck", release.wait), *numbers(5)], 0.2)
    assert time.monotonic() - begin < 1.0
    assert outcomes["stuck"].hung
    assert [outcomes[f"job{n}"].value for n in range(5)] == list(range(5))
    assert "stuck" in pool.stuck
    release.set()


def test_a_job_that_hangs_is_not_started_again_before_it_is_back() -> None:
    pool, release, starts = Deadline("test-again"), threading.Event(), []

    def work() -> str:
        starts.append(1)
        release.wait(10)
        return "back"

    for _ in range(30):
        assert pool.run_blocking([Job("stuck", work)], 0.01)["stuck"].hung
    assert len(starts) == 1
    assert sum(thread.name == "test-again" for thread in threading.enumerate()) <= 2
    release.set()
    until = time.monotonic() + 5
    while pool.stuck and time.monotonic() < until:
        time.sleep(0.001)
    assert pool.run_blocking([Job("stuck", work)], 1.0)["stuck"].value == "back"


async def test_several_that_hang_share_one_deadline() -> None:
    pool, release = Deadline(), threading.Event()
    begin = time.monotonic()
    outcomes = await pool.run([*(Job(f"stuck{n}", release.wait) for n in range(3)), *numbers(2)], 0.4)
    assert time.monotonic() - begin < 1.5
    assert [outcomes[f"stuck{n}"].hung for n in range(3)] == [True, True, True]
    assert outcomes["job1"].value == 1
    release.set()


@pytest.mark.parametrize("count", [0, 1])
def test_few_jobs(count: int) -> None:
    assert len(Deadline().run_blocking(numbers(count), 0.5)) == count
