from alerting.delivery.budget import Budget
from alerting.notifiers.registry import RateLimit
from pharos.durations import Duration


def spend(budget: Budget, now: float) -> None:
    budget.begin()
    budget.end(now)


def test_a_sliding_window() -> None:
    budget = Budget(RateLimit(2, Duration(60)))
    spend(budget, 0)
    spend(budget, 10)
    assert (budget.free(59), budget.wait_s(50)) == (0, 10)
    assert budget.free(60) == 1
    spend(budget, 60)
    assert budget.wait_s(60) == 10


def test_messages_on_their_way_count() -> None:
    budget = Budget(RateLimit(1))
    budget.begin()
    assert budget.free(0) == 0
    assert budget.wait_s(0) > 0


def test_no_limit() -> None:
    budget = Budget(RateLimit())
    for _ in range(1000):
        spend(budget, 0)
    assert budget.wait_s(0) == 0


def test_a_robot_that_says_wait() -> None:
    for limit in (RateLimit(), RateLimit(5)):
        budget = Budget(limit)
        budget.close(60)
        assert (budget.free(10), budget.wait_s(10), budget.wait_s(60)) == (0, 50, 0)
