"""Published tables: rebuilt from frozen snapshots of such cohorts by the scripts of the docs, figures exact."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import published_tables as client
import pytest

from backend.domain.drugs import catalogue
from backend.domain.moments import at_moment
from backend.domain.occasions import About
from backend.domain.reports import Report
from backend.services import intervals, pseudonyms, questionnaires
from backend.services.answerable import Named
from backend.storage import doses, treatment
from backend.storage import questionnaires as stored
from backend.storage.patients import PatientRow
from backend.storage.research import StudyRow, SubjectRow
from tests.factories import base
from tests.factories.chains import ZONE, local
from tests.factories.doses import PlanFactory, TreatmentFactory, given
from tests.factories.findings import FindingUpload
from tests.factories.responses import ResponseUpload
from tests.factories.sites import Site
from tests.factories.studies import Study, study
from tests.house import House, Staff

TABLES = json.loads((Path(__file__).parents[1] / "data" / "published_tables.json").read_text("utf-8"))
FIRST = date(2025, 11, 3)
Answers = dict[str, Any]
# These cohorts are large; what they need of a database, the others need too.
on_one_database = pytest.mark.parametrize("copies", ["sqlite"], indirect=True)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a cohort: the patient, their treatment, and the headers of their phone."""

    id: UUID
    treatment_id: UUID
    phone: dict[str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """Doses as the clinic posts them: each a list of days after the first dose, one for every part."""

    days: tuple[tuple[int, ...], ...]

    @property
    def answered(self) -> int:
        """The day of the form: a week after the last dose, when relief is known."""
        return self.days[-1][0] + 7

    @property
    def about(self) -> str:
        """Which interval the form is about: the one that was closed, or the only one."""
        return "previous" if len(self.days) > 1 else "current"


def table(key: str) -> Any:
    return next(case for case in TABLES["cases"] if case["id"] == key)


def enrol(house: House, carla: Staff, found: Study, n: int, drug: str) -> list[Person]:
    """Enrol a cohort that has consented, in one act: what is entered about them comes later, over HTTP."""
    sealer = house.app.extensions["uitwerk"].sealer
    people = []
    with house.unit(carla) as ctx:
        joined, now = ctx.session.get_one(StudyRow, found.id_), ctx.now
        for _ in range(n):
            patient_id, token = uuid4(), uuid4().hex
            key = sealer.new_key(str(patient_id))
            session = base.SessionFactory.build(patient_id=patient_id)
            plan = PlanFactory.build(regimen=catalogue()[drug].regimens[0].key, valid_from=FIRST)
            course = TreatmentFactory.build(drug_key=drug, started_on=FIRST, versions=(plan,))
            people.append(Person(patient_id, course.id, {"Authorization": f"Bearer {token}"}))
            rows: Sequence[Any] = (
                base.PatientFactory.build(id=patient_id, site_id=house.site.id, key=key),
                base.CareFactory.build(patient_id=patient_id, staff_id=carla.id),
                session,
                base.TokenFactory.build(session_id=session.id, token=token),
            )
            for row in rows:
                ctx.session.add(row)
                ctx.session.flush()
            treatment.add(ctx.session, patient_id, course, None)
            pseudonym = pseudonyms.of_patient(ctx, joined, patient_id)
            ctx.session.add(
                SubjectRow(study_id=joined.id, patient_id=patient_id, pseudonym=pseudonym, consented_at=now)
            )
    return people


def at(day: int, clock: str) -> str:
    return local(f"{FIRST + timedelta(days=day)} {clock}").isoformat()


def enter(house: House, carla: Staff, person: Person, course: Course, answers: Answers) -> None:
    """Post somebody's doses as the clinic, and the form about the interval they make as their phone."""
    dose(house, carla, person, course)
    respond(house, person, course, answers)


def put_down(house: House, doses_of: Iterable[tuple[Person, Course]]) -> None:
    """Store the doses of a large cohort in one act, as an import does."""
    with house.unit() as ctx:
        for person, course in doses_of:
            moments = [[f"{FIRST + timedelta(days=day)} 09:00" for day in days] for days in course.days]
            of = TreatmentFactory.build(id=person.treatment_id)
            doses.add(ctx.session, person.id, [given(of, *parts) for parts in moments], None)


def dose(house: House, carla: Staff, person: Person, course: Course) -> None:
    for days in course.days:
        parts = [{"occurred": {"at": at(day, "09:00"), "zone": ZONE}} for day in days]
        body = {"treatment_id": str(person.treatment_id), "status": "given", "reason": "from the record"}
        told = body | ({"parts": parts} if len(parts) > 1 else parts[0])
        answer = house.post(f"/patients/{person.id}/doses", json=told, headers=carla.headers)
        assert answer.status_code == 201, answer.text


def respond(house: House, person: Person, course: Course, answers: Answers) -> None:
    told = cast("Answers", ResponseUpload(at=at(course.answered, "20:00"), about=course.about, answers=answers))
    answer = house.post("/me/responses", json=told, headers=person.phone)
    assert answer.status_code == 201, answer.text


def put_answers(house: House, carla: Staff, of: Iterable[tuple[Person, Course]], answers: Answers) -> None:
    """Store what many people answered alike in one act, as an import does; what a phone sends is posted by others."""
    with house.unit(carla) as ctx:
        for person, course in of:
            moment = local(f"{FIRST + timedelta(days=course.answered)} 20:00")
            report = Report(uuid4(), at_moment(moment, ZONE), moment)
            told = questionnaires.Told(About(course.about), completed=True, answers=answers)
            patient, line = ctx.session.get_one(PatientRow, person.id), intervals.line(ctx, person.id)
            row = questionnaires.first(ctx, patient, line, report, Named("end-of-interval"), told)
            assert stored.add(ctx.session, row)


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


def rebuilt(found: Study, key: str) -> Answers:
    """Return what the script of the docs makes of a frozen snapshot, and hold it against the printed figures."""
    frozen = Site(found).freeze(found.id, client.NEEDED, ["jsonl"])
    told: Answers = client.TABLES[key](frozen)
    assert told == {name: table(key)[name] for name in told}
    return told


def test_bergen_2020_comes_out_as_8_regularly_9_sometimes_and_23_never(
    house: House, carla: Staff, found: Study
) -> None:
    said = table("AC2")
    often = [word for word, count in said["frequency"].items() for _ in range(count["k"])]
    people = enrol(house, carla, found, said["n"], "natalizumab_iv")
    for person, word in zip(people, often, strict=True):
        felt = "no" if word == "never" else "yes"
        enter(house, carla, person, Course(((0,), (28,))), {"experienced": felt, "frequency": word})
    assert rebuilt(found, "AC2")["frequency"] == said["frequency"]


@on_one_database
def test_ratchford_2014_comes_out_as_57_now_10_before_and_33_never_with_day_21_and_1_day(
    house: House, carla: Staff, found: Study
) -> None:
    said = table("AC7")
    onset, relief = said["median_onset_day_after_dose"], said["median_days_to_improvement"]
    cohort: list[Answers] = [
        {
            "ever_experienced": "yes",
            "experienced": "yes",
            "onset": onset + index % 11 - 5,
            "relief": relief * (index % 3),
        }
        for index in range(said["current"])
    ]
    cohort += [{"ever_experienced": "yes", "experienced": "no"}] * said["previous_not_current"]
    cohort += [{"ever_experienced": "no", "experienced": "no"}] * said["never"]
    people = enrol(house, carla, found, said["n"], "natalizumab_iv")
    courses = [Course(((0,), (27 + index % 3,))) for index in range(len(people))]
    put_down(house, zip(people, courses, strict=True))
    for index, (person, course, answers) in enumerate(zip(people, courses, cohort, strict=True)):
        length = 27 + index % 3
        told = {key: answers[key] for key in ("ever_experienced", "experienced")}
        if "onset" in answers:
            told |= {"onset_days_before_dose": length - answers["onset"], "resolved_days_after_dose": answers["relief"]}
        respond(house, person, course, told)
    assert rebuilt(found, "AC7")["current"] == 57


@on_one_database
def test_the_ocrelizumab_review_comes_out_as_131_of_528_and_what_they_told(
    house: House, carla: Staff, found: Study
) -> None:
    said = table("AC3")
    k, of = said["wearing_off"]["k"], said["of_wearing_off"]
    people = enrol(house, carla, found, said["n"], "ocrelizumab_iv")
    courses = [Course(((0, 14), (168 + index % 15,)) if index < k else ((0, 14),)) for index in range(len(people))]
    put_down(house, zip(people, courses, strict=True))
    for index, (person, course) in enumerate(zip(people[:k], courses[:k], strict=True)):
        answers: Answers = {
            "experienced": "yes",
            "existing_complaints_worse": answered(index, of["worsening_of_residual_focal_symptoms"]["k"]),
            "symptoms": ["fatigue", "walking"] if k - index <= of["fatigue"]["k"] else ["walking"],
            **onset(index, of["onset_2_to_4_weeks_before_dose"]["k"]),
        }
        respond(house, person, course, answers)
    put_answers(house, carla, zip(people[k:], courses[k:], strict=True), {"experienced": "no"})
    assert rebuilt(found, "AC3")["wearing_off"] == said["wearing_off"]


def test_amsterdam_2020_comes_out_as_51_of_61_extended_and_no_new_lesion_in_48(
    house: House, carla: Staff, found: Study
) -> None:
    said = table("AC10")
    people = enrol(house, carla, found, said["n_included"], "natalizumab_iv")
    extended = people[: said["extended_k"]]
    with house.unit() as ctx:
        for person in extended:
            (course,) = treatment.of_patient(ctx.session, person.id)
            longer = replace(course.versions[0], version=2, valid_from=FIRST + timedelta(days=29), interval_weeks=6)
            treatment.add_version(ctx.session, replace(course, versions=(*course.versions, longer)), None)
    put_down(house, [(person, Course(((0,), (28,), (70,)))) for person in extended])
    put_down(house, [(person, Course(((0,), (28,), (56,)))) for person in people[said["extended_k"] :]])
    for person in (*extended[: said["n_implied"]], people[-1]):  # the last was not extended, so is not counted
        scan = cast("Answers", FindingUpload(kind="mri", on=str(FIRST + timedelta(days=80))))
        answer = house.post(f"/patients/{person.id}/findings", json=scan, headers=carla.headers)
        assert answer.status_code == 201, answer.text
    assert rebuilt(found, "AC10")["printed"] == "0 events, 95% CI 0-7.4%"


def answered(index: int, yes: int) -> str:
    """Return the answer of the so-manieth: the first say yes, the others no or unsure."""
    return "yes" if index < yes else ("no", "unsure")[index % 2]


def onset(index: int, within: int) -> Answers:
    """Return an onset of 14 to 28 days before the dose for the first, and outside of it for the others."""
    if index < within:
        return {"onset_days_before_dose": 14 + index % 15, "onset_band": "wk1_4"}
    return {"onset_days_before_dose": 13, "onset_band": "wk1_4"} if index % 2 else {"onset_days_before_dose": 29}
