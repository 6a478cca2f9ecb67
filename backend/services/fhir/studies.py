"""Studies as FHIR finds them: of one's site or that one consented to, and a patient's place and consent in each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from backend.domain.fhir import studies
from backend.domain.fhir.dates import Span
from backend.domain.fhir.telling import Head, plain
from backend.domain.study_plans import chosen_name
from backend.services import events, gate, study_plans
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.storage import research, study_acts
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow

OWN, CARE = "own-consents:read", "subjects:read"
LANGUAGE = "en"
"""In which arms are named, where they have a name in it."""


def known(ctx: Context, _patient_id: UUID | None, _key: str | None) -> Iterator[Found]:
    """Yield the studies of one's own site, or to a patient those they ever consented to."""
    if ctx.who.patient_id is not None:
        patient = gate.own(ctx, OWN)
        events.note(ctx, OWN, patient.id, detail={"fhir": "ResearchStudy"})
        rows = [study for study, _ in research.of_patient(ctx.session, patient.id)]
    else:
        gate.permit(ctx, CARE)
        events.note(ctx, CARE, detail={"fhir": "ResearchStudy"})
        rows = research.studies_at(ctx.session, gate.own_site(ctx))
    for row in rows:
        plan = study_plans.standing(ctx, row.id)
        arms = [chosen_name(arm.names, LANGUAGE) for arm in plan.plan.arms]
        updated = plan.recorded_at or row.created_at
        tell = partial(studies.study, row.id, row.name, updated, arms)
        yield Found(str(row.id), row.created_at, None, updated, "UTC", tell)


def subjects(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield a patient's place in each study they ever consented to."""
    told = plain(patient.id)
    for place in _places(ctx, patient):
        tell = partial(
            studies.research_subject, told, place.head, study_key=str(place.study.id),
            consented_at=place.row.consented_at, ended_at=place.ended_at, status=place.status, arm=place.arm,
        )  # fmt: skip
        since = place.row.consented_at
        yield Found(told.key(place.study.id), since, Span(since, place.ended_at), place.updated, patient.zone, tell)


def consents(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield what a patient consented to, withdrawn or not."""
    told = plain(patient.id)
    for place in _places(ctx, patient):
        row = place.row
        tell = partial(
            studies.consent, told, place.head, study_name=place.study.name,
            consented_at=row.consented_at, withdrawn_at=row.withdrawn_at,
        )  # fmt: skip
        given = Span(row.consented_at, row.consented_at)
        yield Found(told.key(place.study.id), row.consented_at, given, place.updated, patient.zone, tell)


@dataclass(frozen=True, slots=True)
class _Place:
    """A patient's place in a study, the name of their arm, and when anything was last done about it."""

    study: StudyRow
    row: SubjectRow
    arm: str | None
    updated: datetime

    @property
    def head(self) -> Head:
        """What every resource of it begins with: the moment of the last word is what tells the versions apart."""
        return Head(self.study.id, int(self.updated.timestamp()), self.updated)

    @property
    def ended_at(self) -> datetime | None:
        """The moment from which they take no part."""
        return self.row.withdrawn_at or self.row.finished_at

    @property
    def status(self) -> str:
        """The code of FHIR's research-subject-status."""
        if self.row.withdrawn_at is not None:
            return "withdrawn"
        return "on-study" if self.row.finished_at is None else "off-study"


def _places(ctx: Context, patient: PatientRow) -> Iterator[_Place]:
    acts = study_acts.of_patient(ctx.session, patient.id)
    for study, row in research.of_patient(ctx.session, patient.id):
        arm = study_plans.standing(ctx, study.id).plan.arm(row.arm) if row.arm else None
        done = [act.recorded_at for act in acts if act.study_id == study.id]
        updated = max([row.withdrawn_at or row.consented_at, *done])
        yield _Place(study, row, chosen_name(arm.names, LANGUAGE) if arm else row.arm, updated)
