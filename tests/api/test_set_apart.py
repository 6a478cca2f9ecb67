"""Days set apart by what the clinic found: flagged in the trend, left out on request, and the same in the export."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from backend.domain.apart import NONE
from backend.domain.wearing_off import DiaryResult, Reason, Settings
from backend.services import instruments, trends
from tests.factories.base import NOW
from tests.factories.chains import ZONE, chain
from tests.factories.entries import EntryUpload, Rated, keep
from tests.factories.findings import GOOD, FindingUpload
from tests.factories.studies import Study, study
from tests.house import House, Patient, Staff

GIVEN = ["2026-03-02 09:00", "2026-03-30 09:00", "2026-04-27 09:00"]
"""The clocks go forward on 29 March, the day before the second dose."""
FIRST = date(2026, 3, 2)
COURSE = {"kind": "steroid_course", "on": "2026-03-26", "values": GOOD["steroid_course"] | {"days": 3}}


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient who writes every evening, 2 at first and 6 in the last week of the first interval."""
    house.clock.now = NOW
    patient = house.patient(cares_for=[bram])
    chain(house, patient, GIVEN)
    keep(house, patient, [Rated(evening(day), {"fatigue": 6 if 21 <= day < 28 else 2}) for day in range(50)])
    return patient


def evening(day: int) -> datetime:
    """Return a moment in the evening so many days after the first dose, on the wall clock."""
    return datetime.combine(FIRST + timedelta(days=day), time(20), ZoneInfo(ZONE))


def find(house: House, anna: Patient, bram: Staff, **told: Any) -> Any:
    answer = house.post(f"/patients/{anna.id}/findings", headers=bram.headers, json=FindingUpload.build(**told))
    assert answer.status_code == 201, answer.json
    return answer.json


def trend(house: House, anna: Patient, bram: Staff) -> Any:
    answer = house.get(f"/patients/{anna.id}/trend", headers=bram.headers)
    assert answer.status_code == 200, answer.json
    return answer.json


def flagged(house: House, anna: Patient, bram: Staff) -> list[str]:
    """Return the days that are flagged in the trend."""
    return [day["on"] for day in trend(house, anna, bram)["days"] if day["flagged"]]


def left_out(house: House, anna: Patient, bram: Staff) -> DiaryResult:
    """Return what the diary shows of the first interval when flagged days are left out."""
    with house.unit(bram, writes=False) as ctx:
        return trends.of_patient(ctx, anna.id, Settings(leave_out_flagged=True)).spans[0].diary


def test_no_day_is_flagged_without_a_finding(house: House, anna: Patient, bram: Staff) -> None:
    find(house, anna, bram, kind="edss", on="2026-03-26")
    assert flagged(house, anna, bram) == []


def test_the_days_of_a_course_are_flagged_and_left_out_on_request(house: House, anna: Patient, bram: Staff) -> None:
    find(house, anna, bram, **COURSE)
    assert flagged(house, anna, bram) == ["2026-03-26", "2026-03-27", "2026-03-28"]
    first = trend(house, anna, bram)["intervals"][0]["diary"]
    assert (first["n_last"], first["n_flagged"], first["wearing_off"]) == (7, 3, True)
    rest = left_out(house, anna, bram)
    assert (rest.n_last, rest.n_flagged, rest.assessable) == (4, 3, True)
    find(house, anna, bram, kind="infection", on="2026-03-23", ended_on="2026-03-24")
    thin = left_out(house, anna, bram)
    assert (thin.n_last, thin.n_flagged, thin.why) == (2, 5, (Reason.TOO_FEW_LAST_DAYS,))


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ({"kind": "relapse", "on": "2026-03-10"}, 30),
        ({"kind": "relapse", "on": "2026-03-10", "ended_on": "2026-03-14"}, 5),
        ({"kind": "infection", "on": "2026-03-27"}, 7),
        ({"kind": "steroid_course", "on": "2026-03-27", "values": GOOD["steroid_course"] | {"days": None}}, 7),
        ({"kind": "steroid_course", "on": "2026-03-27"}, 3),
        ({"kind": "infection", "occurred": {"at": "2026-03-27T23:30:00+01:00", "zone": ZONE}}, 7),
        ({"kind": "adverse_event", "on": "2026-03-27"}, 0),
    ],
)
def test_without_an_end_so_many_days_are_flagged_on_the_calendar(
    house: House, anna: Patient, bram: Staff, told: Any, days: int
) -> None:
    found = find(house, anna, bram, **told)
    first = date.fromisoformat(found["occurred"]["on"])
    assert flagged(house, anna, bram) == [str(first + timedelta(days=n)) for n in range(days)]


def test_who_writes_abroad_is_flagged_by_the_day_it_is_there(house: House, anna: Patient, bram: Staff) -> None:
    find(house, anna, bram, **COURSE)
    there = {"zone": "America/Los_Angeles"}
    for day, at in (("2026-03-25", "21:00"), ("2026-03-28", "22:00")):  # in Amsterdam it is the next day
        told = EntryUpload.build(recorded_at=f"{day}T{at}:00-07:00")
        told["occurred"] = there | {"at": f"{day}T{at}:00-07:00"}
        assert house.post("/me/diary-entries", headers=house.phone(anna), json=told).status_code == 201
    days = {day["on"]: day["flagged"] for day in trend(house, anna, bram)["days"]}
    assert (days["2026-03-25"], days["2026-03-28"], days["2026-03-29"]) == (False, True, False)


def test_a_corrected_finding_moves_the_flags_and_a_retracted_one_takes_them_away(
    house: House, anna: Patient, bram: Staff
) -> None:
    first = find(house, anna, bram, **COURSE)
    path = f"/patients/{anna.id}/findings/{first['id']}"
    newer = {"kind": "steroid_course", "occurred": {"on": "2026-03-20", "zone": ZONE}, "values": first["values"]}
    for version, (act, told) in enumerate([("correction", newer), ("retraction", {})], 1):
        headers = {**bram.headers, "If-Match": f'"{version}"'}
        assert house.post(f"{path}/{act}", headers=headers, json=told | {"reason": "slip"}).status_code == 200
        expected = ["2026-03-20", "2026-03-21", "2026-03-22"] if act == "correction" else []
        assert flagged(house, anna, bram) == expected


def test_what_the_patient_said_and_what_the_clinic_found_flag_alike_in_trend_and_export(
    house: House, anna: Patient, bram: Staff
) -> None:
    joined = study(house)
    assert joined.join(anna, bram).status_code == 200
    told = EntryUpload.build(at="2026-04-10T21:00:00+02:00", other_causes=["relapse"])
    assert house.post("/me/diary-entries", headers=house.phone(anna), json=told).status_code == 201
    find(house, anna, bram, **COURSE)
    expected = ["2026-03-26", "2026-03-27", "2026-03-28", "2026-04-10"]
    assert flagged(house, anna, bram) == expected
    assert exported(joined) == expected


def exported(joined: Study) -> list[str]:
    """Return the days on which some entry of the export is set apart."""
    rows = [row for row in joined.pull("entries") if row["set_apart"] == "true"]
    return sorted({str(FIRST + timedelta(days=int(row["study_day"]))) for row in rows})


def test_many_patients_are_looked_up_at_once_and_each_has_their_own_days(
    house: House, anna: Patient, bram: Staff
) -> None:
    ben, cas = (house.patient(cares_for=[bram]) for _ in range(2))
    find(house, anna, bram, **COURSE)
    find(house, ben, bram, kind="infection", on="2026-05-01", ended_on="2026-05-02")
    find(house, cas, bram, kind="mri", on="2026-05-01")
    with house.unit(writes=False) as ctx:
        found = instruments.apart(ctx, [anna.id, ben.id, cas.id, uuid4()])
        assert set(found) == {anna.id, ben.id}
        assert found[anna.id].spans == ((date(2026, 3, 26), date(2026, 3, 28)),)
        assert found[ben.id].spans == ((date(2026, 5, 1), date(2026, 5, 2)),)
        assert instruments.apart(ctx, [cas.id]).get(cas.id, NONE) == NONE
