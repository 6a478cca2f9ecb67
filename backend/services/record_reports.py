"""What a patient said, for the record: entries, responses and requests in all versions, and what was refused."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from backend.services import corrections, intervals, questionnaires, requests, symptoms, words
from backend.services.context import Context
from backend.services.intervals import Line
from backend.services.questionnaires import Response
from backend.services.requests import Request
from backend.services.symptoms import Entry
from backend.storage import records
from backend.storage import symptoms as diary
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow

Versions = Mapping[tuple[str, UUID], list[VersionRow]]
YOU, CLINIC = "you", "clinic"
"""Whose act something was; staff are not told apart."""
_BATCH = 500


def sections(ctx: Context, patient: PatientRow, kept: Versions) -> dict[str, Any]:
    """Return the document's parts on what a patient who is within reach said; `kept` are the superseded versions."""
    line = intervals.line(ctx, patient.id)
    responses = list(questionnaires.all_of(ctx, patient, line).values())
    responses.sort(key=lambda response: (response.occurred.anchor, response.id))
    return {
        "diary_entries": [_entry(ctx, patient, entry, kept) for entry in _entries(ctx, patient, line)],
        "responses": [_response(ctx, patient, response, kept) for response in responses],
        "requests": [_request(ctx, patient, request, kept) for request in requests.every(ctx, patient)],
        "refused_changes": corrections.refused(ctx, patient),
        "clock_corrections": [
            {
                "kind": row.kind,
                "record_id": row.record_id,
                "skew_s": row.skew_s,
                "claimed": row.claimed,
                "received_at": row.received_at,
            }
            for row in records.clocks(ctx.session, patient.id)
        ],
    }


def whose(patient: PatientRow, by: UUID | None) -> str:
    """Return whose act it was, without saying who of the clinic."""
    return YOU if by == patient.id else CLINIC


def _entries(ctx: Context, patient: PatientRow, line: Line) -> Iterator[Entry]:
    ids = diary.all_ids(ctx.session, patient.id)
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        found = symptoms.of_ids(ctx, patient, line, batch)
        yield from (found[entry_id] for entry_id in batch)


def _entry(ctx: Context, patient: PatientRow, entry: Entry, kept: Versions) -> dict[str, Any]:
    return {
        "id": entry.id,
        "version": entry.version,
        "retracted": entry.retracted,
        "occurred": entry.occurred,
        "recorded_at": entry.recorded_at,
        "received_at": entry.received_at,
        **entry.content,
        "note": entry.note,
        "place": entry.place,
        "versions": [_earlier_entry(ctx, patient, row) for row in kept.get((symptoms.KIND, entry.id), ())],
    }


def _earlier_entry(ctx: Context, patient: PatientRow, row: VersionRow) -> dict[str, Any]:
    earlier = symptoms.superseded(ctx, patient, row)
    return {"version": row.version, **earlier.content, "note": earlier.note, **replaced(ctx, patient, row)}


def _response(ctx: Context, patient: PatientRow, response: Response, kept: Versions) -> dict[str, Any]:
    return {
        "id": response.id,
        "version": response.version,
        "retracted": response.retracted,
        "form": response.form,
        "form_version": response.form_version,
        "form_hash": response.form_hash,
        "about": response.about,
        "about_interval": response.about_interval,
        "occurred": response.occurred,
        "recorded_at": response.recorded_at,
        "received_at": response.received_at,
        "completed": response.completed,
        "answers": response.answers,
        "dropped": response.dropped,
        "place": response.place,
        "versions": [
            {
                "version": row.version,
                **row.content,
                "answers": questionnaires.earlier_answers(ctx, patient, row),
                **replaced(ctx, patient, row),
            }
            for row in kept.get((questionnaires.KIND, response.id), ())
        ],
    }


def _request(ctx: Context, patient: PatientRow, request: Request, kept: Versions) -> dict[str, Any]:
    return {
        "id": request.id,
        "version": request.version,
        "kind": request.kind,
        "status": request.status,
        "treatment_id": request.treatment_id,
        "words": request.words,
        "recorded_at": request.recorded_at,
        "received_at": request.received_at,
        "outcome": request.outcome,
        "answer": request.answer,
        "closed_at": request.closed_at,
        "versions": [
            {
                "version": row.version,
                **row.content,
                "answer": requests.earlier_answer(ctx, patient, row),
                **replaced(ctx, patient, row),
            }
            for row in kept.get((requests.KIND, request.id), ())
        ],
    }


def replaced(ctx: Context, patient: PatientRow, row: VersionRow) -> dict[str, Any]:
    """Return when, by whom and why a version was replaced."""
    place = words.of_version(row.kind, row.record_id, row.version)
    return {
        "replaced_at": row.replaced_at,
        "replaced_by": whose(patient, row.replaced_by),
        "device_at": row.device_at,
        "reason": words.opened(ctx, patient, row.reason, place),
    }
