"""What was changed about a patient's samples: each step with its corrections, and each result with its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from backend.domain.samples import State, Step
from backend.services import words
from backend.services.changed import Change, What
from backend.services.context import Context
from backend.storage import samples
from backend.storage.patients import PatientRow
from backend.storage.samples import ResultRow

CORRECT, WITHDRAW = "correct", "withdraw"
REPORT, RELEASE = "report", "release"


def changes(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    """Yield the steps and results of the samples of a patient who is within reach, in any order."""
    for sample_id, steps in samples.steps(ctx.session, patient.id).items():
        for position, stored in enumerate(steps):
            yield _step(sample_id, position, steps, words.shown(ctx, patient, stored, sample_id, position))
    for sample_id, rows in samples.results(ctx.session, patient.id).items():
        standing: dict[str, ResultRow] = {}
        for row in rows:
            reason = words.opened(ctx, patient, row.reason, words.of_result(sample_id, row.position))
            yield _result(row, standing.get(row.analyte), reason)
            standing[row.analyte] = row


def _step(sample_id: UUID, position: int, steps: Sequence[Step], step: Step) -> Change:
    corrected = None if step.corrects is None else steps[step.corrects]
    act = step.state.value
    if corrected is not None:
        act = WITHDRAW if step.state is State.WITHDRAWN else CORRECT
    return Change(
        at=step.received_at,
        what=What.SAMPLE,
        subject=sample_id,
        act=act,
        version=position + 1,
        by=_whose(step.by),
        reason=step.reason,
        before=None if corrected is None else _happened(corrected),
        after=None if step.state is State.WITHDRAWN else _happened(step),
    )


def _happened(step: Step) -> dict[str, Any]:
    return {"state": step.state, "occurred": step.at, "drops": step.drops, "problems": step.problems}


def _whose(by: str) -> UUID | None:
    """Return the id in `role:id`, as the steps are signed; None for a signature of another form."""
    try:
        return UUID(by.partition(":")[2])
    except ValueError:
        return None


def _result(row: ResultRow, earlier: ResultRow | None, reason: str) -> Change:
    before, after = None if earlier is None else _measured(earlier), _measured(row)
    return Change(
        at=row.recorded_at,
        what=What.RESULT,
        subject=row.sample_id,
        act=_act(before, after),
        version=row.position + 1,
        by=row.recorded_by,
        reason=reason,
        before=before,
        after=after,
    )


def _measured(row: ResultRow) -> dict[str, Any]:
    return {
        "analyte": row.analyte,
        "value": row.number,
        "unit": row.unit,
        "comparator": row.comparator,
        "lloq": row.lloq,
        "released": row.released,
    }


def _act(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    if before is None:
        return REPORT
    return RELEASE if {**before, "released": True} == after and not before["released"] else CORRECT
