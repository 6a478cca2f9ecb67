"""What a study's datasets say of its subjects: arm, end, age in bands that are large enough, and visits."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.domain.drugs import catalogue
from backend.domain.permissions import Role
from backend.services.context import Actor
from backend.storage import treatment
from tests.api.test_study_places import ARMS, at, tell, visit
from tests.factories.doses import PlanFactory, TreatmentFactory
from tests.factories.people import PatientBody
from tests.factories.snapshots import Snapshots, build
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff


@pytest.fixture
def found(house: House) -> Study:
    """A study with arms and a monthly visit, that tells the calendar."""
    made = study(house, days="calendar")
    assert made.plan(arms=ARMS, visits=[visit()]).status_code == 200
    return made


def born(house: House, bram: Staff, year: int) -> str:
    """The id of a patient born in a year, whom bram enrolled."""
    body = PatientBody.build(birth_on=f"{year}-07-01")
    made = house.post("/patients", json=body, headers=bram.headers)
    assert made.status_code == 201, made.text
    return str(made.json["id"])


def test_a_subject_bears_arm_and_end(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    found.join(anna, bram)
    house.put(at(found, anna, "arm"), json={"arm": "stretched"}, headers=bram.headers)
    house.post(at(found, anna, "finish"), json={"why": "completed"}, headers=bram.headers)
    (row,) = found.pull("subjects")
    assert (row["arm"], row["finished_date"]) == ("stretched", "2026-06-01")


def test_visits_leave_as_they_stand_those_to_come_not(house: House, anna: Patient, bram: Staff, found: Study) -> None:
    found.join(anna, bram)
    tell(found, anna, bram, {"fate": "held", "on": "2026-06-01"})
    (row,) = found.pull("visits")
    told: dict[str, Any] = {"visit": "month", "visit_turn": "1", "visit_state": "held", "held_date": "2026-06-01"}
    assert row | told | {"visit_timing": "within", "opens_date": "2026-06-01"} == row


def test_where_days_are_counted_a_visit_leaves_once_nothing_of_it_moves_any_more(
    house: House, anna: Patient, bram: Staff
) -> None:
    counted = study(house, name="Counted")
    counted.plan(visits=[visit()])
    counted.join(anna, bram)
    house.clock.now += timedelta(days=20)
    assert counted.pull("visits") == []
    tell(counted, anna, bram, {"fate": "missed"})
    assert [row["visit_state"] for row in counted.pull("visits")] == ["missed"]


def test_age_leaves_in_bands_of_which_each_holds_five_or_more(house: House, bram: Staff, found: Study) -> None:
    for year in (*[1980] * 5, *[1990] * 5, *[1960] * 3, 1970):
        path = f"/patients/{born(house, bram, year)}/studies/{found.id}/consent"
        assert house.post(path, headers=bram.headers).status_code == 200
    bands = sorted(row["age_band"] for row in found.pull("subjects"))
    assert bands.count("") == 4 + 5
    assert set(bands) < {"", "30-39", "40-49"}
    assert str(date(1960, 7, 1)) not in found.text("subjects")


@pytest.fixture
def twelve(house: House, bram: Staff, found: Study) -> list[Patient]:
    """Ten on natalizumab, five of either age band, and two on ocrelizumab who share a band with five of them."""
    drugs = {"natalizumab_iv": [1980] * 5 + [1990] * 5, "ocrelizumab_iv": [1980] * 2}
    people = []
    for drug, years in drugs.items():
        regimen = catalogue()[drug].regimens[0].key
        for year in years:
            patient_id = UUID(born(house, bram, year))
            people.append(Patient(patient_id, Actor(Role.PATIENT, patient_id=patient_id)))
            course = TreatmentFactory.build(drug_key=drug, versions=(PlanFactory.build(regimen=regimen),))
            with house.unit(bram) as ctx:
                treatment.add(ctx.session, patient_id, course, None)
            assert found.join(people[-1], bram).status_code == 200
    return people


def bands(rows: Iterable[dict[str, str]]) -> Counter[tuple[str, str]]:
    return Counter((row["substance"], row["age_band"]) for row in rows)


@pytest.mark.promise("P20")
def test_a_band_is_withheld_where_too_few_on_the_same_drug_share_it_and_an_arm_is_not(
    house: House, bram: Staff, found: Study, twelve: list[Patient]
) -> None:
    house.put(at(found, twelve[-1], "arm"), json={"arm": "stretched"}, headers=bram.headers)
    rows = found.pull("subjects")
    five = {("natalizumab", "40-49"): 5, ("natalizumab", "30-39"): 5}
    assert bands(rows) == five | {("ocrelizumab", ""): 2}
    assert [row["arm"] for row in rows].count("stretched") == 1


@pytest.mark.promise("P20")
def test_the_manifest_says_of_how_many_it_was_withheld_also_once_somebody_withdrew(
    house: House, bram: Staff, found: Study, twelve: list[Patient]
) -> None:
    snapshots = Snapshots(found)
    made = snapshots.frozen(["subjects"])

    def withheld() -> dict[str, Any]:
        manifest = json.loads(snapshots.file(made, "manifest.json"))
        (told,) = [one for one in manifest["withheld"] if one["what"] == "small-cells"]
        return {name: told[name] for name in ("columns", "fewest", "subjects")}

    def frozen() -> Counter[tuple[str, str]]:
        return bands(csv.DictReader(io.StringIO(snapshots.file(made, "subjects.csv").decode())))

    assert withheld() == {"columns": ["subjects.age_band"], "fewest": 5, "subjects": 2}
    assert frozen() == bands(found.pull("subjects"))
    assert found.leave(twelve[0], bram).status_code == 200
    assert build(house)
    # Four are left of one band: with the other, from which they would follow, nine.
    assert frozen() == {("natalizumab", ""): 9, ("ocrelizumab", ""): 2}
    assert withheld()["subjects"] == 9 + 2


@pytest.mark.promise("P20")
def test_nobody_is_left_alone_without_a_band_once_others_withdrew(house: House, bram: Staff, found: Study) -> None:
    ids = [born(house, bram, year) for year in (*[1980] * 2, *[1970] * 3, *[1990] * 10)]
    for one in ids:
        path = f"/patients/{one}/studies/{found.id}"
        assert house.post(f"{path}/consent", headers=bram.headers).status_code == 200
    snapshots = Snapshots(found)
    made = snapshots.frozen(["subjects"])

    def without() -> int:
        told = csv.DictReader(io.StringIO(snapshots.file(made, "subjects.csv").decode()))
        return sum(not row["age_band"] for row in told)

    assert without() == 5
    for one in ids[:4]:
        assert house.post(f"/patients/{one}/studies/{found.id}/withdrawal", headers=bram.headers).status_code == 200
    assert build(house)
    assert without() == 11


def test_a_snapshot_without_subjects_says_nothing_of_small_cells(found: Study) -> None:
    snapshots = Snapshots(found)
    manifest = json.loads(snapshots.file(snapshots.frozen(["entries"]), "manifest.json"))
    assert "small-cells" not in {one["what"] for one in manifest["withheld"]}


@pytest.mark.promise("P20")
def test_a_visit_on_days_that_the_plan_names_leaves_no_study_that_counts_days(
    house: House, anna: Patient, bram: Staff
) -> None:
    dates = [{"opens_on": "2026-05-30", "closes_on": "2026-06-03"}]
    days: dict[str, Any] = {"series": None, "anchor": "dates", "dates": dates}
    for told in ("since-first-dose", "calendar"):
        found = study(house, name=told, days=told)
        assert found.plan(visits=[visit(**days)]).status_code == 200
        found.join(anna, bram)
        assert tell(found, anna, bram, {"fate": "held", "on": "2026-06-01"}, "2026-05-30").status_code == 200
        assert len(found.pull("visits")) == (told == "calendar")
