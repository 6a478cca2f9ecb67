"""Studies as FHIR finds them: of one's site or that one answered, and a patient's place and consents in each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from backend.domain.consents import Answered, Purpose, answered
from backend.domain.fhir import consents as mapped
from backend.domain.fhir import studies
from backend.domain.fhir.dates import Span, of_instant
from backend.domain.fhir.telling import Head, plain
from backend.domain.permissions import allows
from backend.domain.study_plans import chosen_name
from backend.services import consent_standing, consent_texts, events, gate, study_plans
from backend.services.consent_texts import Versions
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.storage import research, study_acts
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow

OWN, CARE = "own-consents:read", "subjects:read"
TREATING = "protocols:read"
"""Who may do this would see in care what a study knows."""
LANGUAGE = "en"
"""In which arms are named, where they have a name in it."""


def known(ctx: Context, _patient_id: UUID | None, _key: str | None) -> Iterator[Found]:
    """Yield the studies of one's own site, or to a patient those they ever answered."""
    if ctx.who.patient_id is not None:
        patient = gate.own(ctx, OWN)
        events.note(ctx, OWN, patient.id, detail={"fhir": "ResearchStudy"})
        rows = [one.study for one in _answers(ctx, patient) if any(one.given.values())]
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
    hidden = {one.study.id for one in _answers(ctx, patient) if not one.shown}
    for place in _places(ctx, patient):
        if place.study.id in hidden:
            continue
        tell = partial(
            studies.research_subject, told, place.head, study_key=str(place.study.id),
            consented_at=place.row.consented_at, ended_at=place.ended_at, status=place.status, arm=place.arm,
        )  # fmt: skip
        since = place.row.consented_at
        yield Found(told.key(place.study.id), since, Span(since, place.ended_at), place.updated, patient.zone, tell)


def consents(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield what a patient answered to each purpose of each study, whatever it was."""
    told = plain(patient.id)
    for one in _answers(ctx, patient):
        for purpose, given in one.given.items():
            if given is None or not one.shown:
                continue
            tell = partial(
                mapped.consent, told, _head(one.study, one.updated), purpose, given,
                study_key=str(one.study.id), study_name=one.study.name,
            )  # fmt: skip
            key, at = told.key(one.study.id) + mapped.suffix(purpose), given.said.at
            status = mapped.STATUS[given.state]
            yield Found(key, at, of_instant(at), one.updated, patient.zone, tell, status=status)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a patient answered to a study, whether whoever looks may see it, and when any of it last changed."""

    study: StudyRow
    given: Mapping[Purpose, Answered | None]
    shown: bool
    updated: datetime


def _answers(ctx: Context, patient: PatientRow) -> Iterator[_Answers]:
    """Yield what a patient answered to each study that asked them.

    Who sees in care what a study knows, sees nothing of one that the patient does not want shown there.
    """
    treats = allows(TREATING, ctx.who.role)
    acts = study_acts.of_patient(ctx.session, patient.id)
    for place in consent_standing.every(ctx, patient):
        study = research.study(ctx.session, place.study_id)
        done = [act for act in acts if act.study_id == place.study_id and act.kind == consent_standing.ACT]
        if study is not None and done:
            versions, said = consent_texts.known(ctx, study.id), consent_standing.said_of(done)
            given = {one: answered(said[one], versions[one], ctx.now) for one in Purpose}
            updated = max([done[-1].recorded_at, *_moved(given, versions, ctx.now)])
            yield _Answers(study, given, place.shown_in_care or not treats, updated)


def _moved(given: Mapping[Purpose, Answered | None], versions: Versions, now: datetime) -> Iterator[datetime]:
    """Yield when a newer text that is needed gave a yes an end, and when that came."""
    for purpose, one in given.items():
        for each in versions[purpose]:
            if one is not None and each.number > one.said.version and each.needed_from and each.published_at:
                yield each.published_at
                if each.needed_from <= now:
                    yield each.needed_from


def _head(study: StudyRow, updated: datetime) -> Head:
    """Return what a resource of a patient's place begins with: the last word's moment tells the versions apart."""
    return Head(study.id, int(updated.timestamp()), updated)


@dataclass(frozen=True, slots=True)
class _Place:
    """A patient's place in a study, the name of their arm, and when anything was last done about it."""

    study: StudyRow
    row: SubjectRow
    arm: str | None
    updated: datetime

    @property
    def head(self) -> Head:
        """What the resource of it begins with."""
        return _head(self.study, self.updated)

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
