import threading

from collector.storage.gate import Gate


def test_nobody_is_let_in_while_the_gate_is_closed() -> None:
    gate, entered = Gate(), threading.Event()

    def read() -> None:
        with gate.reading():
            entered.set()

    with gate.closed(0.0) as empty:
        reader = threading.Thread(target=read)
        reader.start()
        assert empty
        assert not entered.is_set()
    reader.join()
    assert entered.is_set()


def test_who_waits_too_long_for_a_reader_opens_again() -> None:
    gate = Gate()
    with gate.reading():
        with gate.closed(0.0) as empty:
            assert not empty
        with gate.reading():
            pass


def test_the_last_reader_lets_the_waiting_one_go_on() -> None:
    gate, inside, done = Gate(), threading.Event(), threading.Event()

    def read() -> None:
        with gate.reading():
            inside.set()
            done.wait()

    reader = threading.Thread(target=read)
    reader.start()
    inside.wait()
    threading.Timer(0.01, done.set).start()
    with gate.closed(10.0) as empty:
        assert empty
    reader.join()


def test_who_cannot_wait_is_told_so() -> None:
    gate = Gate()
    with gate.closed(0.0) as empty, gate.reading_at_once() as inside:
        assert empty
        assert not inside
    with gate.reading_at_once() as inside, gate.closed(0.0) as empty:
        assert inside
        assert not empty
    with gate.closed(0.0) as empty:
        assert empty
