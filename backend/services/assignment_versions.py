"""Versions of assignments: whose an assignment is, how its reasons are kept, and what was decided, as it is shown."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.services import answerable, gate, words
from backend.services.answerable import Published
from backend.services.context import Context
from backend.storage import assignments
from backend.storage.assignments import AssignmentRow, AssignmentVersionRow
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow
from backend.storage.research import StudyRow
from backend.storage.sealing import Place


@dataclass(frozen=True, slots=True)
class Decided:
    """One version of an assignment as it is shown; the reason of a study's is not shown to its patients."""

    version: int
    assignment: dict[str, Any]
    template: str | None
    from_on: date
    ends: bool
    reason: str | None
    recorded_at: datetime
    recorded_by: UUID | None


@dataclass(frozen=True, slots=True)
class Shown:
    """An assignment with all its versions, oldest first.

    `retired_version` is that of the questionnaire which it goes on asking though nobody is assigned it any more.
    """

    id: UUID
    study_id: UUID | None
    patient_id: UUID | None
    questionnaire: str
    starts_on: date
    ended_on: date | None
    version: int
    assignment: dict[str, Any]
    versions: list[Decided]
    retired_version: int | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose it is: a study of a site, or a patient; and the zone in which its days are decided."""

    site_id: UUID
    zone: str
    study_id: UUID | None
    patient: PatientRow | None

    @property
    def patient_id(self) -> UUID | None:
        """The patient, where it is a patient's own."""
        return None if self.patient is None else self.patient.id

    @property
    def columns(self) -> dict[str, UUID | None]:
        """What tells whose it is in its row."""
        return {"site_id": self.site_id, "study_id": self.study_id, "patient_id": self.patient_id}

    def owns(self, row: AssignmentRow) -> bool:
        """Tell whether an assignment is theirs; a patient who moved to another site keeps it."""
        return row.study_id == self.study_id and row.patient_id == self.patient_id


def study(ctx: Context, permission: str, study_id: UUID) -> Owner:
    """Return a study of the actor's own site as an owner. Raises ClinicError `not-found`."""
    actor = gate.permit(ctx, permission)
    row = ctx.session.get(StudyRow, study_id)
    if row is None or row.site_id != actor.site_id:
        raise ClinicError("not-found")
    return Owner(row.site_id, ctx.session.get_one(SiteRow, row.site_id).zone, study_id, None)


def whose(patient: PatientRow) -> Owner:
    """Return a patient who is within reach as an owner."""
    return Owner(patient.site_id, patient.zone, None, patient)


def sealed(ctx: Context, owner: Owner, reason: str, assignment_id: UUID, version: int) -> str:
    """Return a reason as it is kept: a patient's under their own key, a study's, which is nobody's, under ours."""
    place = _place(assignment_id, version)
    if owner.patient is not None:
        return words.sealed(ctx, owner.patient, reason, place)
    return b64encode(ctx.sealer.seal_own(reason, place)).decode()


def shown(ctx: Context, owner: Owner, rows: Sequence[AssignmentRow], *, duplicate: bool = False) -> list[Shown]:
    """Return assignments with their versions; of those that are not the owner's without the reasons."""
    found = assignments.versions(ctx.session, [row.id for row in rows])
    forms = {key: answerable.published(ctx, owner.site_id, key) for key in {row.questionnaire for row in rows}}
    return [_shown(ctx, owner, row, found[row.id], forms[row.questionnaire], duplicate) for row in rows]


def _shown(
    ctx: Context,
    owner: Owner,
    row: AssignmentRow,
    versions: Sequence[AssignmentVersionRow],
    forms: Sequence[Published],
    duplicate: bool,
) -> Shown:
    decided = [
        Decided(
            version=one.version,
            assignment=one.told,
            template=one.template,
            from_on=one.from_on,
            ends=one.ends,
            reason=_opened(ctx, owner, one) if owner.owns(row) else None,
            recorded_at=one.recorded_at,
            recorded_by=one.recorded_by,
        )
        for one in versions
    ]
    return Shown(
        id=row.id,
        study_id=row.study_id,
        patient_id=row.patient_id,
        questionnaire=row.questionnaire,
        starts_on=row.starts_on,
        ended_on=row.ended_on,
        version=row.version,
        assignment=versions[-1].told,
        versions=decided,
        retired_version=answerable.goes_on(forms, versions[-1].told["version"]) if row.ended_on is None else None,
        duplicate=duplicate,
    )


def _opened(ctx: Context, owner: Owner, row: AssignmentVersionRow) -> str:
    place = _place(row.assignment_id, row.version)
    if owner.patient is not None:
        return words.opened(ctx, owner.patient, row.reason, place)
    return ctx.sealer.open_own(b64decode(row.reason), place)


def _place(assignment_id: UUID, version: int) -> Place:
    return Place("assignment_versions", "reason", f"{assignment_id}:{version}")
