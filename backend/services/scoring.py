"""Scoring: what a patient's answers to published instruments come to, by the instrument's own rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from backend.domain.claims import scores
from backend.domain.linking import Place
from backend.domain.moments import Occurred
from backend.domain.scores import Score
from backend.services import events, gate, intervals, supplied
from backend.services.context import Context
from backend.storage import claims, questionnaires
from backend.storage.questionnaires import ResponseRow


@dataclass(frozen=True, slots=True)
class Scored:
    """One response with the score of each scale, or why there is none, and where it stands in the dosing."""

    response_id: UUID
    form: str
    form_version: int
    occurred: Occurred
    place: Place
    scores: tuple[Score, ...]


def of_patient(ctx: Context, patient_id: UUID) -> list[Scored]:
    """Return the scores of a patient's completed responses, oldest first, for those who treat them."""
    patient = gate.patient(ctx, "responses:read", patient_id)
    events.note(ctx, "responses:read", patient.id, "scores")
    line = intervals.line(ctx, patient.id)
    return [
        Scored(
            row.id, row.form, row.form_version, at := questionnaires.moment(row), line.place(at, row.planned_on), found
        )
        for row, found in scored(ctx, patient.id)
    ]


def scored(ctx: Context, patient_id: UUID) -> Iterator[tuple[ResponseRow, tuple[Score, ...]]]:
    """Yield the standing completed responses of a patient that are of an instrument, with what they come to."""
    claimed, known = claims.of_patient(ctx.session, patient_id), supplied.of_patient(ctx, patient_id)
    for row in questionnaires.of_patient(ctx.session, patient_id):
        if row.completed and (found := scores(row.form, claimed.get(row.form), row.answers, known)):
            yield row, tuple(found.values())
