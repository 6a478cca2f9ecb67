"""Who looked: what others did with the acting patient's record, and what they were refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.errors import invalid
from backend.services import events, gate
from backend.services.context import Context
from backend.services.paging import Page, cut
from backend.storage import events as log
from backend.storage import people
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow

SYSTEM = "system"
"""Whose act it is when nobody was logged in: an import, a calendar that reads its feed, a code that was burnt."""
_NOBODY, _REFUSED = "nobody", "refused"
_LAST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Look:
    """One act on the record: by whom (None where it was no member of staff), and whether it was refused."""

    at: datetime
    who: str | None
    role: str
    act: str
    refused: bool


def page(ctx: Context, after: tuple[datetime, UUID] | None, limit: int) -> Page[Look]:
    """Return a page of what others did with the acting patient's record, the newest first (P23).

    Raises ClinicError `invalid` for a place that is not in this list.
    """
    patient = gate.own(ctx, "own-access:read")
    events.note(ctx, "own-access:read", patient.id)
    found, more = cut(log.by_others(ctx.session, patient.id, _behind(after), limit + 1), limit)
    # A place holds an id of 128 bits; an event's number fits in it.
    last = (found[-1].at, UUID(int=found[-1].id)) if more else None
    return Page(_looks(ctx, found), last)


def every(ctx: Context, patient: PatientRow) -> list[Look]:
    """Return all that others did with the record of a patient who is within reach, the newest first."""
    return _looks(ctx, log.by_others(ctx.session, patient.id, None, _LAST_ID))


def numbered(ctx: Context, patient: PatientRow) -> list[tuple[int, Look]]:
    """Return the same as `every`, each with the number of its event."""
    rows = log.by_others(ctx.session, patient.id, None, _LAST_ID)
    return [(row.id, look) for row, look in zip(rows, _looks(ctx, rows), strict=True)]


def _looks(ctx: Context, rows: Sequence[EventRow]) -> list[Look]:
    staff = people.names(ctx.session, {row.actor_id for row in rows if row.actor_id is not None})
    names = {staff_id: name for staff_id, (name, _) in staff.items()}
    return [_look(row, names) for row in rows]


def _behind(after: tuple[datetime, UUID] | None) -> tuple[datetime, int] | None:
    if after is not None and after[1].int > _LAST_ID:
        raise invalid("/query/cursor", "Not a cursor of this list.")
    return None if after is None else (after[0], after[1].int)


def _look(row: EventRow, names: Mapping[UUID, str]) -> Look:
    """Return an event as the patient sees it; a refused one says what was asked for."""
    refused = row.act == _REFUSED
    # Only staff are named: of another patient the table of staff knows nothing, and nothing is told.
    who = None if row.actor_id is None else names.get(row.actor_id)
    role = SYSTEM if row.actor_role == _NOBODY else row.actor_role
    return Look(row.at, who, role, row.subject if refused else row.act, refused)
