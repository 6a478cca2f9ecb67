"""The ticker: calls each job until it is told to stop, none waits for another, and what runs is let end."""

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from notifications.dispatcher import Dispatcher
from notifications.reminder import Accepted, Message
from notifications.scheduler import Job, run
from tests.notifications.making import ClaimedFactory, utc
from tests.notifications.memory import Clock, MemoryChannel, MemoryOutbox

PATIENCE_S = 10
OFTEN_S = 0.01
NEVER_S = 3600.0


@contextmanager
def ticking(jobs: Sequence[Job], every_s: float = OFTEN_S) -> Iterator[tuple[threading.Thread, threading.Event]]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(jobs, every_s, stop), daemon=True)
    thread.start()
    try:
        yield thread, stop
    finally:
        stop.set()
        thread.join(PATIENCE_S)
    assert not thread.is_alive()


def once(done: threading.Event) -> bool:
    done.set()
    return False


def test_it_calls_a_job_again_and_again_also_when_a_call_fails(caplog: pytest.LogCaptureFixture) -> None:
    called, enough = list[int](), threading.Event()

    def job() -> bool:
        called.append(1)
        if len(called) == 1:
            raise ConnectionError("no post for anna@example.org")
        if len(called) == 3:
            enough.set()
        return False

    with caplog.at_level(logging.ERROR, "notifications.scheduler"), ticking([job]):
        assert enough.wait(PATIENCE_S)
    assert [record.__dict__["code"] for record in caplog.records if record.name == "notifications.scheduler"] == [
        "ConnectionError"
    ]
    assert "anna" not in caplog.text


def test_the_first_call_does_not_wait_for_the_interval() -> None:
    called = threading.Event()
    with ticking([partial(once, called)], NEVER_S):
        assert called.wait(PATIENCE_S)


def test_one_tick_works_until_nothing_is_due() -> None:
    outbox, channel, all_sent = MemoryOutbox(), MemoryChannel(), threading.Event()
    outbox.put(*(ClaimedFactory.build() for _ in range(5)))

    def take(message: Message) -> Accepted:
        if len(channel.sent) == 5:
            all_sent.set()
        return Accepted(message.message_id)

    channel.answer = take
    dispatcher = Dispatcher(outbox, {"email": channel}, "one", Clock(utc("2026-03-09 08:00")), batch=2)
    with ticking([lambda: bool(dispatcher.run_once().settled)], NEVER_S):
        assert all_sent.wait(PATIENCE_S)
    assert outbox.statuses() == ["sent"] * 5


def test_a_job_that_asks_for_a_pause_has_one_and_stopping_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses, told, stopped = list[float](), iter([0.001, 0.002, NEVER_S]), threading.Event()

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is not None:
                pauses.append(timeout)
                if timeout == NEVER_S:
                    stopped.set()
            return super().wait(timeout)

    monkeypatch.setattr("tests.notifications.test_scheduler.threading.Event", Stop)
    with ticking([lambda: next(told)], NEVER_S):
        assert stopped.wait(PATIENCE_S)
    assert pauses == [0.001, 0.002, NEVER_S]


@pytest.mark.promise("P15")
def test_a_job_that_hangs_holds_up_no_other() -> None:
    hanging, go_on, called = threading.Event(), threading.Event(), list[int]()
    enough = threading.Event()

    def hangs() -> bool:
        hanging.set()
        assert go_on.wait(PATIENCE_S)
        return False

    def goes_on() -> bool:
        if hanging.is_set():
            called.append(1)
        if len(called) == 3:
            enough.set()
        return False

    with ticking([hangs, goes_on]):
        assert enough.wait(PATIENCE_S)
        go_on.set()


def test_a_job_never_runs_twice_at_once() -> None:
    running, most, enough = list[int](), list[int](), threading.Event()
    beside, go_on = threading.Event(), threading.Event()

    def job() -> bool:
        running.append(1)
        most.append(len(running))
        if len(most) == 1:
            assert go_on.wait(PATIENCE_S)
        running.pop()
        if len(most) == 3:
            enough.set()
        return False

    calls = iter(range(1000))

    def other() -> bool:
        if next(calls) == 20:  # so many intervals have passed while the first call was still running
            beside.set()
        return False

    with ticking([job, other]):
        assert beside.wait(PATIENCE_S)
        go_on.set()
        assert enough.wait(PATIENCE_S)
    assert set(most) == {1}


def test_stopping_lets_the_running_call_end_and_starts_no_other() -> None:
    sending, go_on = threading.Event(), threading.Event()
    outbox = MemoryOutbox()
    outbox.put(*(ClaimedFactory.build() for _ in range(4)))

    def hangs(message: Message) -> Accepted:
        sending.set()
        assert go_on.wait(PATIENCE_S)
        return Accepted(message.message_id)

    clock = Clock(utc("2026-03-09 08:00"))
    dispatcher = Dispatcher(outbox, {"email": MemoryChannel(hangs)}, "one", clock, batch=2)
    with ticking([lambda: bool(dispatcher.run_once().settled)]) as (thread, stop):
        assert sending.wait(PATIENCE_S)
        stop.set()
        thread.join(0.1)
        assert thread.is_alive()  # it waits for the call
        go_on.set()
    assert sorted(outbox.statuses()) == ["planned", "planned", "sent", "sent"]
