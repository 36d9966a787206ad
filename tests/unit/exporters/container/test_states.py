from exporters.container.facts import Facts
from exporters.container.states import state_metrics
from exporters.page import samples


def test_running_and_ended_containers() -> None:
    facts = [
        Facts("a", "web", health="unhealthy", restarts=2, oom_killed=False),
        Facts("b", "job", running=False, exit_code=1, finished=7.0, oom_killed=True),
    ]
    page = samples(state_metrics(facts, {"a": {"id": "/docker/a", "name": "web"}}))
    assert page == {
        'container_health_state{id="/docker/a",name="web"}': 0,
        'container_health_state{id="b",name="job"}': -1,
        'container_running{id="/docker/a",name="web"}': 1,
        'container_running{id="b",name="job"}': 0,
        'container_restarts_total{id="/docker/a",name="web"}': 2,
        'container_last_exit_code{id="b",name="job"}': 1,
        'container_finished_time_seconds{id="b",name="job"}': 7,
        'container_oom_killed{id="/docker/a",name="web"}': 0,
        'container_oom_killed{id="b",name="job"}': 1,
    }
