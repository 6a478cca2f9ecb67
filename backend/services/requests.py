"""Requests: a patient asks the clinic to make contact or to move a dose, and reads what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.domain import reports
from backend.domain import requests as asking
from backend.domain.errors import ClinicError
from backend.domain.moments import offset_minutes, plausible, with_offset
from backend.domain.requests import AskedFor, Outcome, Status
from backend.services import events, feed, gate, records
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.paging import Page, cut
from backend.storage import requests, treatment
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow, keep_version
from backend.storage.requests import RequestRow
from backend.storage.sealing import Place

KIND = "request"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a patient asks, under the id the phone made; `treatment_id` is whose dose is to be moved."""

    id: UUID
    kind: AskedFor
    treatment_id: UUID | None
    words: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it is shown; `answer` is what the clinic wrote back, `closed_by` who of the clinic settled it."""

    id: UUID
    patient_id: UUID
    kind: AskedFor
    status: Status
    version: int
    treatment_id: UUID | None
    words: str | None
    recorded_at: datetime
    received_at: datetime
    outcome: Outcome | None
    answer: str | None
    closed_at: datetime | None
    closed_by: UUID | None
    duplicate: bool = False


def ask(ctx: Context, told: Asked, skew: timedelta = reports.NO_SKEW) -> Request:
    """Store what the acting patient asks of the clinic, once; it never changes a schedule by itself.

    A retry is answered with what is stored, marked `duplicate`. `skew` is by how much the phone's clock is behind.
    Raises ClinicError `invalid`, `out-of-time`, `not-found` for a treatment that is not the patient's, and
    `id-in-use` for other content under the id.
    """
    patient = gate.own(ctx, "own-requests:write")
    plausible(reports.shifted(told.recorded_at, skew), ctx.now, "/recorded_at")
    asking.check(told.kind, told.treatment_id)
    _own_treatment(ctx, patient, told.treatment_id)
    values = _first(ctx, patient, told)
    if not requests.add(ctx.session, values):
        stored = _stored(ctx, patient, told.id)
        reports.same_upload(stored.created_mark, values["created_mark"])
        events.note(ctx, "own-requests:read", patient.id, told.id, {"duplicate": True})
        return _request(ctx, patient, stored, duplicate=True)
    events.note(ctx, "own-requests:write", patient.id, told.id, {"version": 1})
    feed.touch(ctx, patient.id, Kind.REQUEST, told.id)
    return _request(ctx, patient, _stored(ctx, patient, told.id))


def withdraw(ctx: Context, request_id: UUID, base_version: int) -> Request:
    """Take an open request of the acting patient back, whichever version was seen; twice changes nothing.

    Raises ClinicError `not-found`, `not-yet-known` for a version to come, `wrong-state` when the clinic closed it.
    """
    patient = gate.own(ctx, "own-requests:write", lock=True)
    stored = _stored(ctx, patient, request_id)
    reports.arrived(base_version, stored.version)
    if Status(stored.status) is Status.WITHDRAWN:
        events.note(ctx, "own-requests:read", patient.id, request_id, {"duplicate": True})
        return _request(ctx, patient, stored, duplicate=True)
    asking.still_open(Status(stored.status))
    _replace(ctx, "own-requests:write", patient, stored, {"status": Status.WITHDRAWN.value})
    return _request(ctx, patient, _stored(ctx, patient, request_id))


def settle(
    ctx: Context, patient_id: UUID, request_id: UUID, version: int, outcome: Outcome, answer: str | None
) -> Request:
    """Say what became of a patient's open request; `answer` is shown to the patient. `later` leaves it open.

    Raises ClinicError `not-found`, `stale-version`, and `wrong-state` for one that is no longer open.
    """
    patient = gate.patient(ctx, "requests:write", patient_id, lock=True)
    stored = _stored(ctx, patient, request_id)
    asking.still_open(Status(stored.status))
    if stored.version != version:
        raise ClinicError("stale-version", f"The version is {stored.version} now.")
    status = asking.after(outcome)
    closed = status is Status.CLOSED
    values = {
        "status": status.value,
        "outcome": outcome.value,
        "answer_sealed": _seal(ctx, patient, request_id, "answer", answer),
        "closed_at": ctx.now if closed else None,
        "closed_by": ctx.who.id if closed else None,
    }
    _replace(ctx, "requests:write", patient, stored, values)
    return _request(ctx, patient, _stored(ctx, patient, request_id))


def own(ctx: Context) -> list[Request]:
    """Return the acting patient's requests, oldest first."""
    patient = gate.own(ctx, "own-requests:read")
    events.note(ctx, "own-requests:read", patient.id)
    return every(ctx, patient)


def of_patient(ctx: Context, patient_id: UUID) -> list[Request]:
    """Return a patient's requests, oldest first, for those who care for them."""
    patient = gate.patient(ctx, "requests:read", patient_id)
    events.note(ctx, "requests:read", patient.id)
    return every(ctx, patient)


def every(ctx: Context, patient: PatientRow) -> list[Request]:
    """Return all requests of a patient who is within reach, oldest first."""
    return [_request(ctx, patient, row) for row in requests.of_patient(ctx.session, patient.id)]


def waiting(ctx: Context, after: tuple[datetime, UUID] | None, limit: int) -> Page[Request]:
    """Return a page of the open requests of the patients the actor cares for, oldest first."""
    actor = gate.permit(ctx, "requests:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    rows, more = cut(requests.open_within_care(ctx.session, actor.staff_id, ctx.now, after, limit + 1), limit)
    for patient_id in {patient.id for _, patient in rows}:
        events.note(ctx, "requests:list", patient_id)
    last = rows[-1][0] if more else None
    shown = [_request(ctx, patient, row) for row, patient in rows]
    return Page(shown, (last.received_at, last.id) if last else None)


def open_of(ctx: Context, rows: Mapping[UUID, PatientRow]) -> list[Request]:
    """Return the open requests of patients who are within reach, oldest first."""
    return [_request(ctx, rows[one.patient_id], one) for one in requests.open_of(ctx.session, rows)]


def earlier_answer(ctx: Context, patient: PatientRow, row: VersionRow) -> str | None:
    """Return what the clinic had written back in an earlier version; reach was checked by the caller."""
    return _open(ctx, patient, row.record_id, "answer", row.note_sealed)


def _own_treatment(ctx: Context, patient: PatientRow, treatment_id: UUID | None) -> None:
    if treatment_id is not None and treatment.holder(ctx.session, treatment_id) != patient.id:
        raise ClinicError("not-found", "There is no such treatment.", {"/treatment_id": "There is no such treatment."})


def _first(ctx: Context, patient: PatientRow, told: Asked) -> dict[str, Any]:
    said = {
        "kind": told.kind.value,
        "treatment_id": None if told.treatment_id is None else str(told.treatment_id),
        "words": told.words,
        "recorded_at": told.recorded_at.isoformat(),
    }
    return {
        "patient_id": patient.id,
        "id": told.id,
        "kind": told.kind.value,
        "version": 1,
        "status": Status.OPEN.value,
        "created_mark": records.mark(ctx, KIND, said),
        "treatment_id": told.treatment_id,
        "words_sealed": _seal(ctx, patient, told.id, "words", told.words),
        "recorded_at": told.recorded_at,
        "recorded_offset": offset_minutes(told.recorded_at),
        "received_at": ctx.now,
        "session_id": ctx.who.session_id,
    }


def _replace(ctx: Context, permission: str, patient: PatientRow, stored: RequestRow, values: dict[str, Any]) -> None:
    """Keep what stood as a superseded version, the clinic's earlier answer too, and put the newer values (P08)."""
    version = stored.version
    keep_version(
        ctx.session,
        patient_id=patient.id,
        kind=KIND,
        record_id=stored.id,
        version=version,
        content={"status": stored.status, "outcome": stored.outcome},
        note_sealed=stored.answer_sealed,
        replaced_at=ctx.now,
        replaced_by=ctx.who.id,
        device_at=ctx.now,
        reason="",
    )
    if not requests.put(ctx.session, patient.id, stored.id, version, values):
        raise ClinicError("stale-version")
    events.note(ctx, permission, patient.id, stored.id, {"version": version + 1, "status": values["status"]})
    feed.touch(ctx, patient.id, Kind.REQUEST, stored.id)


def _stored(ctx: Context, patient: PatientRow, request_id: UUID) -> RequestRow:
    row = requests.get(ctx.session, patient.id, request_id)
    if row is None:
        raise ClinicError("not-found")
    return row


def _seal(ctx: Context, patient: PatientRow, request_id: UUID, column: str, text: str | None) -> bytes | None:
    return ctx.sealer.seal(patient.key, str(patient.id), text, _place(request_id, column))


def _open(ctx: Context, patient: PatientRow, request_id: UUID, column: str, sealed: bytes | None) -> str | None:
    return ctx.sealer.open(patient.key, str(patient.id), sealed, _place(request_id, column))


def _place(request_id: UUID, column: str) -> Place:
    return Place("requests", column, str(request_id))


def _request(ctx: Context, patient: PatientRow, row: RequestRow, *, duplicate: bool = False) -> Request:
    return Request(
        id=row.id,
        patient_id=patient.id,
        kind=AskedFor(row.kind),
        status=Status(row.status),
        version=row.version,
        treatment_id=row.treatment_id,
        words=_open(ctx, patient, row.id, "words", row.words_sealed),
        recorded_at=with_offset(row.recorded_at, row.recorded_offset),
        received_at=row.received_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        answer=_open(ctx, patient, row.id, "answer", row.answer_sealed),
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        duplicate=duplicate,
    )
