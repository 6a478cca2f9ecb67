"""What was entered about a patient by the clinic: each version of a finding, and each decision on the interval."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from backend.services import decisions, finding_history, findings
from backend.services.changed import Change, What
from backend.services.context import Context
from backend.storage import findings as stored
from backend.storage import records
from backend.storage.findings import FindingRow
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow

ENTER, CORRECT, RETRACT = "enter", "correct", "retract"


def changes(ctx: Context, patient: PatientRow) -> Iterator[Change]:
    """Yield the versions of the findings of a patient who is within reach, and the decisions, in any order."""
    kept = records.all_versions(ctx.session, patient.id, (findings.KIND,))
    for row in stored.of_patient(ctx.session, patient.id, retracted=True):
        yield from _finding(ctx, patient, row, kept.get((findings.KIND, row.id), []))
    for decision in decisions.every(ctx, patient):
        yield _decision(decision)


def _finding(ctx: Context, patient: PatientRow, row: FindingRow, kept: list[VersionRow]) -> Iterator[Change]:
    """Yield the first version, and each that replaced one: what the kept versions held, then what stands."""
    earlier = [finding_history.superseded(ctx, patient, version) for version in kept]
    held = [_held(row.kind, one.occurred, one.ended_on, one.values, one.note) for one in earlier]
    note = findings.opened_note(ctx, patient, row.id, row.note_sealed)
    held.append(_held(row.kind, stored.moment(row), row.ended_on, row.content, note))
    entered_at = datetime.fromisoformat(kept[0].content["received_at"]) if kept else row.received_at
    by = earlier[0].recorded_by if earlier else row.recorded_by
    yield Change(entered_at, What.FINDING, row.id, ENTER, 1, by, None, None, held[0])
    for index, one in enumerate(earlier):
        gone = row.retracted and index == len(earlier) - 1
        yield Change(
            at=one.replaced_at,
            what=What.FINDING,
            subject=row.id,
            act=RETRACT if gone else CORRECT,
            version=one.version + 1,
            by=one.replaced_by,
            reason=one.reason,
            before=held[index],
            after=None if gone else held[index + 1],
        )


def _held(kind: str, occurred: Any, ended_on: Any, values: Any, note: str | None) -> dict[str, Any]:
    return {"kind": kind, "occurred": occurred, "ended_on": ended_on, "values": values, "note": note}


def _decision(found: decisions.Decision) -> Change:
    return Change(
        at=found.decided_at,
        what=What.DECISION,
        subject=found.id,
        act=found.choice.value,
        version=1,
        by=found.decided_by,
        reason=found.reason,
        before=None,
        after={
            "study_id": found.study_id,
            "protocol": found.protocol,
            "protocol_version": found.protocol_version,
            "treatment_id": found.treatment_id,
            "plan_before": found.plan_before,
            "plan_after": found.plan_after,
            "dose_id": found.dose_id,
            "dose_version": found.dose_version,
            "flags": found.flags,
        },
    )
