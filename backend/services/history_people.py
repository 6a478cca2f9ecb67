"""What was changed about who a patient is, who may open the record, and what was asked of the clinic."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.services import patients, requests, words
from backend.services.changed import Change, What
from backend.services.contact import Contact
from backend.services.context import Context
from backend.services.patients import Identity
from backend.storage import events, people, records
from backend.storage import patients as enrolled
from backend.storage.events import EventRow
from backend.storage.patients import CareRow, PatientRow
from backend.storage.records import VersionRow

ENROL, CHANGE = "enrol", "change"
BEGIN, END, EMERGENCY = "begin", "end", "emergency"
ASK = "ask"
_PATIENT = "patient"
_CARE_ACTS = ("care:write", "patients:enrol", "emergency:write")


def changes(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    """Yield the changes around a patient who is within reach, in any order."""
    kept = records.all_versions(ctx.session, patient.id, (_PATIENT, requests.KIND))
    noted = events.acts_on(ctx.session, patient.id, _CARE_ACTS)
    yield from _identity(ctx, patient, kept.get((_PATIENT, patient.id), []), noted)
    yield from _care(ctx, patient, noted)
    yield from _requests(ctx, patient, kept)


def _identity(
    ctx: Context, patient: PatientRow, kept: Sequence[VersionRow], noted: Sequence[EventRow]
) -> Iterator[Change]:
    """Yield the enrolment, and which fields each change was about: never what they held."""
    by = next((row.actor_id for row in noted if row.act == "patients:enrol"), None)
    yield Change(patient.enrolled_at, What.IDENTITY, patient.id, ENROL, 1, by, None, None, None)
    if not kept:
        return
    standing = patients.opened(ctx, patient)
    held = [_fields(*patients.superseded(ctx, patient, row)) for row in kept]
    held.append(_fields(standing.identity, standing.contact))
    for row, before, after in zip(kept, held, held[1:], strict=False):
        named = sorted(name for name in after if before[name] != after[name])
        reason = words.opened(ctx, patient, row.reason, words.of_version(_PATIENT, patient.id, row.version))
        version, changed = row.version + 1, {"fields": named}
        yield Change(
            row.replaced_at, What.IDENTITY, patient.id, CHANGE, version, row.replaced_by, reason, None, changed
        )


def _fields(identity: Identity, contact: Contact) -> dict[str, Any]:
    return asdict(identity) | asdict(contact)


def _care(ctx: Context, patient: PatientRow, noted: Sequence[EventRow]) -> Iterator[Change]:
    rows = enrolled.care_of(ctx.session, patient.id)
    names = people.names(ctx.session, {row.staff_id for row in rows})
    for row in rows:
        about = [event for event in noted if event.subject == str(row.id)]
        granted = next((event.at for event in about if not _ended(event)), row.starts_at)
        after = {"staff_id": row.staff_id, "name": names[row.staff_id][0], "role": names[row.staff_id][1]}
        span: dict[str, datetime | None] = {"starts_at": row.starts_at, "ends_at": None}
        reason = words.opened(ctx, patient, row.reason, words.of_care(row.id))
        act = EMERGENCY if row.emergency else BEGIN
        yield Change(granted, What.CARE, row.id, act, 1, row.granted_by, reason, None, after | span)
        if (ended := _end(ctx, row, about)) is not None:
            at, by = ended
            whole = {"starts_at": row.starts_at, "ends_at": row.ends_at}
            yield Change(at, What.CARE, row.id, END, 2, by, None, after | span, after | whole)


def _ended(event: EventRow) -> bool:
    return bool((event.detail or {}).get("ended"))


def _end(ctx: Context, row: CareRow, about: Sequence[EventRow]) -> tuple[datetime, UUID | None] | None:
    """Return when a relationship was ended and by whom; one that ran out, or whose holder left, ended by itself."""
    for event in about:
        if _ended(event):
            return event.at, event.actor_id
    return (row.ends_at, None) if row.ends_at is not None and row.ends_at <= ctx.now else None


def _requests(ctx: Context, patient: PatientRow, kept: dict[tuple[str, UUID], list[VersionRow]]) -> Iterator[Change]:
    """Yield what was asked, in the patient's words, and each word of the clinic about it."""
    for asked in requests.every(ctx, patient):
        versions = kept.get((requests.KIND, asked.id), [])
        states = [(row.content["status"], row.content["outcome"]) for row in versions]
        states.append((asked.status.value, None if asked.outcome is None else asked.outcome.value))
        answers = [requests.earlier_answer(ctx, patient, row) for row in versions] + [asked.answer]
        about = {"kind": asked.kind, "treatment_id": asked.treatment_id}
        before: dict[str, Any] | None = None
        for number, (status, outcome) in enumerate(states, start=1):
            after = {**about, "status": status, "outcome": outcome}
            made = versions[number - 2] if number > 1 else None
            at, by = (asked.received_at, patient.id) if made is None else (made.replaced_at, made.replaced_by)
            act = ASK if made is None else status
            reason = asked.words if made is None else answers[number - 1]
            yield Change(at, What.REQUEST, asked.id, act, number, by, reason, before, after)
            before = after
