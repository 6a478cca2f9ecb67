"""A patient's history: every change to what is known of their treatment, with who made it and why, newest first."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.errors import invalid
from backend.domain.permissions import Role
from backend.services import events, gate, history_course, history_findings, history_people, history_samples
from backend.services.changed import Change
from backend.services.context import Context
from backend.services.paging import Page, cut
from backend.storage import people
from backend.storage.patients import PatientRow

_SOURCES: tuple[Callable[[Context, PatientRow], Iterator[Change]], ...] = (
    history_course.changes,
    history_samples.changes,
    history_findings.changes,
    history_people.changes,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Who made a change: staff with their name, a patient without."""

    id: UUID
    name: str | None
    role: str


@dataclass(frozen=True, slots=True)
class Told:
    """A change with who made it, None where nobody was logged in or nobody knows."""

    change: Change
    by: Person | None


def page(ctx: Context, patient_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Page[Told]:
    """Return a page of a patient's history, for those who treat them.

    Who a patient was before a change of identity is not in it. Raises ClinicError `not-found`, and `invalid` for a
    place that is not in this list.
    """
    patient = gate.patient(ctx, "history:read", patient_id)
    events.note(ctx, "history:read", patient.id)
    found, more = cut(_behind(_changes(ctx, patient), after), limit)
    last = (found[-1].at, found[-1].id) if more else None
    return Page(_told(ctx, patient, found), last)


def every(ctx: Context, patient: PatientRow) -> list[Told]:
    """Return the whole history of a patient who is within reach, the newest change first."""
    return _told(ctx, patient, _changes(ctx, patient))


def _changes(ctx: Context, patient: PatientRow) -> list[Change]:
    return sorted((change for source in _SOURCES for change in source(ctx, patient)), key=_order, reverse=True)


def _told(ctx: Context, patient: PatientRow, found: Sequence[Change]) -> list[Told]:
    staff = people.names(ctx.session, {change.by for change in found if change.by is not None})
    return [Told(change, person(change.by, patient, staff)) for change in found]


def person(by: UUID | None, patient: PatientRow, staff: Mapping[UUID, tuple[str, str]]) -> Person | None:
    """Return whose id it is, given name and role of the staff: the patient's own, a colleague's, or nobody's."""
    if by is None:
        return None
    if by == patient.id:
        return Person(by, None, Role.PATIENT.value)
    return Person(by, *staff[by]) if by in staff else None


def _order(change: Change) -> tuple[datetime, int, str, UUID]:
    return change.at, change.version, change.what.value, change.id


def _behind(every: Sequence[Change], after: tuple[datetime, UUID] | None) -> Sequence[Change]:
    """Return what follows a place; what came in since stands before it, so that no page repeats or skips a change."""
    if after is None:
        return every
    ids: Iterable[UUID] = (change.id for change in every)
    index = next((index for index, found in enumerate(ids) if found == after[1]), None)
    if index is None:
        raise invalid("/query/cursor", "Not a cursor of this list.")
    return every[index + 1 :]
