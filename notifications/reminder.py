"""The words of the trade: what falls due, a person, a reminder, a claimed one, a message, an outcome."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Status(StrEnum):
    """Where a reminder stands (issue 4); which may follow which is told in `notifications.states`.

    `planned` waits for its moment, `due` was given back by a dispatcher and waits for another try, `suppressed` is held
    back for a reason of the person's own.
    """

    PLANNED = "planned"
    DUE = "due"
    CLAIMED = "claimed"
    SENT = "sent"
    DELIVERED = "delivered"
    DISMISSED = "dismissed"
    OPENED = "opened"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Due:
    """Something falls due, as the clinic states it.

    `kind` is a key of policy.RULES; `subject` an opaque id; `version` grows with every change of the plan
    or dose behind it; `on` the local calendar day; `at` the aware UTC moment where one is known; `since` the day the
    stretch that ends on `on` began (an interval's dose, a form's opening), where steps may be a part of it.
    """

    kind: str
    subject: str
    version: int
    on: date
    at: datetime | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody wants to be told: IANA zone, language, quiet hours on the local clock, channels in order.

    Quiet hours run from `quiet_from` up to, not including, `quiet_to`, and may cross midnight; None or two
    equal times mean there are none. Nothing is told from `paused_from` up to `paused_until` (aware UTC; None is
    without end), and nothing of a kind in `stopped`.
    """

    zone: str
    language: str
    quiet_from: time | None
    quiet_to: time | None
    channels: tuple[str, ...]
    paused_from: datetime | None = None
    paused_until: datetime | None = None
    stopped: frozenset[str] = frozenset()

    def paused(self, at: datetime) -> bool:
        """Whether the person wants to hear nothing at a moment."""
        began = self.paused_from is not None and self.paused_from <= at
        return began and (self.paused_until is None or at < self.paused_until)


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to be told once: `send_at` the first and `expires_at` the last moment (exclusive), aware UTC.

    `key` is unique per person and for ever: the same key is never sent again after it was sent. `suppressed` says why
    it is not told (a short code), empty where it is.
    """

    key: str
    kind: str
    subject: str
    version: int
    step: str
    due_on: date
    due_at: datetime | None
    send_at: datetime
    expires_at: datetime
    channel: str
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reminder one worker holds under a lease, with everything needed to send it.

    `id` is the row's opaque id, `fence` grows with every claim of that row, `attempt` counts the tries by this channel
    from 1 and includes the one about to be made, `message_id` is the same for every copy. `person` is how they want to
    be told now, not when the reminder was planned; `others` are the channels left after this one, in order.
    """

    id: str
    fence: int
    reminder: Reminder
    attempt: int
    address: str
    person: Person
    message_id: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered text. `late` when it is written after what it is about; `written_at` is aware UTC.

    `brief` is the body for where there is little room, `reminder` the id of the row it tells of, and `expires_at`
    (aware UTC) the moment from which delivering it makes no sense any more. Raises ValueError for a `message_id`
    that could not stand in a header or be a file name.
    """

    subject: str
    body: str
    message_id: str
    late: bool
    written_at: datetime
    brief: str = ""
    reminder: str = ""
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if not _MESSAGE_ID.fullmatch(self.message_id):
            raise ValueError("message id")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message; `provider_ref` is its name for it, or our own message id.

    `gone` names the parts of the address that were found not to exist any more.
    """

    provider_ref: str
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider did not take the message; `why` is a short neutral code without personal data; `gone` as above.

    `unsure` where nobody can know: the message was handed over, or may have been, and no answer to it was read.
    """

    permanent: bool
    why: str
    retry_after_s: int | None = None
    gone: tuple[str, ...] = ()
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was tried: the row is due again later and no attempt is counted; `why` as in Failed."""

    why: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Nothing was tried and nothing will be, for a reason of the person's own; `why` as in Failed."""

    why: str


Outcome = Accepted | Failed | Deferred | Suppressed
"""What became of one claimed reminder."""


@dataclass(frozen=True, slots=True)
class Again:
    """When a reminder that was not sent is tried again (aware UTC), and by which channel."""

    at: datetime
    channel: str


LATE_AFTER = timedelta(minutes=15)
"""A message this much after its moment says it is late; less is the ticker's own delay."""
