"""Subjects of a study as FHIR that leaves: each type's resources of one subject, under the pseudonym, without words.

Nothing that is sealed is opened: notes, reasons and words of one's own lie sealed, and are never read here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from backend.domain.consents import Purpose
from backend.domain.consents import answered as consented
from backend.domain.dosing import Dose, Status
from backend.domain.fhir import (
    consents,
    diary,
    ids,
    laboratory,
    medication,
    pseudonymous,
    questionnaires,
    responses,
    studies,
)
from backend.domain.fhir import findings as observed
from backend.domain.fhir.pseudonymous import leaving
from backend.domain.fhir.telling import Head, Telling
from backend.domain.findings import Kind, Type, kinds
from backend.domain.linking import place
from backend.domain.samples import State, Step, find, state, validity
from backend.domain.study_days import Days
from backend.domain.troughs import trough
from backend.services import answerable, consent_standing, consent_texts, results
from backend.services.answerable import Published
from backend.services.fhir.reports import base
from backend.services.subjects import Subject, taken_at, whole_line
from backend.storage import findings, samples, study_acts, symptoms
from backend.storage import questionnaires as answered
from backend.storage.patients import PatientRow
from backend.storage.questionnaires import ResponseRow
from backend.storage.research import StudyRow

Resources = Iterator[dict[str, Any]]
_DONE = frozenset({Status.GIVEN, Status.MISSED})


@dataclass(frozen=True)
class Studied:
    """One subject of a study, and how they are told."""

    who: Subject
    study: StudyRow

    @cached_property
    def told(self) -> Telling:
        """How the subject is told."""
        return pseudonymous.telling(self.who.pseudonym, self.who.keyed, self.who.told)

    @cached_property
    def forms(self) -> Mapping[UUID, Published]:
        """The version of a form that each response answers, of those that are still known."""
        site_id = self.who.session.get_one(PatientRow, self.who.patient_id).site_id
        rows = answered.of_patient(self.who.session, self.who.patient_id)
        known = {
            (key, one.content_hash): one
            for key in {row.form for row in rows}
            for one in answerable.published(self.who.ctx, site_id, key)
        }
        return {row.id: known[row.form, row.form_hash] for row in rows if (row.form, row.form_hash) in known}

    def leaving(self, resource: Mapping[str, Any], **days: date | None) -> dict[str, Any]:
        """Return a resource of this subject as it leaves; `on` is when it was."""
        return leaving(resource, self.who.told, {"" if name == "on" else name: day for name, day in days.items()})


def body(of: Studied, kind: str) -> bytes:
    """Return all of a type that leaves of a subject, as it is kept."""
    return pseudonymous.frozen(_FOUND[kind](of))


def _patient(of: Studied) -> Resources:
    yield of.leaving(pseudonymous.patient(of.who.pseudonym))


def _observations(of: Studied) -> Resources:
    yield from _diary(of)
    yield from _measured(of)
    yield from _findings(of)


def _diary(of: Studied) -> Resources:
    for row in symptoms.of_patient(of.who.session, of.who.patient_id):
        occurred = symptoms.moment(row)
        where, head = place(occurred, row.planned_on, of.who.line.chain), Head(row.id, row.version, None)
        since = {rating["symptom"]: rating for rating in row.content["ratings"]}
        for part in diary.parts(row.content):
            told = diary.observation(
                of.told, head, part, occurred=occurred, issued=row.recorded_at, content=row.content, place=where
            )
            days = {name: _day(since.get(part, {}).get(f"{name}_on")) for name in ("onset", "resolved")}
            yield of.leaving(told, on=occurred.on, **days)


def _day(told: str | None) -> date | None:
    return date.fromisoformat(told) if told else None


def _measured(of: Studied) -> Resources:
    rows = samples.results(of.who.session, of.who.patient_id)
    if not rows:
        return
    steps, whole = samples.steps(of.who.session, of.who.patient_id), whole_line(of.who)
    for sample_id, held in rows.items():
        collected = find(steps.get(sample_id, ()), State.COLLECTED)
        where = taken_at(of.who, whole, sample_id, collected) if collected else None
        for row in {one.analyte: one for one in held}.values():  # a later one of an analyte replaces the earlier
            same = [one for one in held if one.analyte == row.analyte]
            told = laboratory.result(
                of.told, Head(sample_id, len(same), None), sample_id, results.result_of(row, "", standing=True),
                corrected=len({(one.number, one.comparator, one.unit) for one in same}) > 1, issued=row.recorded_at,
                collected=collected.at if collected else None, place=where,
                trough=trough(collected.at, whole.doses, None) if collected else None,
            )  # fmt: skip
            yield of.leaving(told, on=_on(collected))


def _findings(of: Studied) -> Resources:
    done = {str(dose.id) for dose in of.who.line.doses if dose.status in _DONE}
    for row in findings.of_patient(of.who.session, of.who.patient_id):
        kind, occurred = Kind(row.kind), findings.moment(row)
        doses = {key for key, field in kinds()[kind].fields.items() if field.type is Type.DOSE}
        # A dose that was undone has no resource to point at.
        values = {key: said for key, said in row.content.items() if key not in doses or said in done}
        told = observed.observation(
            of.told, Head(row.id, row.version, None), kind,
            occurred=occurred, ended_on=row.ended_on, issued=row.recorded_at, values=values,
            place=place(occurred, row.planned_on, of.who.line.chain),
        )  # fmt: skip
        yield of.leaving(told, on=occurred.on, ended=row.ended_on)


def _specimens(of: Studied) -> Resources:
    steps = samples.steps(of.who.session, of.who.patient_id)
    held = samples.results(of.who.session, of.who.patient_id)
    for row in samples.of_patient(of.who.session, of.who.patient_id):
        taken = steps.get(row.id, ())
        standing = state(taken) or State.WITHDRAWN
        if laboratory.is_specimen(taken, standing) or row.id in held:
            told = laboratory.specimen(
                of.told, Head(row.id, row.version, None),
                matrix=samples.matrix(row), state=standing, steps=taken, unusable=validity(taken),
            )  # fmt: skip
            days = {"on": _on(find(taken, State.COLLECTED)), "received": _on(find(taken, State.RECEIVED))}
            yield of.leaving(told, **days)


def _on(step: Step | None) -> date | None:
    return None if step is None else step.at.on


def _requests(of: Studied) -> Resources:
    for one in of.who.line.treatments:
        plan = one.versions[-1]
        told = medication.request(of.told, Head(one.id, plan.version, None), one, plan)
        yield of.leaving(told, started=one.started_on, stopped=one.stopped_on)


def _administrations(of: Studied) -> Resources:
    for dose in of.who.line.doses:
        if dose.status in _DONE:
            told = medication.administration(of.told, _head(dose), dose, of.who.line.treatment(dose.treatment_id).drug)
            ended = dose.parts[-1].given.on if len(dose.parts) > 1 else None
            yield of.leaving(told, on=dose.on, ended=ended)


def _appointments(of: Studied) -> Resources:
    for dose in of.who.line.doses:
        if dose.planned is not None and dose.status is not Status.UNDONE:
            told = medication.appointment(of.told, _head(dose), dose, of.who.line.treatment(dose.treatment_id).drug)
            yield of.leaving(told, on=dose.planned.on)


def _head(dose: Dose) -> Head:
    return Head(dose.id, dose.version, None)


def _responses(of: Studied) -> Resources:
    for row in answered.of_patient(of.who.session, of.who.patient_id):
        published, occurred = of.forms.get(row.id), answered.moment(row)
        told = responses.of_patient(
            of.told, Head(row.id, row.version, None), published.form if published else None, _said(of, row),
            named=f"{base(of.who.ctx)}/Questionnaire/{row.form}|{row.form_version}",
            completed=row.completed, authored=occurred,
        )  # fmt: skip
        yield of.leaving(told, on=occurred.on)


def _said(of: Studied, row: ResponseRow) -> Mapping[str, Any]:
    published = of.forms.get(row.id)
    if published is None:
        return {}
    dates = of.who.told.days is Days.CALENDAR
    return pseudonymous.wordless(published.form, row.answers, dates=dates)


def _questionnaires(of: Studied) -> Resources:
    for one in {one.content_hash: one for one in of.forms.values()}.values():
        key = one.key if one.definition is None else f"{one.key}.{one.version}"
        if ids.FORM.fullmatch(key):
            told = questionnaires.export(one.form, one.status, base=base(of.who.ctx)).resource
            yield of.leaving({**told, "id": key, "meta": {"versionId": one.form.version}})


def _study(of: Studied) -> Resources:
    yield of.leaving(studies.study(of.study.id, of.study.name, None))


def _place(of: Studied) -> Resources:
    head = Head(of.study.id, 1, None)
    arm, study_key = of.who.traits.arm, str(of.study.id)
    told = studies.research_subject(of.told, head, study_key=study_key, consented_at=None, ended_at=None, arm=arm)
    yield of.leaving(told)


def _consents(of: Studied) -> Resources:
    who, head = of.who, Head(of.study.id, 1, None)
    said = consent_standing.said_of(study_acts.of_patient(who.session, who.patient_id, of.study.id))
    versions = consent_texts.known(who.ctx, of.study.id)
    for purpose in Purpose:
        given = consented(said[purpose], versions[purpose], who.ctx.now)
        if given is not None:
            told = consents.consent(of.told, head, purpose, given, study_key=str(of.study.id), study_name="")
            yield of.leaving(told)


_FOUND: Mapping[str, Callable[[Studied], Iterable[dict[str, Any]]]] = {
    "Patient": _patient,
    "Observation": _observations,
    "Questionnaire": _questionnaires,
    "QuestionnaireResponse": _responses,
    "MedicationRequest": _requests,
    "MedicationAdministration": _administrations,
    "Appointment": _appointments,
    "Specimen": _specimens,
    "ResearchStudy": _study,
    "ResearchSubject": _place,
    "Consent": _consents,
}
"""What finds each of `pseudonymous.TYPES`."""
