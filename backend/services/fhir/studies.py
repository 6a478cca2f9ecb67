"""Studies as FHIR finds them: of one's site or that one consented to, and a patient's place and consent in each."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from uuid import UUID

from backend.domain.fhir import studies
from backend.domain.fhir.dates import Span
from backend.domain.fhir.telling import Head, plain
from backend.services import events, gate
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.storage import research
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow

OWN, CARE = "own-consents:read", "subjects:read"


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
        tell = partial(studies.study, row.id, row.name, row.created_at)
        yield Found(str(row.id), row.created_at, None, row.created_at, "UTC", tell)


def subjects(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield a patient's place in each study they ever consented to."""
    told = plain(patient.id)
    for study, row in research.of_patient(ctx.session, patient.id):
        tell = partial(
            studies.research_subject, told, _head(study, row),
            study_key=str(study.id), consented_at=row.consented_at, withdrawn_at=row.withdrawn_at,
        )  # fmt: skip
        yield Found(told.key(study.id), row.consented_at, _span(row), _updated(row), patient.zone, tell)


def consents(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield what a patient consented to, withdrawn or not."""
    told = plain(patient.id)
    for study, row in research.of_patient(ctx.session, patient.id):
        tell = partial(
            studies.consent, told, _head(study, row),
            study_name=study.name, consented_at=row.consented_at, withdrawn_at=row.withdrawn_at,
        )  # fmt: skip
        given = Span(row.consented_at, row.consented_at)
        yield Found(told.key(study.id), row.consented_at, given, _updated(row), patient.zone, tell)


def _head(study: StudyRow, row: SubjectRow) -> Head:
    # Consent may be given again: the moment of the last word is what tells the versions apart.
    return Head(study.id, int(_updated(row).timestamp()), _updated(row))


def _updated(row: SubjectRow) -> datetime:
    return row.withdrawn_at or row.consented_at


def _span(row: SubjectRow) -> Span:
    return Span(row.consented_at, row.withdrawn_at)
