"""Writes the demo story into an empty database, a patient per transaction, by the same rules as real use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.demo import home, staff, study
from backend.demo.people import ZONE, Kind, Person
from backend.demo.pricks import Prick
from backend.demo.story import Life
from backend.domain.occasions import About
from backend.domain.permissions import Role
from backend.domain.recall import FORM
from backend.domain.samples import Matrix
from backend.services import (
    findings,
    patients,
    protocols,
    questionnaires,
    records,
    reminders,
    requests,
    research,
    results,
    symptoms,
    words,
)
from backend.services import samples as pricked
from backend.services.answerable import Named
from backend.services.care import begin
from backend.services.contact import Contact
from backend.services.context import Actor, Context
from backend.services.intervals import Line, whole_line
from backend.services.patients import Identity
from backend.services.questionnaires import Told
from backend.services.results import Analyte, Measured
from backend.services.unit import act
from backend.storage import doses, monitoring, people, samples, treatment
from backend.storage import findings as found
from backend.storage import patients as kept
from backend.storage import questionnaires as answered
from backend.storage import symptoms as diaries
from backend.storage.monitoring import CheckRow
from backend.storage.patients import PatientRow

USUAL_WEEKS = 4
"""Between doses, unless they are stretched."""
_BANDS = ((5, 4), (10, 5), (20, 6), (None, 7))
RULES: Mapping[str, dict[str, Any]] = {
    "PDNMS": {},
    "NEXT-MS-EID10": {"bands": [{"below_ug_ml": below, "weeks": weeks} for below, weeks in _BANDS]},
}
"""The dosing rules that the demo's study shows; the bands are invented, since the published table is not public."""
BEFORE = timedelta(days=800)
"""The hospital stands so long before the story ends."""


@dataclass(slots=True)
class Filled:
    """What was written: how many of each."""

    patients: int = 0
    doses: int = 0
    entries: int = 0
    samples: int = 0
    responses: int = 0
    findings: int = 0


@dataclass(frozen=True, slots=True)
class _House:
    """The demo hospital while it is being filled; `ctx` is of nobody, at the moment the story ends."""

    session: Session
    ctx: Context
    actors: Mapping[Role, Actor]
    study_id: UUID

    def at(self, moment: datetime, actor: Actor) -> Context:
        """Return the surroundings of an act in the past."""
        return replace(self.ctx, actor=actor, now=moment)


def empty(session: Session) -> bool:
    """Tell whether a database holds no site yet."""
    return not people.sites(session)


def fill(session: Session, ctx: Context, lives: Iterable[Life]) -> Filled:
    """Write the demo hospital and the lives into an empty database; `ctx.now` is when the story ends."""
    house = _founded(session, ctx)
    filled = Filled()
    for life in lives:
        with act(session, house.ctx, writes=True) as running:
            _write(replace(house, ctx=running), life, filled)
    return filled


def _founded(session: Session, ctx: Context) -> _House:
    """Make site, staff and study, and the checklist for doses at home."""
    long_ago = replace(ctx, actor=None, now=ctx.now - BEFORE)
    with act(session, long_ago, writes=True) as running:
        actors = staff.actors(running, staff.hire(running))
        admin = replace(running, actor=actors[Role.ADMIN])
        study_id = study.found(admin)
        researcher_id = actors[Role.RESEARCHER].staff_id
        if researcher_id is not None:
            research.admit(admin, study_id, researcher_id, None)
        clinician = replace(running, actor=actors[Role.CLINICIAN])
        home.open_way(clinician)
        for rule, settings in RULES.items():
            protocols.switch(clinician, study_id, rule, settings, "Voorbeeld in de demo.", enabled=True)
    return _House(session, ctx, actors, study_id)


def _write(house: _House, life: Life, filled: Filled) -> None:
    patient = _enrolled(house, life)
    _treated(house, patient, life)
    line = whole_line(house.ctx, patient.id)
    _wrote(house, patient, line, life)
    for prick in life.pricks:
        _sample(house, patient, prick)
    _answered(house, patient, line, life)
    _looked_into(house, patient, line, life)
    _asked(house, life)
    reminders.replan(house.ctx, patient)
    filled.patients += 1
    filled.doses += len(life.course.doses)
    filled.entries += len(life.entries)
    filled.samples += len(life.pricks)
    filled.responses += len(life.forms)
    filled.findings += len(life.findings)


def _enrolled(house: _House, life: Life) -> PatientRow:
    """Enrol a patient a fortnight before the first dose, with the whole team caring, and with consent to the study."""
    person = life.person
    known_at = min(version.recorded_at for version in life.course.treatments[0].versions) - timedelta(days=7)
    nurse = house.at(known_at, house.actors[Role.NURSE])
    contact = Contact(person.email, "nl", ZONE, None, None, ("email",))
    patients.enrol(nurse, Identity(person.name, person.birth_on, person.hospital_number), contact, person.id)
    for role in (Role.CLINICIAN, Role.COORDINATOR):
        staff_id = house.actors[role].staff_id
        if staff_id is not None:
            begin(nurse, person.id, staff_id, None, None)
    if person.consents:
        versions = [version for one in life.course.treatments for version in one.versions]
        arm = "stretched" if any((version.interval_weeks or 0) > USUAL_WEEKS for version in versions) else "as-usual"
        study.join(house.at(known_at, house.actors[Role.CLINICIAN]), person.id, house.study_id, arm)
    row = kept.get(house.session, person.id)
    if row is None:
        raise ValueError("enrolled and not there")
    return row


def _treated(house: _House, patient: PatientRow, life: Life) -> None:
    session, clinician, nurse = house.session, house.actors[Role.CLINICIAN].id, house.actors[Role.NURSE].id
    for told in life.course.treatments:
        sealed = (words.hidden(house.ctx, patient, one, told.id, one.version) for one in told.versions)
        made = replace(told, versions=tuple(sealed))
        treatment.add(session, patient.id, replace(made, versions=made.versions[:1], stopped_on=None), clinician)
        planned = len(made.versions) - (made.stopped_on is not None)
        for number in range(2, planned + 1):
            treatment.add_version(session, replace(made, versions=made.versions[:number]), clinician)
        if made.stopped_on is not None:
            treatment.set_stop(session, made, clinician)
    by = patient.id if life.person.kind is Kind.OFATUMUMAB else nurse
    versions = [words.hidden(house.ctx, patient, one, one.id, one.version) for one in life.course.versions]
    doses.add(session, patient.id, [version for version in versions if version.version == 1], by)
    for version in versions:
        if version.version > 1:
            doses.put(session, patient.id, version, by)


def _wrote(house: _House, patient: PatientRow, line: Line, life: Life) -> None:
    phone = _phone(life.person)
    rows = [
        symptoms.first(house.at(told.received_at, phone), patient, line, told.report, told.diary)
        for told in life.entries
    ]
    diaries.add_new(house.session, rows)


def _sample(house: _House, patient: PatientRow, prick: Prick) -> None:
    ordered_at, reported_at = prick.steps[0].recorded_at, prick.steps[-1].recorded_at
    nurse = house.at(ordered_at, house.actors[Role.NURSE])
    values: dict[str, Any] = {
        "patient_id": patient.id,
        "id": prick.id,
        "matrix": Matrix.CAPILLARY_WET.value,
        "created_mark": records.mark(nurse, pricked.KIND, {"id": str(prick.id)}),
        "created_at": ordered_at,
        "version": 0,
    }
    samples.add(house.session, values)
    for position, step in enumerate(prick.steps):
        held = words.hidden(house.ctx, patient, step, prick.id, position)
        samples.append_step(house.session, patient.id, prick.id, position, held)
    if prick.level is None:
        return
    level = prick.level
    told = Measured(
        Analyte.LEVEL, level.raw_value, level.raw_unit, level.comparator, lloq=level.lloq, released=prick.released
    )
    results.report(house.at(reported_at, house.actors[Role.CLINICIAN]), patient.id, prick.id, told)


def _answered(house: _House, patient: PatientRow, line: Line, life: Life) -> None:
    phone = _phone(life.person)
    for form in life.forms:
        ctx = house.at(form.received_at, phone)
        told = Told(About.PREVIOUS, completed=True, answers=form.answers)
        answered.add(house.session, questionnaires.first(ctx, patient, line, form.report, Named(FORM), told))


def _looked_into(house: _House, patient: PatientRow, line: Line, life: Life) -> None:
    """Write down which checks were done, and what the clinic found."""
    nurse, clinician = house.actors[Role.NURSE], house.actors[Role.CLINICIAN]
    for done in life.checks:
        by = {"recorded_at": done.recorded_at, "recorded_by": nurse.staff_id}
        told = {name: getattr(done, name) for name in ("id", "treatment_id", "check", "done_on")}
        monitoring.add(house.session, CheckRow(patient_id=patient.id, **told, **by))
    rows = []
    for one in life.findings:
        entered = findings.Told(one.kind, one.occurred, one.ended_on, one.values, one.note)
        rows.append(findings.first(house.at(one.entered_at, clinician), patient, line, one.id, entered))
    found.add_new(house.session, rows)


def _asked(house: _House, life: Life) -> None:
    for wish in life.wishes:
        asked = requests.Asked(wish.id, wish.kind, wish.treatment_id, wish.words, wish.asked_at)
        requests.ask(house.at(wish.asked_at + timedelta(seconds=3), _phone(life.person)), asked)


def _phone(person: Person) -> Actor:
    return Actor(Role.PATIENT, patient_id=person.id)
