"""The words of the trade: what falls due, a person, a reminder, a claimed one, a message, an outcome."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Status(StrEnum):
    """Where a reminder stands; `waiting` and `claimed` are open, the others are final."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Due:
    """Something falls due, as the clinic states it.

    `kind` is a key of policy.RULES; `subject` an opaque id; `version` grows with every change of the plan
    or dose behind it; `on` the local calendar day; `at` the aware UTC moment where one is known.
    """

    kind: str
    subject: str
    version: int
    on: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """How somebody wants to be told: IANA zone, language, quiet hours on the local clock, channels in order.

    Quiet hours run from `quiet_from` up to, not including, `quiet_to`, and may cross midnight; None or two
    equal times mean there are none.
    """

    zone: str
    language: str
    quiet_from: time | None
    quiet_to: time | None
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to be told once: `send_at` the first and `expires_at` the last moment (exclusive), aware UTC.

    `key` is unique per person and for ever: the same key is never sent again after it was sent.
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


@dataclass(frozen=True, slots=True)
class Claimed:
    """A reminder one worker holds under a lease, with everything needed to send it.

    `id` is the row's opaque id, `fence` grows with every claim of that row, `attempt` counts from 1 and
    includes the attempt about to be made, `message_id` is the same for every copy. Quiet hours are those of
    now, not those of when the reminder was planned.
    """

    id: str
    fence: int
    reminder: Reminder
    attempt: int
    address: str
    language: str
    zone: str
    message_id: str
    quiet_from: time | None = None
    quiet_to: time | None = None

    @property
    def person(self) -> Person:
        """The person as the policy sees them."""
        return Person(self.zone, self.language, self.quiet_from, self.quiet_to, (self.reminder.channel,))


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
    """The provider did not take the message; `why` is a short neutral code without personal data; `gone` as above."""

    permanent: bool
    why: str
    retry_after_s: int | None = None
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was tried: the row goes back to waiting and no attempt is counted; `why` as in Failed."""

    why: str


Outcome = Accepted | Failed | Deferred
"""What became of one claimed reminder."""

LATE_AFTER = timedelta(minutes=15)
"""A message this much after its moment says it is late; less is the ticker's own delay."""
