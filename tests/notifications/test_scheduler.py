"""The ticker: ticks until it is told to stop, and lets the running tick end."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from notifications.channels.base import Channel
from notifications.dispatcher import Dispatcher
from notifications.reminder import Accepted, Message
from notifications.scheduler import run
from tests.notifications.making import ClaimedFactory, utc
from tests.notifications.memory import MemoryChannel, MemoryOutbox

PATIENCE_S = 10


def clock() -> datetime:
    return utc("2026-03-09 08:00")


@dataclass
class Beating(MemoryOutbox):
    """Calls back on every heartbeat."""

    on_beat: Callable[[int], None] = print

    def beat(self, worker: str, now: datetime) -> None:
        super().beat(worker, now)
        self.on_beat(len(self.beats))


def ticking(outbox: MemoryOutbox, channel: Channel, stop: threading.Event) -> threading.Thread:
    dispatcher = Dispatcher(outbox, {"email": channel}, "one", clock, batch=2)
    thread = threading.Thread(target=run, args=(dispatcher, 0.01, stop), daemon=True)
    thread.start()
    return thread


def test_it_ticks_until_stopped_also_when_a_tick_fails() -> None:
    stop = threading.Event()

    def on_beat(count: int) -> None:
        if count == 1:
            raise ConnectionError
        if count == 3:
            stop.set()

    thread = ticking(Beating(on_beat=on_beat), MemoryChannel(), stop)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_one_tick_works_until_nothing_is_due() -> None:
    stop = threading.Event()
    outbox, channel = MemoryOutbox(), MemoryChannel()
    outbox.put(*(ClaimedFactory.build() for _ in range(5)))

    def last(message: Message) -> Accepted:
        if len(channel.sent) == 5:
            stop.set()
        return Accepted(message.message_id)

    channel.answer = last
    thread = ticking(outbox, channel, stop)
    thread.join(PATIENCE_S)
    assert outbox.statuses() == ["sent"] * 5


def test_stopping_lets_the_running_tick_end_and_starts_no_other() -> None:
    stop, sending, go_on = threading.Event(), threading.Event(), threading.Event()
    outbox = MemoryOutbox()
    outbox.put(*(ClaimedFactory.build() for _ in range(4)))

    def hangs(message: Message) -> Accepted:
        sending.set()
        assert go_on.wait(PATIENCE_S)
        return Accepted(message.message_id)

    thread = ticking(outbox, MemoryChannel(hangs), stop)
    assert sending.wait(PATIENCE_S)
    stop.set()
    thread.join(0.1)
    assert thread.is_alive()  # it waits for the tick
    go_on.set()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert sorted(outbox.statuses()) == ["sent", "sent", "waiting", "waiting"]
