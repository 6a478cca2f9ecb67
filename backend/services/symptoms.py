"""The diary: log, correct, retract and read entries, each told where it stands in the dosing interval."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from backend.domain import reports
from backend.domain.errors import ClinicError
from backend.domain.linking import Place as Standing
from backend.domain.moments import Occurred, plausible, with_offset
from backend.domain.reports import Report
from backend.domain.symptoms import Diary, check, content, own_words, read, with_words
from backend.services import events, feed, gate, intervals, records, reminders, schedule, words
from backend.services.context import Context
from backend.services.corrections import Correction, settle
from backend.services.feed import Kind
from backend.services.paging import Page, cut
from backend.storage import patients, symptoms
from backend.storage.occurrences import as_json, from_json
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow, versions

KIND = "diary-entry"
SOFT = ("note",)
"""What two corrections may both say: free text. Everything else of an entry is clinical."""


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
    return log_in(ctx, patient, intervals.line(ctx, patient.id), report, diary)


def log_in(ctx: Context, patient: PatientRow, line: intervals.Line, report: Report, diary: Diary) -> Entry:
    """Store an entry as `log` does, in a dosing line that was read before."""
    values = first(ctx, patient, line, report, diary)
    if not symptoms.add(ctx.session, values):
        stored = _stored(ctx, patient, report.id)
        reports.same_upload(stored.created_mark, values["created_mark"])
        events.note(ctx, "own-entries:read", patient.id, report.id, {"duplicate": True})
        return shown(ctx, patient, line, stored, duplicate=True)
    events.note(ctx, "own-entries:write", patient.id, report.id, {"version": 1})
    feed.touch(ctx, patient.id, Kind.ENTRY, report.id)
    _follow(ctx, patient.id)
    return shown(ctx, patient, line, symptoms.EntryRow(**values))


def log_each(
    ctx: Context, patient: PatientRow, line: intervals.Line, rows: Sequence[dict[str, Any]]
) -> dict[UUID, Entry]:
    """Store many rows of `first`, of different ids, at once; return the entries of those whose id was free."""
    made = symptoms.add_each(ctx.session, list(rows))
    for entry_id in made:
        events.note(ctx, "own-entries:write", patient.id, entry_id, {"version": 1})
    feed.touch(ctx, patient.id, Kind.ENTRY, *made)
    if made:
        _follow(ctx, patient.id)
    return {row["id"]: shown(ctx, patient, line, SimpleNamespace(**row)) for row in rows if row["id"] in made}


def first(ctx: Context, patient: PatientRow, line: intervals.Line, report: Report, diary: Diary) -> dict[str, Any]:
    """Return the row that `log` stores of a new entry; raises what the diary refuses."""
    reports.checked(report, ctx.now)
    check(diary)
    mark = _mark(ctx, report, diary)
    return records.first(ctx, patient.id, line, report, mark) | _content(ctx, patient, report.id, diary)


def correct(ctx: Context, base_version: int, report: Report, diary: Diary, reason: str) -> Entry:
    """Store a newer version of an entry and keep the one it replaces (P08); a retry is answered as `duplicate`.

    A correction of an older version is merged where it can be. Raises ClinicError `not-found`, `retracted`, what the
    content refuses, and as `corrections.settle`.
    """
    patient = gate.own(ctx, "own-entries:write", lock=True)
    reports.checked(report, ctx.now)
    check(diary)
    stored = _stored(ctx, patient, report.id)
    told = Correction(base_version, _mark(ctx, report, diary, base_version), _statement(report.occurred, diary))
    settled = settle(
        ctx, patient, KIND, stored, told,
        lambda: _said(ctx, patient, stored), lambda row: _said_then(ctx, patient, row), SOFT,
        lambda merged: check(read(merged)),
    )  # fmt: skip
    line = intervals.line(ctx, patient.id)
    if settled is None:
        events.note(ctx, "own-entries:read", patient.id, report.id, {"duplicate": True})
        return shown(ctx, patient, line, stored, duplicate=True)
    occurred, diary = _moment(settled, report), check(read(settled))
    values = records.stamped(ctx, dataclasses.replace(report, occurred=occurred))
    values |= _content(ctx, patient, report.id, diary)
    _replace(ctx, patient, stored, report.recorded_at, reason, told.upload, values)
    return shown(ctx, patient, line, _stored(ctx, patient, report.id))


def retract(
    ctx: Context,
    entry_id: UUID,
    base_version: int,
    recorded_at: datetime,
    reason: str,
    skew: timedelta = reports.NO_SKEW,
) -> Entry:
    """Retract an entry, whichever version was seen; a tombstone stays and never comes back (P05).

    Retracting twice changes nothing. Raises ClinicError `not-found`, and `not-yet-known` for a version to come.
    """
    patient = gate.own(ctx, "own-entries:write", lock=True)
    stored = _stored(ctx, patient, entry_id)
    reports.arrived(base_version, stored.version)
    plausible(reports.shifted(recorded_at, skew), ctx.now, "/recorded_at")
    if not stored.retracted:
        upload = records.mark(ctx, KIND, {"retracts": base_version})
        _replace(ctx, patient, stored, recorded_at, reason, upload, {"retracted": True})
    else:
        events.note(ctx, "own-entries:read", patient.id, entry_id, {"duplicate": True})
    return shown(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, entry_id))


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
    return shown(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, entry_id))


def of_ids(ctx: Context, patient: PatientRow, line: intervals.Line, ids: Collection[UUID]) -> dict[UUID, Entry]:
    """Return some entries of a patient who is within reach, retracted ones too."""
    return {row.id: shown(ctx, patient, line, row) for row in symptoms.of_ids(ctx.session, patient.id, ids)}


def history(ctx: Context, entry_id: UUID) -> list[Superseded]:
    """Return the superseded versions of one of the acting patient's entries, oldest first."""
    patient = gate.own(ctx, "own-entries:read")
    _stored(ctx, patient, entry_id)
    events.note(ctx, "own-entries:read", patient.id, entry_id)
    return [superseded(ctx, patient, row) for row in versions(ctx.session, KIND, patient.id, entry_id)]


def _page(ctx: Context, patient: PatientRow, after: tuple[datetime, UUID] | None, limit: int) -> Page[Entry]:
    rows = symptoms.page(ctx.session, patient.id, after, limit + 1)
    found, more = cut(rows, limit)
    line = intervals.line(ctx, patient.id)
    last = (found[-1].anchor_at, found[-1].id) if more else None
    return Page([shown(ctx, patient, line, row) for row in found], last)


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
    upload: bytes,
    values: dict[str, Any],
) -> None:
    records.replace(
        ctx,
        "own-entries:write",
        patient,
        KIND,
        stored,
        lambda newer: symptoms.put(ctx.session, stored.patient_id, stored.id, stored.version, newer),
        values,
        held=records.times(symptoms.moment(stored), stored) | stored.content,
        device_at=device_at,
        reason=reason,
        upload=upload,
        note_sealed=stored.note_sealed,
    )
    feed.touch(ctx, patient.id, Kind.ENTRY, stored.id)
    _follow(ctx, patient.id)


def _follow(ctx: Context, patient_id: UUID) -> None:
    """Let what asks for the diary follow what was written, in the same act: who wrote is not asked this evening."""
    if schedule.follows_diary(ctx, patient_id):
        patient = patients.get(ctx.session, patient_id, lock=True)
        if patient is not None:
            reminders.replan(ctx, patient)


def _statement(occurred: Occurred, diary: Diary) -> dict[str, Any]:
    """Return everything an entry says, in the fields in which two corrections are compared."""
    return {"occurred": as_json(occurred), **with_words(content(diary), own_words(diary)), "note": diary.note}


def _said(ctx: Context, patient: PatientRow, row: symptoms.EntryRow) -> dict[str, Any]:
    note, other = words.entry_opened(ctx, patient, row.id, row.note_sealed)
    return {"occurred": as_json(symptoms.moment(row)), **with_words(row.content, other), "note": note}


def _said_then(ctx: Context, patient: PatientRow, row: VersionRow) -> dict[str, Any]:
    note, other = words.entry_opened(ctx, patient, row.record_id, row.note_sealed)
    said = {name: row.content[name] for name in row.content if name not in {"recorded_at", "received_at"}}
    return with_words(said, other) | {"note": note}


def _moment(statement: Mapping[str, Any], report: Report) -> Occurred:
    return from_json(statement["occurred"]) or report.occurred


def _content(ctx: Context, patient: PatientRow, entry_id: UUID, diary: Diary) -> dict[str, Any]:
    return {"content": content(diary), "note_sealed": words.entry_sealed(ctx, patient, entry_id, diary)}


def superseded(ctx: Context, patient: PatientRow, row: VersionRow) -> Superseded:
    """Return an earlier version of an entry of a patient who is within reach."""
    note, other = words.entry_opened(ctx, patient, row.record_id, row.note_sealed)
    content = with_words(row.content, other)
    reason = words.opened(ctx, patient, row.reason, words.of_version(KIND, row.record_id, row.version))
    return Superseded(row.version, content, note, row.replaced_at, row.replaced_by, row.device_at, reason)


def _mark(ctx: Context, report: Report, diary: Diary, replaces: int | None = None) -> bytes:
    said = [diary.note, own_words(diary)]
    told = {"occurred": as_json(report.occurred), "content": content(diary), "words": said}
    return records.mark(ctx, KIND, told if replaces is None else told | {"replaces": replaces})


def shown(ctx: Context, patient: PatientRow, line: intervals.Line, row: Any, *, duplicate: bool = False) -> Entry:
    """Return a stored entry of a patient who is within reach."""
    occurred = symptoms.moment(row)
    note, other = words.entry_opened(ctx, patient, row.id, row.note_sealed)
    return Entry(
        row.id,
        row.version,
        row.retracted,
        occurred,
        with_offset(row.recorded_at, row.recorded_offset),
        row.received_at,
        with_words(row.content, other),
        note,
        line.place(occurred, row.planned_on),
        duplicate,
    )
