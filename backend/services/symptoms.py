"""The diary: log, correct, retract and read entries, each told where it stands in the dosing interval."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from backend.domain import reports
from backend.domain.errors import ClinicError
from backend.domain.linking import Place as Standing
from backend.domain.moments import Occurred, offset_minutes
from backend.domain.reports import Report
from backend.domain.symptoms import Diary, check, content, own_words, with_words
from backend.services import events, gate, intervals
from backend.services.context import Context
from backend.services.paging import Page, cut
from backend.storage import records, symptoms
from backend.storage.occurrences import as_json, columns, shifted
from backend.storage.patients import PatientRow
from backend.storage.sealing import Place

KIND = "diary-entry"


@dataclass(frozen=True, slots=True)
class Entry:
    """A diary entry as it is shown: content, times, version, and its place in the interval."""

    id: UUID
    version: int
    retracted: bool
    occurred: Occurred
    recorded_at: datetime
    received_at: datetime
    content: dict[str, Any]
    note: str | None
    place: Standing
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Superseded:
    """An earlier version of an entry: what it held, when it was replaced, by whom, and why."""

    version: int
    content: Any
    note: str | None
    replaced_at: datetime
    replaced_by: UUID | None
    device_at: datetime
    reason: str


def log(ctx: Context, report: Report, diary: Diary) -> Entry:
    """Store an entry of the acting patient once and return it in its place.

    A retry with the same content is answered with what is stored, marked `duplicate`. Raises ClinicError
    `id-in-use` for other content under the id, and what the diary and the report's times refuse.
    """
    patient = gate.own(ctx, "own-entries:write")
    reports.checked(report, ctx.now)
    check(diary)
    line = intervals.line(ctx, patient.id)
    mark = _mark(ctx, report, diary)
    values = {
        "patient_id": patient.id,
        "id": report.id,
        "version": 1,
        "retracted": False,
        "created_mark": mark,
        "received_at": ctx.now,
        "planned_on": intervals.planned_on(ctx, patient.id, line, report),
        "session_id": ctx.who.session_id,
        **_content(ctx, patient, report, diary),
    }
    if not symptoms.add(ctx.session, values):
        stored = _stored(ctx, patient, report.id)
        reports.same_upload(stored.created_mark, mark)
        return _entry(ctx, patient, line, stored, duplicate=True)
    events.note(ctx, "own-entries:write", patient.id, report.id, {"version": 1})
    return _entry(ctx, patient, line, _stored(ctx, patient, report.id))


def correct(ctx: Context, base_version: int, report: Report, diary: Diary, reason: str) -> Entry:
    """Store a newer version of an entry and keep the one it replaces (P08).

    Raises ClinicError `not-found`, `retracted`, `stale-version`, and what the content refuses.
    """
    patient = gate.own(ctx, "own-entries:write")
    reports.checked(report, ctx.now)
    check(diary)
    stored = _stored(ctx, patient, report.id)
    reports.standing_version(base_version, stored.version, retracted=stored.retracted)
    _replace(ctx, patient, stored, report.recorded_at, reason, _content(ctx, patient, report, diary))
    return _entry(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, report.id))


def retract(ctx: Context, entry_id: UUID, base_version: int, recorded_at: datetime, reason: str) -> Entry:
    """Retract an entry; a tombstone stays and never comes back (P05). Retracting twice changes nothing."""
    patient = gate.own(ctx, "own-entries:write")
    stored = _stored(ctx, patient, entry_id)
    if not stored.retracted:
        reports.standing_version(base_version, stored.version, retracted=False)
        _replace(ctx, patient, stored, recorded_at, reason, {"retracted": True})
    return _entry(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, entry_id))


def own_page(ctx: Context, after: tuple[datetime, UUID] | None, limit: int) -> Page[Entry]:
    """Return a page of the acting patient's entries, the newest first."""
    patient = gate.own(ctx, "own-entries:read")
    events.note(ctx, "own-entries:read", patient.id)
    return _page(ctx, patient, after, limit)


def page(ctx: Context, patient_id: UUID, after: tuple[datetime, UUID] | None, limit: int) -> Page[Entry]:
    """Return a page of a patient's entries, the newest first, for those who treat them."""
    patient = gate.patient(ctx, "entries:read", patient_id)
    events.note(ctx, "entries:read", patient.id)
    return _page(ctx, patient, after, limit)


def own(ctx: Context, entry_id: UUID) -> Entry:
    """Return one of the acting patient's entries, retracted or not. Raises ClinicError `not-found`."""
    patient = gate.own(ctx, "own-entries:read")
    events.note(ctx, "own-entries:read", patient.id, entry_id)
    return _entry(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, entry_id))


def history(ctx: Context, entry_id: UUID) -> list[Superseded]:
    """Return the superseded versions of one of the acting patient's entries, oldest first."""
    patient = gate.own(ctx, "own-entries:read")
    _stored(ctx, patient, entry_id)
    events.note(ctx, "own-entries:read", patient.id, entry_id)
    return [
        _superseded(ctx, patient, row) for row in records.versions(ctx.session, KIND, patient.id, entry_id)
    ]


def _page(ctx: Context, patient: PatientRow, after: tuple[datetime, UUID] | None, limit: int) -> Page[Entry]:
    rows = symptoms.page(ctx.session, patient.id, after, limit + 1)
    shown, more = cut(rows, limit)
    line = intervals.line(ctx, patient.id)
    last = (shown[-1].anchor_at, shown[-1].id) if more else None
    return Page([_entry(ctx, patient, line, row) for row in shown], last)


def _stored(ctx: Context, patient: PatientRow, entry_id: UUID) -> symptoms.EntryRow:
    row = symptoms.get(ctx.session, patient.id, entry_id)
    if row is None:
        raise ClinicError("not-found")
    return row


def _replace(
    ctx: Context,
    patient: PatientRow,
    stored: symptoms.EntryRow,
    device_at: datetime,
    reason: str,
    values: dict[str, Any],
) -> None:
    records.keep_version(
        ctx.session,
        patient_id=patient.id,
        kind=KIND,
        record_id=stored.id,
        version=stored.version,
        content={"occurred": as_json(symptoms.moment(stored)), **stored.content},
        note_sealed=stored.note_sealed,
        replaced_at=ctx.now,
        replaced_by=ctx.who.id,
        device_at=device_at,
        reason=reason,
    )
    if not symptoms.put(ctx.session, patient.id, stored.id, stored.version, values):
        raise ClinicError("stale-version")
    events.note(ctx, "own-entries:write", patient.id, stored.id, {"version": stored.version + 1})


def _content(ctx: Context, patient: PatientRow, report: Report, diary: Diary) -> dict[str, Any]:
    return {
        **columns(report.occurred),
        "recorded_at": report.recorded_at,
        "recorded_offset": offset_minutes(report.recorded_at),
        "content": content(diary),
        "note_sealed": _seal(ctx, patient, report.id, diary),
    }


def _seal(ctx: Context, patient: PatientRow, entry_id: UUID, diary: Diary) -> bytes | None:
    """Return everything in free words, sealed together; None where there is none."""
    words = own_words(diary)
    if diary.note is None and words is None:
        return None
    told = orjson.dumps([diary.note, words]).decode()
    return ctx.sealer.seal(patient.key, str(patient.id), told, _place(entry_id))


def _open(
    ctx: Context, patient: PatientRow, entry_id: UUID, sealed: bytes | None
) -> tuple[str | None, str | None]:
    """Return note and own words of a sealed value."""
    told = ctx.sealer.open(patient.key, str(patient.id), sealed, _place(entry_id))
    if told is None:
        return None, None
    note, words = orjson.loads(told)
    return note, words


def _place(entry_id: UUID) -> Place:
    return Place("diary_entries", "note", str(entry_id))


def _superseded(ctx: Context, patient: PatientRow, row: records.VersionRow) -> Superseded:
    note, words = _open(ctx, patient, row.record_id, row.note_sealed)
    content = with_words(row.content, words)
    return Superseded(row.version, content, note, row.replaced_at, row.replaced_by, row.device_at, row.reason)


def _mark(ctx: Context, report: Report, diary: Diary) -> bytes:
    """Return the keyed digest of an upload, by which a retry is known; the words in it cannot be guessed back."""
    told = {
        "occurred": as_json(report.occurred),
        "content": content(diary),
        "words": [diary.note, own_words(diary)],
    }
    digest = hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return ctx.sealer.fingerprint(KIND, digest)


def _entry(
    ctx: Context, patient: PatientRow, line: intervals.Line, row: Any, *, duplicate: bool = False
) -> Entry:
    occurred = symptoms.moment(row)
    note, words = _open(ctx, patient, row.id, row.note_sealed)
    return Entry(
        row.id,
        row.version,
        row.retracted,
        occurred,
        shifted(row.recorded_at, row.recorded_offset),
        row.received_at,
        with_words(row.content, words),
        note,
        line.place(occurred, row.planned_on),
        duplicate,
    )
