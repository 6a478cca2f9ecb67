"""Several messages of a batch are sent at a time, and trouble with one is trouble with that one alone."""

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Barrier

from notifications.dispatcher import Dispatcher, Tally
from notifications.reminder import Accepted, Message
from tests.notifications.making import claimed, utc
from tests.notifications.memory import Clock, MemoryOutbox

NOW = utc("2026-03-09 08:30")


@dataclass
class Together:
    """A provider that answers nobody before `barrier` calls are on the line."""

    barrier: Barrier
    broken: set[str] = field(default_factory=set)

    def send(self, message: Message, address: str) -> Accepted:
        self.barrier.wait(10)
        if message.message_id in self.broken:
            raise OSError("the line")
        return Accepted(message.message_id)


def test_as_many_are_on_the_line_at_once_as_the_width_says() -> None:
    outbox = MemoryOutbox()
    outbox.put(*(claimed() for _ in range(6)))
    wide = Dispatcher(outbox, {"email": Together(Barrier(3))}, "one", Clock(NOW), timedelta(minutes=2), width=3)
    assert wide.run_once() == Tally(sent=6)


def test_one_that_breaks_off_leaves_the_others_alone() -> None:
    outbox, rows = MemoryOutbox(), [claimed() for _ in range(4)]
    outbox.put(*rows)
    provider = Together(Barrier(2), {rows[1].message_id})
    wide = Dispatcher(outbox, {"email": provider}, "one", Clock(NOW), timedelta(minutes=2), width=2)
    assert wide.run_once() == Tally(sent=3, retried=1)
