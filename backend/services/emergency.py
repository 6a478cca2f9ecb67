"""Emergency access: somebody who does not care for a patient opens the record, for some hours, with a reason (P25)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.domain.emergency import DAY, WRONG_TRIES, Opening, free_at
from backend.domain.errors import ClinicError, Remembered
from backend.services import access, events, gate, patients, tries, words
from backend.services.context import Context
from backend.storage import access as trying
from backend.storage import patients as enrolled
from backend.storage.patients import CareRow, PatientRow

PERMISSION = "emergency:write"


@dataclass(frozen=True, slots=True)
class Named:
    """Whose record is to be opened, as they are known at the bedside, and why; `id` is made by who asks."""

    id: UUID
    hospital_number: str
    birth_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened record: the care relationship it is, and when that ends by itself."""

    patient_id: UUID
    care_id: UUID
    ends_at: datetime
    duplicate: bool = False


def enter(ctx: Context, told: Named) -> Opened:
    """Open the record of a patient of the actor's own site for some hours (settings), loudly.

    Those who care find it on their worklist, the patient sees it among who looked, and it opens nothing that would
    outlast it (`domain.emergency.SHUT`). A retry gives what was opened, also when that is over: only a new id with a
    reason of its own opens the record again. Whatever does not match, a number, a birth date or a site, is the same
    `not-found`, noted, and counts against the actor: too many and it is ClinicError `too-many-tries`. Raises
    `wrong-state` for somebody who may open the record already, `id-in-use`, and `emergency-limit` where those who care
    ended this often enough, or the actor opened very many records within a day (`domain.emergency`).
    """
    actor = gate.permit(ctx, PERMISSION)
    site_id = gate.own_site(ctx)
    marked = tries.mark(ctx, "emergency", str(actor.staff_id))
    trying.one_at_a_time(ctx.session, marked)  # or many guesses at once would all be the first
    tries.admit(ctx, marked, WRONG_TRIES)
    patient = _matching(ctx, site_id, told)
    if patient is None:
        tries.count(ctx, marked)
        raise Remembered("not-found")
    return _again(ctx, patient, told) or _open(ctx, patient, told)


def _matching(ctx: Context, site_id: UUID, told: Named) -> PatientRow | None:
    """Return the patient who has the number and was born on the day; a wrong day is noted on the patient's own log."""
    found = patients.numbered(ctx, site_id, told.hospital_number)
    row = None if found is None else enrolled.get(ctx.session, found.id, lock=True)
    if row is None:
        return None
    if patients.identity(ctx, row).birth_on != told.birth_on:
        access.note_refusal(ctx, PERMISSION, "not-found", row.id)
        return None
    return row


def _again(ctx: Context, patient: PatientRow, told: Named) -> Opened | None:
    """Return what the same request opened before, unchanged, or None where it is new."""
    row = enrolled.care(ctx.session, patient.id, told.id)
    if row is None:
        return None
    reason = words.opened(ctx, patient, row.reason, words.of_care(row.id))
    if row.ends_at is None or (row.emergency, row.staff_id, reason) != (True, ctx.who.staff_id, told.reason):
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    events.note(ctx, PERMISSION, patient.id, row.id, {"duplicate": True})
    return Opened(patient.id, row.id, row.ends_at, duplicate=True)


def _open(ctx: Context, patient: PatientRow, told: Named) -> Opened:
    staff_id = ctx.who.staff_id
    if staff_id is None or enrolled.cares(ctx.session, staff_id, patient.id, ctx.now):
        raise ClinicError("wrong-state", "The record is open to you already.")
    _limit(ctx, staff_id, patient)
    ends_at = ctx.now + timedelta(hours=ctx.settings.emergency_hours)
    opened = enrolled.add_care(
        ctx.session,
        id=told.id,
        patient_id=patient.id,
        staff_id=staff_id,
        starts_at=ctx.now,
        ends_at=ends_at,
        granted_by=staff_id,
        emergency=True,
        reason=words.sealed(ctx, patient, told.reason, words.of_care(told.id)),
    )
    if not opened:
        raise ClinicError("id-in-use", pointers={"/id": "holds something else"})
    events.note(ctx, PERMISSION, patient.id, told.id, {"ends_at": ends_at.isoformat()})
    return Opened(patient.id, told.id, ends_at)


def opening(ctx: Context, row: CareRow) -> Opening:
    """Return what the domain counts of an opened record; how long it was meant is what the settings say."""
    meant = timedelta(hours=ctx.settings.emergency_hours)
    return Opening(row.patient_id, row.starts_at, row.ends_at or row.starts_at + meant, meant)


def _limit(ctx: Context, staff_id: UUID, patient: PatientRow) -> None:
    """Pass, or note the refusal on the patient's own log and raise `emergency-limit` with the seconds to wait.

    The actor's openings come one after the other (`enter`), so that of two at once the second sees the first.
    """
    mine = enrolled.emergencies_of(ctx.session, staff_id, ctx.now - DAY)
    free = free_at([opening(ctx, row) for row in mine], patient.id, ctx.now)
    if free is not None:
        access.note_refusal(ctx, PERMISSION, "emergency-limit", patient.id)
        raise Remembered("emergency-limit", retry_after_s=max(1, int((free - ctx.now).total_seconds())))
