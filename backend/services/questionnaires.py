"""Forms: which are asked of a patient now, and answering, correcting, retracting and reading responses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from backend.domain import reports
from backend.domain.errors import ClinicError, invalid
from backend.domain.linking import Place
from backend.domain.moments import Occurred, plausible, with_offset
from backend.domain.occasions import About, about_interval
from backend.domain.own_words import apart
from backend.domain.questionnaires import Form
from backend.domain.reports import Report
from backend.domain.responses import as_json as answers_told
from backend.domain.responses import check
from backend.services import answerable, assignment_course, events, feed, gate, intervals, records, reminders, words
from backend.services.answerable import Named, Published
from backend.services.context import Context
from backend.services.corrections import Correction, settle
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.storage import questionnaires
from backend.storage.occurrences import as_json
from backend.storage.patients import PatientRow
from backend.storage.questionnaires import ResponseRow
from backend.storage.records import VersionRow

KIND = "response"
SAID = ("about", "completed", "answers")
"""What a response says, beside when."""
TIED = ("form", "form_version", "form_hash", "dropped")
"""What a response says it to: one version of a form, known by its hash too; and what that form made it drop."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a patient answered: about which interval, whether they were done, and the answers by question."""

    about: About
    completed: bool
    answers: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Response:
    """A response as it is shown; `about_interval` is an interval number, from the doses as known.

    `dropped` points at answers that were sent to questions which the others hide; they are not kept.
    """

    id: UUID
    version: int
    retracted: bool
    form: str
    form_version: str
    form_hash: str
    about: str
    about_interval: int | None
    occurred: Occurred
    recorded_at: datetime
    received_at: datetime
    completed: bool
    answers: Mapping[str, Any]
    dropped: Sequence[str]
    place: Place
    duplicate: bool = False


def respond(ctx: Context, report: Report, named: Named, told: Told) -> Response:
    """Store a response of the acting patient once; a retry is answered with what is stored, marked `duplicate`.

    Raises ClinicError `unknown-form`, `id-in-use` for other content under the id, and what form and times refuse.
    """
    patient = gate.own(ctx, "own-responses:write", lock=True)
    reports.checked(report, ctx.now)
    line = intervals.line(ctx, patient.id)
    values = first(ctx, patient, line, report, named, told)
    if not questionnaires.add(ctx.session, values):
        stored = _stored(ctx, patient, report.id)
        reports.same_upload(stored.created_mark, values["created_mark"])
        events.note(ctx, "own-responses:read", patient.id, report.id, {"duplicate": True})
        return _response(ctx, patient, line, stored, duplicate=True)
    events.note(ctx, "own-responses:write", patient.id, report.id, {"version": 1})
    _moved(ctx, patient, report.id)
    return _response(ctx, patient, line, _stored(ctx, patient, report.id))


def first(ctx: Context, patient: PatientRow, line: Line, report: Report, named: Named, told: Told) -> dict[str, Any]:
    """Return the row that `respond` stores of a new response; raises what the form refuses.

    What is retired is begun only by whom an assignment still asks it; what was said before arrives late as ever.
    """
    asked = answerable.asked(ctx, patient, named)
    on = report.occurred.on
    if not asked.offered(report.written_at) and not assignment_course.asks(ctx, patient, line, asked, on):
        raise invalid("/form_version", "That version is retired.", "unknown-form")
    said, tied = _content(asked, told)
    statement = {"form": asked.key, "occurred": as_json(report.occurred), **said}
    if asked.definition is not None:
        statement["form_version"] = asked.version
    upload = records.mark(ctx, KIND, statement)
    values = records.first(ctx, patient.id, line, report, upload)
    return values | tied | _sealed(ctx, patient, report.id, asked.form, said)


def correct(ctx: Context, base_version: int, report: Report, told: Told, reason: str) -> Response:
    """Store a newer version of a response and keep the one it replaces (P08); the form stays the same.

    A retry is answered as `duplicate`. Raises ClinicError `not-found`, `retracted`, what form and times refuse, and as
    `corrections.settle`: all of a response is clinical.
    """
    patient = gate.own(ctx, "own-responses:write", lock=True)
    reports.checked(report, ctx.now)
    stored = _stored(ctx, patient, report.id)
    asked = answerable.standing(ctx, patient, stored.form, stored.form_hash)
    said, tied = _content(asked, told)
    statement = {"occurred": as_json(report.occurred), **said}
    upload = records.mark(ctx, KIND, statement | {"replaces": base_version})
    correction = Correction(base_version, upload, statement)
    line = intervals.line(ctx, patient.id)
    standing, earlier = (lambda: _said(ctx, patient, stored)), (lambda row: _said_then(ctx, patient, row))
    if settle(ctx, patient, KIND, stored, correction, standing, earlier) is None:
        events.note(ctx, "own-responses:read", patient.id, report.id, {"duplicate": True})
        return _response(ctx, patient, line, stored, duplicate=True)
    values = records.stamped(ctx, report) | tied | _sealed(ctx, patient, report.id, asked.form, said)
    _replace(ctx, patient, stored, report.recorded_at, reason, upload, values)
    return _response(ctx, patient, line, _stored(ctx, patient, report.id))


def retract(
    ctx: Context,
    response_id: UUID,
    base_version: int,
    recorded_at: datetime,
    reason: str,
    skew: timedelta = reports.NO_SKEW,
) -> Response:
    """Retract a response, whichever version was seen; a tombstone stays and never comes back (P05).

    Retracting twice changes nothing. Raises ClinicError `not-found`, and `not-yet-known` for a version to come.
    """
    patient = gate.own(ctx, "own-responses:write", lock=True)
    stored = _stored(ctx, patient, response_id)
    reports.arrived(base_version, stored.version)
    plausible(reports.shifted(recorded_at, skew), ctx.now, "/recorded_at")
    if not stored.retracted:
        upload = records.mark(ctx, KIND, {"retracts": base_version})
        _replace(ctx, patient, stored, recorded_at, reason, upload, {"retracted": True})
    else:
        events.note(ctx, "own-responses:read", patient.id, response_id, {"duplicate": True})
    return _response(ctx, patient, intervals.line(ctx, patient.id), _stored(ctx, patient, response_id))


def own(ctx: Context) -> list[Response]:
    """Return the acting patient's responses, oldest first."""
    patient = gate.own(ctx, "own-responses:read")
    events.note(ctx, "own-responses:read", patient.id)
    return _every(ctx, patient)


def of_patient(ctx: Context, patient_id: UUID) -> list[Response]:
    """Return a patient's responses, oldest first, for those who treat them."""
    patient = gate.patient(ctx, "responses:read", patient_id)
    events.note(ctx, "responses:read", patient.id)
    return _every(ctx, patient)


def all_of(ctx: Context, patient: PatientRow, line: Line) -> dict[UUID, Response]:
    """Return all responses of a patient who is within reach, retracted ones too."""
    return {row.id: _response(ctx, patient, line, row) for row in questionnaires.all_of(ctx.session, patient.id)}


def _every(ctx: Context, patient: PatientRow) -> list[Response]:
    line = intervals.line(ctx, patient.id)
    return [_response(ctx, patient, line, row) for row in questionnaires.of_patient(ctx.session, patient.id)]


def _stored(ctx: Context, patient: PatientRow, response_id: UUID) -> ResponseRow:
    row = questionnaires.get(ctx.session, patient.id, response_id)
    if row is None:
        raise ClinicError("not-found")
    return row


def _replace(
    ctx: Context,
    patient: PatientRow,
    stored: ResponseRow,
    device_at: datetime,
    reason: str,
    upload: bytes,
    values: dict[str, Any],
) -> None:
    held = {name: getattr(stored, name) for name in (*TIED, *SAID)}
    version = stored.version
    records.replace(
        ctx,
        "own-responses:write",
        patient,
        KIND,
        stored,
        lambda newer: questionnaires.put(ctx.session, patient.id, stored.id, version, newer),
        values,
        held=records.times(questionnaires.moment(stored), stored) | held,
        device_at=device_at,
        reason=reason,
        upload=upload,
        note_sealed=stored.words_sealed,
    )
    _moved(ctx, patient, stored.id)


def _moved(ctx: Context, patient: PatientRow, response_id: UUID) -> None:
    """Let follow what hangs on a response: what is asked, and what is told."""
    reminders.replan(ctx, patient)
    feed.touch(ctx, patient.id, Kind.RESPONSE, response_id)
    feed.touch(ctx, patient.id, Kind.FORMS)


def earlier_answers(ctx: Context, patient: PatientRow, row: VersionRow) -> Mapping[str, Any]:
    """Return the answers of a superseded version with their words."""
    return words.answers_opened(ctx, patient, row.record_id, row.content["answers"], row.note_sealed)


def _said(ctx: Context, patient: PatientRow, row: ResponseRow) -> dict[str, Any]:
    whole = words.answers_opened(ctx, patient, row.id, row.answers, row.words_sealed)
    said = {name: getattr(row, name) for name in SAID}
    return {"occurred": as_json(questionnaires.moment(row)), **said, "answers": whole}


def _said_then(ctx: Context, patient: PatientRow, row: VersionRow) -> dict[str, Any]:
    said = {name: row.content[name] for name in ("occurred", *SAID)}
    return said | {"answers": earlier_answers(ctx, patient, row)}


def _content(asked: Published, told: Told) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a response says, and what ties it to the form as it was asked."""
    found = check(asked.form, told.answers, completed=told.completed)
    said = {"about": told.about.value, "completed": told.completed, "answers": answers_told(found.answers)}
    tied = {"form": asked.key, "form_version": asked.version, "form_hash": asked.content_hash}
    return said, tied | {"dropped": list(found.dropped)}


def _sealed(
    ctx: Context, patient: PatientRow, response_id: UUID, asked: Form, said: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a response says as it is kept: words of one's own apart, and sealed."""
    plain, own = apart(asked, said["answers"])
    return {**said, "answers": plain, "words_sealed": words.answers_sealed(ctx, patient, response_id, own)}


def _about(line: Line, row: ResponseRow) -> int | None:
    falls_in = line.place(questionnaires.moment(row), row.planned_on).interval
    return about_interval(falls_in, About(row.about))


def _response(ctx: Context, patient: PatientRow, line: Line, row: ResponseRow, *, duplicate: bool = False) -> Response:
    occurred = questionnaires.moment(row)
    return Response(
        row.id,
        row.version,
        row.retracted,
        row.form,
        str(row.form_version),
        row.form_hash,
        row.about,
        _about(line, row),
        occurred,
        with_offset(row.recorded_at, row.recorded_offset),
        row.received_at,
        row.completed,
        words.answers_opened(ctx, patient, row.id, row.answers, row.words_sealed),
        row.dropped,
        line.place(occurred, row.planned_on),
        duplicate,
    )
