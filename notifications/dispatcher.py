"""The dispatcher: claims what is due, sends it with no transaction open, writes down what became of it."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.channels.base import Channel
from notifications.outbox import Outbox
from notifications.policy import RULES, outside_quiet
from notifications.reminder import Accepted, Claimed, Deferred, Failed, Outcome
from notifications.texts import render
from notifications.walltime import known_zone

log = logging.getLogger(__name__)

BACK_OFF_S = (60, 300, 900, 3600)
"""Seconds to wait after the first, second, ... failed attempt; the one after the last is final."""


class _Fate(StrEnum):
    SENT = "sent"
    FAILED = "failed"
    RETRIED = "retried"
    DEFERRED = "deferred"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many were sent, failed for good on a channel, will be retried, expired, were lost to another, given back."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    expired: int = 0
    lost: int = 0
    deferred: int = 0

    @property
    def settled(self) -> int:
        """How many claimed reminders this round moved on; 0 means there is nothing more to do just now."""
        return self.sent + self.failed + self.retried + self.deferred


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """One worker. `channels` maps a reminder's channel to where it goes; `clock` gives aware UTC.

    `lease` must be more than twice the longest a channel may take. `clinic_phone` and `app_url` stand in
    the texts when given.
    """

    outbox: Outbox
    channels: Mapping[str, Channel]
    worker: str
    clock: Callable[[], datetime]
    lease: timedelta = timedelta(minutes=2)
    batch: int = 50
    clinic_phone: str = ""
    app_url: str = ""

    def run_once(self) -> Tally:
        """Beat, expire, and handle one batch. Errors of the outbox are raised, those of a message are not."""
        now = self.clock()
        self.outbox.beat(self.worker, now)
        expired = self.outbox.expire(now)
        claimed = self.outbox.claim(now, self.worker, self.lease, self.batch)
        fates = Counter(self._tell(one, now + self.lease / 2) for one in claimed)
        return Tally(expired=expired, **{fate.value: count for fate, count in fates.items()})

    def _tell(self, claimed: Claimed, give_up_at: datetime) -> _Fate:
        now = self.clock()
        if now >= give_up_at:  # a slow provider ate the lease: the rest starts afresh with a new one
            return self._give_back(claimed, "slow-batch", now, now)
        if claimed.reminder.expires_at <= now:  # the next round lists it as expired
            return self._give_back(claimed, "expired", now, now)
        hopeless = _hopeless(claimed)
        if hopeless is not None:
            return self._settle(claimed, hopeless)
        free_at = _free_at(claimed, now)
        if free_at > now:
            return self._give_back(claimed, "quiet-hours", now, free_at)
        if not self.outbox.attempt(claimed, now):
            return _Fate.LOST
        return self._settle(claimed, self._send(claimed, now))

    def _send(self, claimed: Claimed, now: datetime) -> Outcome:
        channel = self.channels.get(claimed.reminder.channel)
        if channel is None:
            return Failed(permanent=False, why="no-such-channel")
        try:
            message = render(claimed, now, clinic_phone=self.clinic_phone, app_url=self.app_url)
            return channel.send(message, claimed.address)
        except Exception as trouble:  # noqa: BLE001 - whatever one message does, the others go on (P15)
            return Failed(permanent=False, why=type(trouble).__name__)

    def _settle(self, claimed: Claimed, outcome: Outcome) -> _Fate:
        now = self.clock()
        next_try_at = None
        if isinstance(outcome, Failed):
            next_try_at = _next_try_at(outcome, claimed.attempt, now)
            outcome = replace(outcome, permanent=next_try_at is None)
            _report("reminder not sent", claimed, outcome.why)
        if not self.outbox.acknowledge(claimed, outcome, now, next_try_at):
            _report("acknowledgement fenced off", claimed, "fenced")
            return _Fate.LOST
        if isinstance(outcome, Accepted):
            return _Fate.SENT
        return _Fate.RETRIED if next_try_at else _Fate.FAILED

    def _give_back(self, claimed: Claimed, why: str, now: datetime, next_try_at: datetime) -> _Fate:
        held = self.outbox.acknowledge(claimed, Deferred(why), now, next_try_at)
        return _Fate.DEFERRED if held else _Fate.LOST


def _hopeless(claimed: Claimed) -> Failed | None:
    """Return why this reminder cannot be sent at all, whatever the channel."""
    if claimed.attempt > len(BACK_OFF_S) + 1:  # every earlier attempt ended in a crash
        return Failed(permanent=True, why="tries-used-up")
    if not claimed.address:
        return Failed(permanent=True, why="no-address")
    if not known_zone(claimed.zone):
        return Failed(permanent=True, why="unknown-zone")
    return None


def _free_at(claimed: Claimed, now: datetime) -> datetime:
    """Return when it may be sent: now, or the end of quiet hours where that is still in time."""
    due_at, rule = claimed.reminder.due_at, RULES.get(claimed.reminder.kind)
    if rule is not None and rule.asked:
        return now
    in_time = due_at if due_at is not None and due_at > now else claimed.reminder.expires_at
    free_at = outside_quiet(now, claimed.person)
    return free_at if free_at < min(in_time, claimed.reminder.expires_at) else now


def _next_try_at(failed: Failed, attempt: int, now: datetime) -> datetime | None:
    """Return when to try again, None for never; where the address itself is gone, at once by what is left of it."""
    if failed.permanent and failed.gone:
        return now
    if failed.permanent or attempt > len(BACK_OFF_S):
        return None
    return now + timedelta(seconds=max(BACK_OFF_S[attempt - 1], failed.retry_after_s or 0))


def _report(what: str, claimed: Claimed, why: str) -> None:
    log.warning("%s", what, extra={"reminder": claimed.id, "code": why, "attempt": claimed.attempt})
