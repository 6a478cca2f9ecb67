"""Care relationships: who may open a patient's record, from when until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import plausible
from backend.domain.permissions import Role, allows
from backend.services import events, gate, words
from backend.services.context import Context
from backend.storage import patients, people
from backend.storage.patients import CareRow, PatientRow

SKEW = timedelta(minutes=5)
"""How far a client's clock may be behind when it says "from now"."""


@dataclass(frozen=True, slots=True)
class Care:
    """One care relationship; it stands from `starts_at` up to, not including, `ends_at`.

    One that somebody opened in an `emergency` has their `reason`; otherwise that is None.
    """

    id: UUID
    staff_id: UUID
    name: str
    role: Role
    starts_at: datetime
    ends_at: datetime | None
    granted_by: UUID | None
    emergency: bool = False
    reason: str | None = None


def of_patient(ctx: Context, patient_id: UUID) -> list[Care]:
    """Return a patient's care relationships, past and to come too, oldest first."""
    patient = gate.patient(ctx, "care:read", patient_id)
    events.note(ctx, "care:read", patient.id)
    return _shown(ctx, patient, patients.care_of(ctx.session, patient.id))


def begin(ctx: Context, patient_id: UUID, staff_id: UUID, starts_at: datetime | None, ends_at: datetime | None) -> Care:
    """Let a colleague of the patient's own site care for the patient.

    Raises ClinicError `invalid` for nobody of the site, `out-of-time` for a beginning in the past, `contradiction`
    for an end before it, `already-exists` where one stands in that time.
    """
    patient = gate.patient(ctx, "care:write", patient_id, lock=True)
    begins_at, ends_at = _span(ctx.now, starts_at, ends_at)
    _colleague(ctx, patient, staff_id)
    for row in patients.care_of(ctx.session, patient.id):
        # Who is in for an emergency may be let in for good by somebody who cares.
        if row.staff_id == staff_id and not row.emergency and _overlaps(row, begins_at, ends_at):
            raise ClinicError("already-exists", "This colleague has a care relationship in that time.")
    values = {"starts_at": begins_at, "ends_at": ends_at, "granted_by": ctx.who.staff_id}
    care_id = uuid4()
    patients.add_care(ctx.session, id=care_id, patient_id=patient.id, staff_id=staff_id, **values)
    events.note(ctx, "care:write", patient.id, care_id, {"staff_id": str(staff_id)})
    return _one(ctx, patient, care_id)


def end(ctx: Context, patient_id: UUID, care_id: UUID) -> Care:
    """End a care relationship now; one yet to come never begins, and one that is over stays as it is.

    Raises ClinicError `not-found`.
    """
    patient = gate.patient(ctx, "care:write", patient_id, lock=True)
    row = patients.care(ctx.session, patient.id, care_id)
    if row is None:
        raise ClinicError("not-found")
    if row.ends_at is None or row.ends_at > max(ctx.now, row.starts_at):
        row.ends_at = max(ctx.now, row.starts_at)
        ctx.session.flush()
        events.note(ctx, "care:write", patient.id, care_id, {"ended": True})
    return _one(ctx, patient, care_id)


def _span(now: datetime, starts_at: datetime | None, ends_at: datetime | None) -> tuple[datetime, datetime | None]:
    begins_at = now if starts_at is None else plausible(starts_at, now, "/starts_at")
    if begins_at < now - SKEW:
        raise invalid("/starts_at", "Must not lie in the past.", "out-of-time")
    if ends_at is not None and plausible(ends_at, now, "/ends_at") <= begins_at:
        raise invalid("/ends_at", "Must lie after the beginning.", "contradiction")
    return begins_at, ends_at


def _colleague(ctx: Context, patient: PatientRow, staff_id: UUID) -> None:
    row = people.staff(ctx.session, staff_id)
    if row is None or row.site_id != patient.site_id or row.left_at is not None:
        raise invalid("/staff_id", "Nobody of your site.")
    if not allows("patients:read", Role(row.role)):
        raise invalid("/staff_id", "Somebody in this role does not care for patients.")


def _overlaps(row: CareRow, starts_at: datetime, ends_at: datetime | None) -> bool:
    if row.ends_at is not None and row.ends_at <= max(starts_at, row.starts_at):
        return False
    return ends_at is None or row.starts_at < ends_at


def _one(ctx: Context, patient: PatientRow, care_id: UUID) -> Care:
    row = patients.care(ctx.session, patient.id, care_id)
    if row is None:
        raise ClinicError("not-found")
    return _shown(ctx, patient, [row])[0]


def _shown(ctx: Context, patient: PatientRow, rows: Sequence[CareRow]) -> list[Care]:
    known = people.names(ctx.session, {row.staff_id for row in rows})
    clinical = allows("history:read", ctx.who.role)  # the reason of an emergency is about the patient's state
    return [
        Care(
            row.id,
            row.staff_id,
            known[row.staff_id][0],
            Role(known[row.staff_id][1]),
            row.starts_at,
            row.ends_at,
            row.granted_by,
            row.emergency,
            (words.opened(ctx, patient, row.reason, words.of_care(row.id)) or None) if clinical else None,
        )
        for row in rows
    ]
