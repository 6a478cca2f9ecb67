"""How a study tells days: settled when it is set up, counted from a dose, and with dates only where it says so."""

import re
from datetime import timedelta
from typing import Any, cast

import pytest

from backend.domain.datasets import DATASETS
from backend.domain.study_days import Days
from tests.api.test_study_places import tell, visit
from tests.factories.chains import chain, local
from tests.factories.checks import CheckBody
from tests.factories.entries import EntryUpload
from tests.factories.findings import FindingUpload
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload
from tests.factories.studies import StudyBody, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-30 09:00", "2026-04-27 09:00"]
RELATIVE = (Days.SINCE_FIRST_DOSE, Days.SINCE_LAST_DOSE)
KEYED = {"sample", "entry", "response", "treatment", "finding"}
"""Ids in hexadecimal digits, which can look like a year."""
CALENDAR = re.compile(r"\d{4}-\d\d-\d\d|2026|\d\d/\d\d/|Amsterdam|[+]0[12]:00")


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient with something in every dataset but of assignments, which begin with consent."""
    anna = house.patient(cares_for=[bram])
    treatment, phone = chain(house, anna, GIVEN), house.phone(anna)
    at = "2026-04-28T08:00:00+02:00"
    finding = FindingUpload(on="2026-05-04", kind="relapse", ended_on="2026-05-10")
    tested = FindingUpload(on="2026-05-04", kind="edss")
    check = CheckBody.build(treatment_id=str(treatment), done_on="2026-05-05")
    for path, body, headers in (
        ("/me/diary-entries", EntryUpload(at=at), phone),
        ("/me/responses", ResponseUpload(at=at), phone),
        ("/me/responses", ResponseUpload(at=at, form="vas-100", answers={"trouble": 30}), phone),
        ("/me/samples", SampleUpload(at="2026-04-26T08:00:00+02:00"), phone),
        (f"/patients/{anna.id}/findings", finding, bram.headers),
        (f"/patients/{anna.id}/findings", tested, bram.headers),
        (f"/patients/{anna.id}/monitoring", check, bram.headers),
    ):
        answer = house.post(path, json=cast("Any", body), headers=headers)
        assert answer.status_code == 201, answer.text
    return anna


def test_a_study_counts_from_the_first_dose_unless_it_was_set_up_otherwise(house: House, bram: Staff) -> None:
    plain = study(house)
    made = {plain.id: "since-first-dose"}
    for days in Days:
        answer = house.post("/studies", json=StudyBody.build(days=days.value), headers=plain.admin.headers)
        assert (answer.status_code, answer.json["days"]) == (201, days.value)
        made[answer.json["id"]] = days.value
    listed = house.get("/studies", headers=bram.headers).json["items"]
    assert {one["id"]: one["days"] for one in listed} == made
    mine = house.get("/research/studies", headers=plain.dirk.headers).json["items"]
    assert [one["days"] for one in mine] == ["since-first-dose"]


@pytest.mark.parametrize("days", ["dates", "CALENDAR", "", None, 1])
def test_another_way_to_tell_days_is_refused(house: House, days: Any) -> None:
    admin = house.login("admin")
    answer = house.post("/studies", json=StudyBody.build(days=days), headers=admin.headers)
    assert (answer.status_code, answer.json["pointers"][0]["pointer"]) == (422, "/days")


@pytest.mark.parametrize("method", ["put", "patch"])
def test_how_days_are_told_is_never_changed(house: House, method: str) -> None:
    found = study(house)
    for path in (f"/studies/{found.id}", "/studies"):
        answer = getattr(house.client, method)(f"/api/v1{path}", json={"days": "calendar"}, headers=found.admin.headers)
        assert answer.status_code in {404, 405}
    again = house.post("/studies", json={"name": "Wearing-off", "days": "calendar"}, headers=found.admin.headers)
    assert (again.status_code, again.json["code"]) == (409, "already-exists")
    assert house.get("/studies", headers=found.admin.headers).json["items"][0]["days"] == "since-first-dose"


@pytest.mark.promise("P20")
@pytest.mark.parametrize("days", RELATIVE)
def test_no_dataset_of_a_study_that_counts_days_reveals_the_calendar(
    house: House, anna: Patient, bram: Staff, days: Days
) -> None:
    found = study(house, days=days.value)
    assert found.plan(visits=[visit()]).status_code == 200
    found.join(anna, bram)
    today = house.clock.now.date().isoformat()
    assert tell(found, anna, bram, {"fate": "held", "on": today}).status_code == 200
    for dataset in DATASETS.keys() - {"windows"}:  # of those see test_research_windows
        rows = found.pull(dataset)
        assert rows != [], dataset
        told = [cell for row in rows for name, cell in row.items() if name not in KEYED]
        assert [cell for cell in told if CALENDAR.search(cell)] == []
        assert {cell for row in rows for name, cell in row.items() if name.endswith("date")} == {""}


@pytest.mark.promise("P20")
@pytest.mark.parametrize("days", RELATIVE)
def test_no_cell_moves_with_the_day_of_the_pull_which_the_puller_knows(
    house: House, anna: Patient, bram: Staff, days: Days
) -> None:
    """If one did, counting back from the day of the pull would give every other day its date."""
    found = study(house, days=days.value)
    assert found.plan(visits=[visit()]).status_code == 200
    found.join(anna, bram)
    before = {dataset: found.text(dataset) for dataset in DATASETS}
    house.clock.now += timedelta(days=9)
    assert {dataset: found.text(dataset) for dataset in DATASETS} == before


def test_a_study_of_the_calendar_gives_every_day_its_date_and_changes_nothing_else(
    house: House, anna: Patient, bram: Staff
) -> None:
    counted, dated = study(house, "Counted"), study(house, "Dated", days="calendar")
    for one in (counted, dated):
        one.join(anna, bram)
    first = local(GIVEN[0]).date()
    for dataset in DATASETS:
        for plain, row in zip(counted.pull(dataset), dated.pull(dataset), strict=True):
            pairs = [name.removesuffix("date") for name in row if name.endswith("date")]
            for name in pairs:
                if row[f"{name}study_day"]:
                    day = first + timedelta(int(row[f"{name}study_day"]))
                    assert row[f"{name}date"] == day.isoformat()
            ours = KEYED | {"subject", "days", "as_of_study_day"}
            named = [name for name in row if not name.endswith("date") and name not in ours]
            assert [row[name] for name in named] == [plain[name] for name in named]


def test_days_since_the_last_dose_are_negative_before_it(house: House, anna: Patient, bram: Staff) -> None:
    found = study(house, days="since-last-dose")
    found.join(anna, bram)
    assert [row["study_day"] for row in found.pull("intervals")] == ["-28", "0"]
    assert [row["study_day"] for row in found.pull("samples")] == ["-1"]
    assert [row["started_study_day"] for row in found.pull("treatments")] == ["-28"]
    assert {(row["study_day"], row["ended_study_day"]) for row in found.pull("findings")} == {("7", "13"), ("7", "")}


@pytest.mark.parametrize(("zone", "as_of"), [("Europe/Amsterdam", "2026-06-01"), ("Pacific/Auckland", "2026-06-02")])
def test_the_day_of_the_pull_is_the_patients_own(house: House, bram: Staff, zone: str, as_of: str) -> None:
    house.clock.now = local("2026-06-01 20:00")
    anna = house.patient(cares_for=[bram], zone=zone)
    found = study(house, days="calendar")
    found.join(anna, bram)
    (row,) = found.pull("subjects")
    assert (row["days"], row["as_of_date"], row["as_of_study_day"]) == ("calendar", as_of, "")
    chain(house, anna, GIVEN)
    (row,) = found.pull("subjects")
    assert int(row["as_of_study_day"]) == (64 if as_of.endswith("02") else 63)
