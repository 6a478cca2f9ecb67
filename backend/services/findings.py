"""Findings: staff enter, correct and retract relapses, tests, scans and more, each in its place in the interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain import finding_values, reports
from backend.domain.dosing import Status
from backend.domain.errors import ClinicError, invalid
from backend.domain.findings import Kind, Type, check_end, kinds
from backend.domain.labs import Quantity, quantity
from backend.domain.linking import Place as Standing
from backend.domain.moments import Occurred, local, local_date, with_offset
from backend.domain.reports import Report
from backend.services import events, gate, intervals, records, reminders, words
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import findings
from backend.storage.findings import FindingRow
from backend.storage.occurrences import as_json
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow, all_versions, versions
from backend.storage.sealing import Place

KIND = "finding"


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody enters: the kind, when it was, its last day where it has ended, the values, and a note."""

    kind: Kind
    occurred: Occurred
    ended_on: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding as it is shown.

    `standard` is a blood value in its analyte's first unit, `reason` why the standing version replaced the one before
    (empty for the first), `recorded_by` who entered the standing version.
    """

    id: UUID
    kind: Kind
    version: int
    retracted: bool
    occurred: Occurred
    ended_on: date | None
    values: Mapping[str, Any]
    standard: Quantity | None
    note: str | None
    recorded_at: datetime
    recorded_by: UUID | None
    reason: str
    place: Standing
    duplicate: bool = False


def add(ctx: Context, patient_id: UUID, finding_id: UUID, told: Told) -> Finding:
    """Store a finding of a patient once; a retry with the same content is answered `duplicate`.

    Raises ClinicError `not-found`, `id-in-use` for other content under the id, `out-of-time` for what lies ahead, and
    what the values refuse.
    """
    patient = gate.patient(ctx, "findings:write", patient_id, lock=True)
    line = intervals.line(ctx, patient.id)
    values = first(ctx, patient, line, finding_id, told)
    if not findings.add(ctx.session, values):
        stored = row_of(ctx, patient, finding_id)
        reports.same_upload(stored.created_mark, values["created_mark"])
        events.note(ctx, "findings:read", patient.id, finding_id, {"duplicate": True})
        return _shown(ctx, patient, line, stored, duplicate=True)
    _check_doses(line, told.kind, values["content"])
    events.note(ctx, "findings:write", patient.id, finding_id, {"kind": told.kind.value, "version": 1})
    _remind(ctx, patient, told.kind)
    return _shown(ctx, patient, line, row_of(ctx, patient, finding_id))


def first(ctx: Context, patient: PatientRow, line: Line, finding_id: UUID, told: Told) -> dict[str, Any]:
    """Return the row that `add` stores of a new finding; raises what it refuses."""
    report, content = _checked(ctx, finding_id, told)
    mark = records.mark(ctx, KIND, _statement(told, content))
    values = records.first(ctx, patient.id, line, report, mark) | {"kind": told.kind.value, "standing_mark": None}
    return values | _columns(ctx, patient, finding_id, told, content)


def correct(ctx: Context, patient_id: UUID, finding_id: UUID, version: int, told: Told, reason: str) -> Finding:
    """Put a newer version in the place of the standing one, which is kept (P08); the kind stays.

    A retry is answered `duplicate`. Raises ClinicError `not-found`, `retracted`, `stale-version`, `contradiction` for
    another kind, and as `add`.
    """
    patient = gate.patient(ctx, "findings:write", patient_id, lock=True)
    stored = row_of(ctx, patient, finding_id)
    if stored.kind != told.kind:
        raise invalid("/kind", "The kind of a finding stays; retract it and enter another.", "contradiction")
    report, content = _checked(ctx, finding_id, told)
    upload = records.mark(ctx, KIND, _statement(told, content) | {"replaces": version})
    line = intervals.line(ctx, patient.id)
    if stored.retracted:
        raise ClinicError("retracted")
    if stored.standing_mark == upload:
        return _again(ctx, patient, line, stored)
    _check_doses(line, told.kind, content)
    values = records.stamped(ctx, report) | _columns(ctx, patient, finding_id, told, content)
    values["planned_on"] = intervals.planned_on(ctx, patient.id, line, report)
    _replace(ctx, patient, stored, version, reason, upload, values)
    _remind(ctx, patient, Kind(stored.kind))
    return _shown(ctx, patient, line, row_of(ctx, patient, finding_id))


def retract(ctx: Context, patient_id: UUID, finding_id: UUID, version: int, reason: str) -> Finding:
    """Retract a finding; a tombstone stays, and what it said with it. Retracting twice changes nothing.

    Raises ClinicError `not-found`, `stale-version`.
    """
    patient = gate.patient(ctx, "findings:write", patient_id, lock=True)
    stored = row_of(ctx, patient, finding_id)
    line = intervals.line(ctx, patient.id)
    if stored.retracted:
        return _again(ctx, patient, line, stored)
    upload = records.mark(ctx, KIND, {"retracts": version})
    values = {"retracted": True, "recorded_by": ctx.who.staff_id}
    _replace(ctx, patient, stored, version, reason, upload, values)
    _remind(ctx, patient, Kind(stored.kind))
    return _shown(ctx, patient, line, row_of(ctx, patient, finding_id))


def of_patient(ctx: Context, patient_id: UUID) -> list[Finding]:
    """Return a patient's standing findings in the order of their moments, for those who treat them."""
    patient = gate.patient(ctx, "findings:read", patient_id)
    events.note(ctx, "findings:read", patient.id)
    return every(ctx, patient, intervals.line(ctx, patient.id))


def _remind(ctx: Context, patient: PatientRow, kind: Kind) -> None:
    """Let reminders of checks follow: a blood value may show that one was done."""
    if kind is Kind.LAB:
        reminders.replan(ctx, patient)


def every(ctx: Context, patient: PatientRow, line: Line, *, retracted: bool = False) -> list[Finding]:
    """Return the findings of a patient who is within reach, in the order of their moments; retracted ones if asked."""
    rows = findings.of_patient(ctx.session, patient.id, retracted=retracted)
    kept = all_versions(ctx.session, patient.id, (KIND,))
    return [_finding(ctx, patient, line, row, kept.get((KIND, row.id), ())) for row in rows]


def _checked(ctx: Context, finding_id: UUID, told: Told) -> tuple[Report, dict[str, Any]]:
    """Return the report of what is told, written down now, with its canonical values; raises what cannot be."""
    report = Report(finding_id, told.occurred, local(ctx.now, told.occurred.zone))
    reports.checked(report, ctx.now)
    check_end(told.kind, told.occurred.on, told.ended_on, local_date(ctx.now, told.occurred.zone))
    return report, finding_values.check(told.kind, told.values)


def _check_doses(line: Line, kind: Kind, content: Mapping[str, Any]) -> None:
    """Pass where every dose that is named was given to this patient."""
    given = {str(dose.id) for dose in line.doses if dose.status is Status.GIVEN}
    for name in (one.key for one in kinds()[kind].fields.values() if one.type is Type.DOSE):
        if content[name] is not None and content[name] not in given:
            raise invalid(f"/values/{name}", "The patient was given no such dose.")


def _statement(told: Told, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything a finding says, by which a retry is known."""
    ended = None if told.ended_on is None else told.ended_on.isoformat()
    said = {"kind": told.kind.value, "occurred": as_json(told.occurred), "ended_on": ended}
    return said | {"values": dict(content), "note": told.note}


def _columns(
    ctx: Context, patient: PatientRow, finding_id: UUID, told: Told, content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "ended_on": told.ended_on,
        "content": content,
        "note_sealed": ctx.sealer.seal(patient.key, str(patient.id), told.note, _noted(finding_id)),
        "recorded_by": ctx.who.staff_id,
    }


def _noted(finding_id: UUID) -> Place:
    return Place("findings", "note", str(finding_id))


def opened_note(ctx: Context, patient: PatientRow, finding_id: UUID, sealed: bytes | None) -> str | None:
    """Return the note of a version of a finding."""
    return ctx.sealer.open(patient.key, str(patient.id), sealed, _noted(finding_id))


def row_of(ctx: Context, patient: PatientRow, finding_id: UUID) -> FindingRow:
    """Return the row of a finding of a patient who is within reach. Raises ClinicError `not-found`."""
    row = findings.get(ctx.session, patient.id, finding_id)
    if row is None:
        raise ClinicError("not-found")
    return row


def _again(ctx: Context, patient: PatientRow, line: Line, stored: FindingRow) -> Finding:
    events.note(ctx, "findings:read", patient.id, stored.id, {"duplicate": True})
    return _shown(ctx, patient, line, stored, duplicate=True)


def _replace(
    ctx: Context, patient: PatientRow, stored: FindingRow, version: int, reason: str, upload: bytes, values: Any
) -> None:
    if stored.version != version:
        raise ClinicError("stale-version", f"The version is {stored.version} now.")
    held = records.times(findings.moment(stored), stored) | {
        "ended_on": None if stored.ended_on is None else stored.ended_on.isoformat(),
        "values": stored.content,
        "recorded_by": None if stored.recorded_by is None else str(stored.recorded_by),
    }
    records.replace(
        ctx, "findings:write", patient, KIND, stored,
        lambda newer: findings.put(ctx.session, patient.id, stored.id, version, newer), values,
        held=held, device_at=ctx.now, reason=reason, upload=upload, note_sealed=stored.note_sealed,
    )  # fmt: skip


def _shown(ctx: Context, patient: PatientRow, line: Line, row: FindingRow, *, duplicate: bool = False) -> Finding:
    kept = versions(ctx.session, KIND, patient.id, row.id)
    return _finding(ctx, patient, line, row, kept, duplicate=duplicate)


def opened_reason(ctx: Context, patient: PatientRow, kept: VersionRow) -> str:
    """Return why a version was replaced."""
    return words.opened(ctx, patient, kept.reason, words.of_version(KIND, kept.record_id, kept.version))


def _finding(
    ctx: Context,
    patient: PatientRow,
    line: Line,
    row: FindingRow,
    kept: Sequence[VersionRow],
    *,
    duplicate: bool = False,
) -> Finding:
    """Return a finding as it is shown; `kept` are its earlier versions, oldest first."""
    occurred = findings.moment(row)
    return Finding(
        id=row.id,
        kind=Kind(row.kind),
        version=row.version,
        retracted=row.retracted,
        occurred=occurred,
        ended_on=row.ended_on,
        values=row.content,
        standard=quantity(row.content),
        note=opened_note(ctx, patient, row.id, row.note_sealed),
        recorded_at=with_offset(row.recorded_at, row.recorded_offset),
        recorded_by=row.recorded_by,
        reason=opened_reason(ctx, patient, kept[-1]) if kept else "",
        place=line.place(occurred, row.planned_on),
        duplicate=duplicate,
    )
