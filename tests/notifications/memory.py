"""An outbox in memory that keeps the port's contract, a channel that remembers, a clock by hand."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from notifications.reminder import Accepted, Again, Claimed, Deferred, Failed, Message, Outcome, Status, Suppressed

EARLIEST = datetime.min.replace(tzinfo=UTC)


class Crash(BaseException):
    """The process dies here."""


@dataclass
class Row:
    held: Claimed
    channel: str
    others: tuple[str, ...]
    status: Status = Status.PLANNED
    try_at: datetime = EARLIEST
    lease_until: datetime = EARLIEST
    attempts: int = 0
    fence: int = 0
    why: str = ""
    unsure: bool = False


@dataclass
class MemoryOutbox:
    rows: dict[str, Row] = field(default_factory=dict)
    beats: list[tuple[str, datetime]] = field(default_factory=list)

    def put(self, *many: Claimed) -> None:
        for one in many:
            self.rows[one.id] = Row(one, one.reminder.channel, one.others, try_at=one.reminder.send_at)

    def claim(
        self,
        now: datetime,
        worker: str,
        lease: timedelta,
        limit: int,
        channel: str | None = None,
        ids: Collection[str] | None = None,
    ) -> list[Claimed]:
        free = [row for row in self.rows.values() if self._free(row, now) and row.held.reminder.expires_at > now]
        free = [row for row in free if channel in (None, row.channel) and (ids is None or row.held.id in ids)]
        free = sorted(free, key=lambda row: row.try_at)[:limit]
        for row in free:
            row.status, row.lease_until, row.fence = Status.CLAIMED, now + lease, row.fence + 1
        return [self._claimed(row) for row in free]

    def attempt(self, claimed: Claimed, now: datetime) -> bool:
        row = self.rows[claimed.id]
        if row.fence != claimed.fence or row.status is not Status.CLAIMED:
            return False
        row.attempts += 1
        return True

    def acknowledge(self, claimed: Claimed, outcome: Outcome, now: datetime, again: Again | None) -> bool:
        row = self.rows[claimed.id]
        if row.fence != claimed.fence:
            return False
        row.unsure = row.unsure or (isinstance(outcome, Failed) and outcome.unsure)
        if isinstance(outcome, Accepted):
            row.status = Status.SENT
        elif row.status is Status.CLAIMED:
            self._not_sent(row, outcome, again)
        return True

    def expire(self, now: datetime) -> int:
        over = [r for r in self.rows.values() if self._open(r, now) and r.held.reminder.expires_at <= now]
        for row in over:
            row.status = Status.EXPIRED
        return len(over)

    def beat(self, worker: str, now: datetime) -> None:
        self.beats.append((worker, now))

    def statuses(self) -> list[str]:
        return [row.status.value for row in self.rows.values()]

    def reasons(self) -> list[str]:
        return [row.why for row in self.rows.values()]

    def _claimed(self, row: Row) -> Claimed:
        reminder = replace(row.held.reminder, channel=row.channel)
        return replace(row.held, fence=row.fence, attempt=row.attempts + 1, reminder=reminder, others=row.others)

    def _not_sent(self, row: Row, outcome: Failed | Deferred | Suppressed, again: Again | None) -> None:
        row.why = outcome.why
        if isinstance(outcome, Suppressed):
            row.status = Status.SUPPRESSED
        elif again is None:
            row.status = Status.FAILED
        else:
            if again.channel != row.channel:
                row.others = row.others[row.others.index(again.channel) + 1 :]
                row.channel, row.attempts = again.channel, 0
            row.status, row.try_at = Status.DUE, again.at

    def _open(self, row: Row, now: datetime) -> bool:
        lapsed = row.status is Status.CLAIMED and row.lease_until <= now
        return lapsed or row.status in {Status.PLANNED, Status.DUE}

    def _free(self, row: Row, now: datetime) -> bool:
        return self._open(row, now) and (row.status is Status.CLAIMED or row.try_at <= now)


@dataclass
class MemoryChannel:
    """Remembers what it was given; `answer` says what becomes of each, or raises."""

    answer: Callable[[Message], Accepted | Failed] = lambda message: Accepted(message.message_id)
    sent: list[tuple[str, Message]] = field(default_factory=list)

    def send(self, message: Message, address: str) -> Accepted | Failed:
        self.sent.append((address, message))
        return self.answer(message)


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)
