from pharos.up.backoff import Backoff


def test_doubles_up_to_half_a_minute_and_forgets_after_a_steady_minute() -> None:
    backoff = Backoff()
    assert [round(backoff.next_delay(1), 1) for _ in range(9)] == [0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 19.2, 30.0, 30.0]
    assert backoff.next_delay(61) == 0.3
