"""The dispatcher: claims what is due, sends it with no transaction open, writes down what became of it."""

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from notifications.channels.base import Channel
from notifications.outbox import Outbox
from notifications.policy import asked, outside_quiet, withheld
from notifications.reminder import Accepted, Again, Claimed, Deferred, Failed, Outcome, Suppressed
from notifications.retrying import BACK_OFF_S, again
from notifications.texts import render
from notifications.walltime import known_zone

log = logging.getLogger(__name__)

POINTS = ("claimed", "attempted", "rendered", "answered", "acknowledged")
"""The moments between claim and acknowledgement at which a test may end the process."""


def _pass_by(_point: str) -> None:
    """Do nothing at a named moment."""


def _goes_on() -> bool:
    """Do not stop."""
    return False


class _Fate(StrEnum):
    SENT = "sent"
    FAILED = "failed"
    RETRIED = "retried"
    DEFERRED = "deferred"
    SUPPRESSED = "suppressed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were sent, failed for good on a channel, will be retried, expired, were lost, given back, held back."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    expired: int = 0
    lost: int = 0
    deferred: int = 0
    suppressed: int = 0

    @property
    def settled(self) -> int:
        """How many claimed reminders this round moved on; 0 means there is nothing more to do just now."""
        return self.sent + self.failed + self.retried + self.deferred + self.suppressed


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One worker. `channels` maps a reminder's channel to where it goes; `clock` gives aware UTC.

    With `lane` it keeps to what waits for that channel, so that a slow provider holds up nobody else (P15). `lease`
    must be more than twice the longest a channel may take; of a batch `width` are sent at a time. Once `stopping` says
    so, what was claimed and not begun is given back. `clinic_phone` and `app_url` stand in the texts when given.
    `back_off_s` and `reach`, which is told each of POINTS, are for tests.
    """

    outbox: Outbox
    channels: Mapping[str, Channel]
    worker: str
    clock: Callable[[], datetime]
    lease: timedelta = timedelta(minutes=2)
    batch: int = 50
    clinic_phone: str = ""
    app_url: str = ""
    lane: str | None = None
    width: int = 1
    back_off_s: Sequence[float] = BACK_OFF_S
    reach: Callable[[str], None] = _pass_by
    stopping: Callable[[], bool] = _goes_on

    def run_once(self) -> Tally:
        """Beat, expire, and handle one batch. Errors of the outbox are raised, those of a message are not."""
        expired = self.tend()
        return replace(self.work(), expired=expired)

    def tend(self) -> int:
        """Beat, and expire what makes no sense any more; return how many."""
        now = self.clock()
        self.outbox.beat(self.worker, now)
        return self.outbox.expire(now)

    def work(self) -> Tally:
        """Handle one batch."""
        now = self.clock()
        return self._handled(self.outbox.claim(now, self.worker, self.lease, self.batch, self.lane), now)

    def deliver(self, ids: Collection[str]) -> Tally:
        """Handle those of some reminders that are due: what another engine carries are ids, the rules stay here."""
        now = self.clock()
        claimed = self.outbox.claim(now, self.worker, self.lease, len(ids), self.lane, ids)
        return self._handled(claimed, now)

    def _handled(self, claimed: Sequence[Claimed], now: datetime) -> Tally:
        if claimed:
            self.reach("claimed")
        tell = partial(self._tell, give_up_at=now + self.lease / 2)
        if self.width == 1 or len(claimed) < 2:
            fates = Counter(map(tell, claimed))
        else:
            with ThreadPoolExecutor(self.width) as senders:
                fates = Counter(senders.map(tell, claimed))
        return Tally(**{fate.value: count for fate, count in fates.items()})

    def _tell(self, claimed: Claimed, give_up_at: datetime) -> _Fate:
        now = self.clock()
        held_back = Deferred("stopping") if self.stopping() else _held_back(claimed, now, give_up_at)
        if held_back is not None:
            return self._give_back(claimed, held_back, now)
        hopeless = _hopeless(claimed, len(self.back_off_s) + 1)
        if hopeless is not None:
            return self._settle(claimed, hopeless)
        free_at = _free_at(claimed, now)
        if free_at > now:
            return self._give_back(claimed, Deferred("quiet-hours"), now, free_at)
        if not self.outbox.attempt(claimed, now):
            return _Fate.LOST
        self.reach("attempted")
        return self._settle(claimed, self._send(claimed, now))

    def _send(self, claimed: Claimed, now: datetime) -> Outcome:
        channel = self.channels.get(claimed.reminder.channel)
        if channel is None:
            return Failed(permanent=False, why="no-such-channel")
        handed_over = False
        try:
            message = render(claimed, now, clinic_phone=self.clinic_phone, app_url=self.app_url)
            self.reach("rendered")
            handed_over = True
            return channel.send(message, claimed.address)
        except Exception as trouble:  # noqa: BLE001 - whatever one message does, the others go on (P15)
            return Failed(permanent=False, why=type(trouble).__name__, unsure=handed_over)

    def _settle(self, claimed: Claimed, outcome: Outcome) -> _Fate:
        self.reach("answered")
        now = self.clock()
        next_try = None
        if isinstance(outcome, Failed):
            next_try = again(outcome, claimed, now, self.back_off_s)
            outcome = replace(outcome, permanent=next_try is None)
            _report("reminder not sent", claimed, outcome.why)
        if not self.outbox.acknowledge(claimed, outcome, now, next_try):
            _report("acknowledgement fenced off", claimed, "fenced")
            return _Fate.LOST
        self.reach("acknowledged")
        if isinstance(outcome, Accepted):
            return _Fate.SENT
        return _Fate.RETRIED if next_try else _Fate.FAILED

    def _give_back(
        self, claimed: Claimed, why: Deferred | Suppressed, now: datetime, at: datetime | None = None
    ) -> _Fate:
        if not self.outbox.acknowledge(claimed, why, now, Again(at or now, claimed.reminder.channel)):
            return _Fate.LOST
        return _Fate.DEFERRED if isinstance(why, Deferred) else _Fate.SUPPRESSED


def _held_back(claimed: Claimed, now: datetime, give_up_at: datetime) -> Deferred | Suppressed | None:
    """Return why this reminder is not looked at any further just now."""
    if now >= give_up_at:  # a slow provider ate the lease: the rest starts afresh with a new one
        return Deferred("slow-batch")
    if claimed.reminder.expires_at <= now:  # the next round lists it as expired
        return Deferred("expired")
    return _unwanted(claimed, now)


def _unwanted(claimed: Claimed, now: datetime) -> Suppressed | None:
    """Return why the person does not want to hear this now; that nothing reaches them is a failure, not a wish."""
    if not claimed.person.channels:
        return None
    why = withheld(claimed.reminder.kind, now, claimed.person)
    return Suppressed(why) if why else None


def _hopeless(claimed: Claimed, most: int) -> Failed | None:
    """Return why this reminder cannot be sent by this channel, whatever the provider."""
    if claimed.attempt > most:  # every earlier attempt ended in a crash
        return Failed(permanent=True, why="tries-used-up")
    if not claimed.address:
        return Failed(permanent=True, why="no-address")
    if not known_zone(claimed.person.zone):
        return Failed(permanent=True, why="unknown-zone")
    return None


def _free_at(claimed: Claimed, now: datetime) -> datetime:
    """Return when it may be sent: now, or the end of quiet hours where that is still in time."""
    due_at = claimed.reminder.due_at
    if asked(claimed.reminder):
        return now
    in_time = due_at if due_at is not None and due_at > now else claimed.reminder.expires_at
    free_at = outside_quiet(now, claimed.person)
    return free_at if free_at < min(in_time, claimed.reminder.expires_at) else now


def _report(what: str, claimed: Claimed, why: str) -> None:
    log.warning("%s", what, extra={"reminder": claimed.id, "code": why, "attempt": claimed.attempt})
