"""Calls: saying what became of calling a patient about something on the worklist, which takes it off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain import calls as calling
from backend.domain import reports
from backend.domain.calls import Outcome, Said
from backend.domain.emergency import LISTED
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date, plausible_on
from backend.domain.worklist import Kind
from backend.services import events, gate, needs, records, requests, undelivered, words
from backend.services.context import Context
from backend.services.needs import Need
from backend.services.undelivered import Owner
from backend.storage import calls, people
from backend.storage import undelivered as unheard
from backend.storage.calls import CallRow
from backend.storage.patients import PatientRow

KIND = "call"
VERSIONED = frozenset({Kind.CONTACT, Kind.MOVE, Kind.UNDELIVERED})
"""What has a version and a life of its own, and is settled by the call; the rest comes and goes with the record."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a call, under the id of whoever made it; `version` is the thing's, as it was seen on the list."""

    id: UUID
    kind: Kind
    subject: str
    version: int | None
    outcome: Outcome
    on: date | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it is shown; `words` are the clinic's own and never shown to the patient in the app."""

    id: UUID
    kind: Kind
    subject: str
    outcome: Outcome
    on: date | None
    words: str | None
    at: datetime
    by: Owner | None
    duplicate: bool = False

    @property
    def said(self) -> Said:
        """What it says of the list."""
        return Said(self.outcome, self.on, self.at)


def record(ctx: Context, patient_id: UUID, told: Told) -> Call:
    """Keep what became of a call, and settle what it was about; a retry is answered with what is stored (`duplicate`).

    A request, or what did not reach the patient, is settled in the same act. Anything else is off the list as the
    outcome says (`domain.calls.hides`). Raises ClinicError `not-found`, `id-in-use`, `invalid`, `contradiction`,
    `out-of-time` for a day that has passed, `stale-version`, `wrong-state` for what needs nothing (any more), and
    `role-lacks-permission` for an emergency looked into by somebody whose own access is one.
    """
    patient = gate.patient(ctx, "worklist:write", patient_id, lock=True)
    calling.check(told.outcome, told.on, told.words)
    mark = _mark(ctx, told)
    if not calls.add(ctx.session, _values(ctx, patient, told, mark)):
        stored = _stored(ctx, patient, told.id)
        reports.same_upload(stored.created_mark, mark)
        events.note(ctx, "calls:read", patient.id, told.id, {"duplicate": True})
        return _shown(ctx, patient, [stored], duplicate=True)[0]
    if told.on is not None:
        calling.check_day(plausible_on(told.on, ctx.now, "/on"), local_date(ctx.now, patient.zone))
    _settle(ctx, patient, told)
    detail = {"kind": told.kind.value, "outcome": told.outcome.value}
    events.note(ctx, "worklist:write", patient.id, told.id, detail)
    return _shown(ctx, patient, [_stored(ctx, patient, told.id)])[0]


def of_patient(ctx: Context, patient_id: UUID) -> list[Call]:
    """Return the calls with a patient, the newest first, about what the actor's role may see."""
    patient = gate.patient(ctx, "calls:read", patient_id)
    events.note(ctx, "calls:read", patient.id)
    seen = frozenset(needs.kinds(ctx))
    return [call for call in every(ctx, patient) if call.kind in seen]


def every(ctx: Context, patient: PatientRow) -> list[Call]:
    """Return all calls with a patient who is within reach, the newest first."""
    return _shown(ctx, patient, list(calls.of_patient(ctx.session, patient.id)))


def newest(ctx: Context, found: list[Need]) -> dict[tuple[UUID, str], Call]:
    """Return the newest call about each thing that needs somebody, by patient and key."""
    rows = calls.newest(ctx.session, {need.item.subject for need in found})
    asked = {(need.patient.id, need.item.kind.value, need.item.subject): need for need in found}
    names = _names(ctx, [row for key, row in rows.items() if key in asked])
    return {
        (row.patient_id, asked[key].item.key): _call(ctx, asked[key].patient, row, names)
        for key, row in rows.items()
        if key in asked
    }


def _settle(ctx: Context, patient: PatientRow, told: Told) -> None:
    if (told.version is None) == (told.kind in VERSIONED):
        raise invalid("/version", "Name the version you saw, of what has one.")
    if told.kind in {Kind.CONTACT, Kind.MOVE}:
        _settle_request(ctx, patient, told)
    elif told.kind is Kind.UNDELIVERED:
        _settle_undelivered(ctx, patient, told)
    else:
        _check_needed(ctx, patient, told)


def _settle_request(ctx: Context, patient: PatientRow, told: Told) -> None:
    outcome = calling.REQUESTED[told.outcome]
    done = requests.settle(ctx, patient.id, _id(told), told.version or 0, outcome, None)
    if done.kind.value != told.kind.value:
        raise ClinicError("not-found")


def _settle_undelivered(ctx: Context, patient: PatientRow, told: Told) -> None:
    item = unheard.get(ctx.session, _id(told))
    if item is None or item.patient_id != patient.id:
        raise ClinicError("not-found")
    undelivered.settle(ctx, item.id, told.version or 0, None, calling.REQUESTED[told.outcome])


def _check_needed(ctx: Context, patient: PatientRow, told: Told) -> None:
    """Pass for what needs somebody now, as far as the actor may see it, whoever called about it before."""
    found = [need.item for need in needs.of_patients(ctx, {patient.id: patient}) if need.item.kind is told.kind]
    item = next((one for one in found if one.subject == told.subject), None)
    if item is None:
        raise ClinicError("wrong-state", "Nothing on the list is so (any more).")
    if told.kind is Kind.EMERGENCY:
        _check_may_look_into(ctx, patient, item.detail, item.since, told.on)


def _check_may_look_into(
    ctx: Context, patient: PatientRow, detail: Mapping[str, Any], began_at: datetime, on: date | None
) -> None:
    """Pass for somebody who cares for the patient and is not whose emergency it was: nobody looks into their own.

    It cannot be put off to a day `on` that lies behind the last on which it is listed.
    """
    if not gate.cares_lastingly(ctx, patient):
        raise ClinicError("role-lacks-permission", "Emergency access does not go so far.")
    if detail["staff_id"] == ctx.who.staff_id:
        raise ClinicError("wrong-state", "A colleague has to look into it.")
    if on is not None and on >= local_date(began_at + LISTED, patient.zone):
        raise invalid("/on", "By then it would no longer be listed.", "out-of-bounds")


def _id(told: Told) -> UUID:
    try:
        return UUID(told.subject)
    except ValueError:
        raise invalid("/subject", "Not the id of such a thing.") from None


def _mark(ctx: Context, told: Told) -> bytes:
    said = {
        "kind": told.kind.value,
        "subject": told.subject,
        "version": told.version,
        "outcome": told.outcome.value,
        "on": None if told.on is None else told.on.isoformat(),
        "words": told.words,
        "by": str(ctx.who.staff_id),
    }
    return records.mark(ctx, KIND, said)


def _values(ctx: Context, patient: PatientRow, told: Told, mark: bytes) -> dict[str, Any]:
    return {
        "patient_id": patient.id,
        "id": told.id,
        "kind": told.kind.value,
        "subject": told.subject,
        "outcome": told.outcome.value,
        "on_day": told.on,
        "words": words.sealed(ctx, patient, told.words or "", words.of_call(told.id)),
        "called_at": ctx.now,
        "called_by": ctx.who.staff_id,
        "created_mark": mark,
    }


def _stored(ctx: Context, patient: PatientRow, call_id: UUID) -> CallRow:
    row = calls.get(ctx.session, patient.id, call_id)
    if row is None:
        raise ClinicError("not-found")
    return row


def _names(ctx: Context, rows: list[CallRow]) -> Mapping[UUID, tuple[str, str]]:
    return people.names(ctx.session, {row.called_by for row in rows if row.called_by is not None})


def _shown(ctx: Context, patient: PatientRow, rows: list[CallRow], *, duplicate: bool = False) -> list[Call]:
    names = _names(ctx, rows)
    return [_call(ctx, patient, row, names, duplicate=duplicate) for row in rows]


def _call(
    ctx: Context,
    patient: PatientRow,
    row: CallRow,
    names: Mapping[UUID, tuple[str, str]],
    *,
    duplicate: bool = False,
) -> Call:
    return Call(
        row.id,
        Kind(row.kind),
        row.subject,
        Outcome(row.outcome),
        row.on_day,
        words.opened(ctx, patient, row.words, words.of_call(row.id)) or None,
        row.called_at,
        None if row.called_by is None else Owner(row.called_by, names[row.called_by][0]),
        duplicate,
    )
