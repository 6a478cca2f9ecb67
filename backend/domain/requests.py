"""Requests: what a patient may ask of the clinic, what may become of it, and in which state what can be done."""

from enum import StrEnum
from uuid import UUID

from backend.domain.errors import ClinicError, invalid


class AskedFor(StrEnum):
    """What is asked: to be contacted, or to have an appointment moved. A request never changes a schedule."""

    CONTACT = "contact"
    MOVE = "move"


class Status(StrEnum):
    """Whether the clinic has still to do something."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What became of a request; `later` promises to come back to it, so it stays open."""

    REACHED = "reached"
    AGREED = "agreed"
    LATER = "later"
    NOT_NEEDED = "not-needed"


def check(kind: AskedFor, treatment_id: UUID | None) -> None:
    """Pass for a request that says enough. Raises ClinicError `invalid` for a move without the treatment."""
    if kind is AskedFor.MOVE and treatment_id is None:
        raise invalid("/treatment_id", "Say of which treatment.")


def after(outcome: Outcome) -> Status:
    """Return the status a request has after an outcome."""
    return Status.OPEN if outcome is Outcome.LATER else Status.CLOSED


def still_open(status: Status) -> None:
    """Pass for a request that something can become of. Raises ClinicError `wrong-state`."""
    if status is not Status.OPEN:
        raise ClinicError("wrong-state", f"The request is {status.value}.")
