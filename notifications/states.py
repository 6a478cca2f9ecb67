"""The states of a reminder: which may follow which, so that none runs backwards, whatever arrives late or twice."""

from collections.abc import Mapping
from datetime import datetime

from notifications.reminder import Status

OPEN = frozenset({Status.PLANNED, Status.DUE, Status.CLAIMED})
"""Something may still be sent."""

TOLD = frozenset({Status.SENT, Status.DELIVERED, Status.DISMISSED, Status.OPENED})
"""A provider took it, or more."""

_HELD = frozenset({Status.CANCELLED, Status.SUPPRESSED, Status.EXPIRED})
_SEEN = frozenset({Status.DELIVERED, Status.DISMISSED, Status.OPENED})

FOLLOWS: Mapping[Status, frozenset[Status]] = {
    # A sender that was given up may say after all that it was taken; planned again is planned for another moment.
    Status.PLANNED: _HELD | {Status.PLANNED, Status.DUE, Status.CLAIMED, Status.SENT},
    Status.DUE: _HELD | {Status.PLANNED, Status.CLAIMED, Status.FAILED},
    Status.CLAIMED: _HELD | {Status.PLANNED, Status.DUE, Status.SENT, Status.FAILED},
    # A provider may say later that it came to nothing: then the next channel is tried, or it failed.
    Status.SENT: _SEEN | {Status.DUE, Status.FAILED},
    Status.DELIVERED: frozenset({Status.DISMISSED, Status.OPENED}),
    Status.DISMISSED: frozenset({Status.OPENED}),
    Status.OPENED: frozenset(),
    # What nobody could be sure of may have come all the same; a mended address is worth another try.
    Status.FAILED: _SEEN | {Status.PLANNED},
    Status.EXPIRED: _SEEN | {Status.SENT},
    # Wanted again, taken while it was being cancelled, or shown by a phone before it knew.
    Status.CANCELLED: _SEEN | {Status.PLANNED, Status.CLAIMED, Status.SENT},
    # Held back again is held back for another reason.
    Status.SUPPRESSED: frozenset({Status.SUPPRESSED, Status.PLANNED, Status.CANCELLED, Status.SENT}),
}


def may_follow(before: Status, after: Status) -> bool:
    """Whether a reminder may go from one state to another."""
    return after in FOLLOWS[before]


def shown(status: Status, send_at: datetime, now: datetime) -> Status:
    """Return the state as people are told it: what is planned falls due by the clock alone."""
    return Status.DUE if status is Status.PLANNED and send_at <= now else status
