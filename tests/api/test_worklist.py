"""The worklist: each thing is there for its own reason, for those who care and may see it, and goes by itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from backend.app import db
from backend.domain.worklist import Kind
from backend.services import needs
from backend.storage import calls
from backend.storage.events import EventRow
from backend.storage.patients import CareRow
from tests.api.waiting import asked, listed, one, worklist
from tests.factories.base import CareFactory
from tests.factories.chains import chain, dose, local
from tests.factories.cohorts import cohort
from tests.factories.people import PatientBody
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, happened, level
from tests.factories.undelivered import UndeliveredFactory
from tests.house import House, Patient, Staff

DAY = timedelta(days=1)
SAID = {"rejected": {"reason": "clotted"}, "received": {}}


@pytest.fixture
def carla(house: House, anna: Patient) -> Staff:
    """A neurologist who cares for anna too."""
    found = house.login("clinician")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=found.id, starts_at=house.clock.now))
    return found


def send(house: House, who: Staff | dict[str, str], path: str, told: Any, version: int | None = None) -> Any:
    headers = who.headers if isinstance(who, Staff) else who
    answer = house.post(
        path, headers=headers if version is None else {**headers, "If-Match": f'"{version}"'}, json=told
    )
    assert answer.status_code in {200, 201}, answer.json
    return answer.json


def at(house: House, text: str) -> None:
    house.clock.now = local(text)


def test_a_request_waits_in_the_patients_own_words_until_it_is_closed(house: House, bram: Staff) -> None:
    made = send(house, bram, "/patients", PatientBody.build(name="Anna de Vries", hospital_number="H1"))
    anna = Patient(UUID(made["id"]), house.patient().actor)
    request = asked(house, anna)
    assert worklist(house, bram)["items"] == [
        {
            "key": f"contact:{request}",
            "kind": "contact",
            "patient_id": str(anna.id),
            "name": "Anna de Vries",
            "hospital_number": "H1",
            "subject": request,
            "since": "2026-06-01T10:00:00+00:00",
            "due_on": None,
            "detail": {},
            "words": "Please call",
            "owner": None,
            "version": 1,
            "call": None,
        }
    ]
    send(house, bram, f"/patients/{anna.id}/requests/{request}/outcome", {"outcome": "agreed"}, 1)
    assert worklist(house, bram)["items"] == []


def test_a_request_to_move_names_the_dose_and_its_day(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, ["2026-05-04 09:00"], weeks=6)
    asked(house, anna, kind="move", treatment_id=str(treatment))
    assert one(house, bram, "move")["detail"] == {
        "treatment_id": str(treatment),
        "drug": "natalizumab_iv",
        "planned_on": "2026-06-15",
    }


def test_what_reached_nobody_waits_with_its_owner_until_it_is_settled(house: House, anna: Patient, bram: Staff) -> None:
    row = UndeliveredFactory.build(patient_id=anna.id, owner_id=bram.id)
    told = {"reminder": "dose", "reminder_id": None, "due": "2026-06-02", "why": "no-address", "escalated": False}
    item = str(row.id)
    house.add(row)
    found = one(house, bram, "undelivered")
    assert (found["subject"], found["due_on"], found["detail"]) == (item, "2026-06-02", told)
    assert found["owner"] == {"id": str(bram.id), "name": "Bram"}
    headers = {**bram.headers, "If-Match": '"1"'}
    assert house.put(f"/undelivered/{item}", headers=headers, json={"outcome": "reached"}).status_code == 200
    assert listed(house, bram) == []


def planned(house: House, patient: Patient, who: Staff, treatment: UUID, on: str) -> str:
    body = {"treatment_id": str(treatment), "status": "planned", "planned": {"at": on, "zone": "Europe/Amsterdam"}}
    return str(send(house, who, f"/patients/{patient.id}/doses", body)["dose"]["id"])


def test_a_missed_dose_waits_until_another_is_planned(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, ["2026-05-04 09:00"])
    first = planned(house, anna, bram, treatment, "2026-06-01T09:00:00+02:00")
    send(house, bram, f"/patients/{anna.id}/doses/{first}/miss", {"reason": "fever"}, 1)
    item = one(house, bram, "dose_missed")
    assert (item["detail"]["dose_id"], item["due_on"], item["since"]) == (
        first,
        "2026-06-01",
        "2026-06-01T10:00:00+00:00",
    )
    planned(house, anna, bram, treatment, "2026-06-08T09:00:00+02:00")
    assert listed(house, bram) == []


def test_an_expected_dose_waits_from_the_day_after_until_it_is_written_down(
    house: House, anna: Patient, bram: Staff
) -> None:
    treatment = chain(house, anna, ["2026-05-04 09:00"])
    assert listed(house, bram) == []
    at(house, "2026-06-02 00:00")
    item = one(house, bram, "dose_overdue")
    assert (item["due_on"], item["since"], item["detail"]["dose_id"]) == (
        "2026-06-01",
        "2026-06-01T22:00:00+00:00",
        None,
    )
    dose(house, anna, treatment, "2026-06-01 09:00")
    assert listed(house, bram) == []


def test_a_sample_waits_when_it_does_not_arrive_and_when_it_was_rejected(
    house: House, anna: Patient, bram: Staff
) -> None:
    chain(house, anna, ["2026-05-04 09:00"], weeks=8)
    taken = SampleUpload.build()
    send(house, house.phone(anna), "/me/samples", taken)
    at(house, "2026-06-05 23:00")
    assert listed(house, bram) == []
    at(house, "2026-06-06 00:30")
    assert one(house, bram, "sample_missing")["detail"]["state"] == "collected"
    path = f"/patients/{anna.id}/samples/{taken['id']}/steps"
    send(house, bram, path, happened("received", "2026-06-06T00:20:00+02:00"))
    assert listed(house, bram) == []
    send(house, bram, path, happened("rejected", "2026-06-06T00:25:00+02:00", reason="clotted"))
    rejected = one(house, bram, "sample_rejected")
    assert rejected["detail"]["reasons"] == ["rejected", "late-at-lab"]
    assert "clotted" not in str(rejected)
    at(house, "2026-06-06 09:00")
    send(house, bram, f"/patients/{anna.id}/samples", {})
    assert listed(house, bram) == []


def test_an_order_waits_once_its_dose_was_given_without_a_prick(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, ["2026-05-04 09:00"])
    made = send(house, bram, f"/patients/{anna.id}/samples", {})
    dose(house, anna, treatment, "2026-06-01 15:00")
    assert listed(house, bram) == []
    at(house, "2026-06-02 09:00")
    item = one(house, bram, "sample_missing")
    assert (item["detail"]["sample_id"], item["detail"]["ordered_for"]) == (made["id"], "2026-06-01")
    gone = happened("cancelled", "2026-06-02T08:30:00+02:00")
    send(house, bram, f"/patients/{anna.id}/samples/{made['id']}/steps", gone)
    assert listed(house, bram) == []


def test_a_newer_sample_that_came_through_takes_the_place_of_a_rejected_one(
    house: House, anna: Patient, bram: Staff
) -> None:
    chain(house, anna, ["2026-05-04 09:00"], weeks=8)
    phone, path = house.phone(anna), f"/patients/{anna.id}/samples"
    first, second = SampleUpload.build(), SampleUpload.build(at="2026-06-01T08:30:00+02:00")
    for taken, state in ((first, "rejected"), (second, "received")):
        send(house, phone, "/me/samples", taken)
        send(house, bram, f"{path}/{taken['id']}/steps", happened(state, "2026-06-01T11:00:00+02:00", **SAID[state]))
        assert len(listed(house, bram)) == (taken is first)


def test_an_order_of_long_ago_is_about_the_dose_that_followed_it(house: House, anna: Patient, bram: Staff) -> None:
    treatment = chain(house, anna, ["2026-03-02 09:00"])
    at(house, "2026-03-16 09:00")
    made = send(house, bram, f"/patients/{anna.id}/samples", {})
    given = [dose(house, anna, treatment, f"{local('2026-03-30').date() + n * 28 * DAY} 09:00") for n in range(8)]
    at(house, "2026-10-13 09:00")
    item = one(house, bram, "sample_missing")
    assert (item["subject"], item["due_on"]) == (f"{made['id']}:{given[0]}", "2026-03-30")


def test_months_are_counted_from_the_first_dose_however_long_ago(house: House, anna: Patient, bram: Staff) -> None:
    days = ["2022-08-31", "2022-09-14", "2023-02-28", "2023-08-31", "2024-02-29", "2024-08-31", "2025-02-28"]
    chain(house, anna, [f"{day} 09:00" for day in days], weeks=None, drug="ocrelizumab_iv")
    (course,) = house.get(f"/patients/{anna.id}/treatments", headers=bram.headers).json["items"]
    assert one(house, bram, "dose_overdue")["due_on"] == course["expected"]["on"] == "2025-08-31"


def result(house: House, patient: Patient, who: Staff, **told: Any) -> tuple[str, Any]:
    taken = SampleUpload.build()
    send(house, house.phone(patient), "/me/samples", taken)
    path = f"/patients/{patient.id}/samples/{taken['id']}/results"
    return path, send(house, who, path, level(12.4) | told)


@pytest.mark.promise("P18")
def test_a_result_waits_until_it_is_released_for_those_who_may_see_results(
    house: House, anna: Patient, bram: Staff, carla: Staff
) -> None:
    els = house.login("coordinator")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    path, made = result(house, anna, carla, released=False)
    item = one(house, bram, "result_to_release")
    assert (item["detail"]["analyte"], item["detail"]["collected_on"]) == ("level", "2026-06-01")
    assert "12.4" not in str(item)
    theirs = worklist(house, els)
    assert [found["kind"] for found in theirs["items"]] == []
    assert set(Kind) - set(theirs["counts"]) == {"result_to_release", "form_overdue"}
    send(house, carla, f"{path}/release", {"analyte": "level"}, made["version"])
    assert listed(house, bram) == []


def test_a_form_waits_once_it_can_no_longer_be_answered_in_time(house: House, anna: Patient, bram: Staff) -> None:
    els = house.login("coordinator")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    chain(house, anna, ["2026-04-27 09:00", "2026-05-25 09:00"])
    assert listed(house, bram) == []
    at(house, "2026-06-02 09:00")
    item = one(house, bram, "form_overdue")
    assert (item["detail"]["state"], item["detail"]["closed_on"], item["due_on"]) == (
        "missed",
        "2026-05-25",
        "2026-06-01",
    )
    assert listed(house, els) == []
    phone = house.phone(anna)
    begun = ResponseUpload.build(about="previous", completed=False, at="2026-06-02T08:30:00+02:00")
    send(house, phone, "/me/responses", begun)
    assert one(house, bram, "form_overdue")["detail"]["state"] == "partial"
    send(house, phone, "/me/responses", ResponseUpload.build(about="previous", at="2026-06-02T08:40:00+02:00"))
    assert listed(house, bram) == []


def test_a_check_waits_from_when_the_site_tells_of_it_until_it_is_done(
    house: House, anna: Patient, carla: Staff
) -> None:
    fatima = house.login("admin")
    treatment = str(chain(house, anna, ["2026-05-18 09:00"]))
    for check in ("mri-short", "jcv-antibody"):
        told = {"treatment_id": treatment, "check": check, "done_on": "2026-05-30"}
        send(house, carla, f"/patients/{anna.id}/monitoring", told)
    at(house, "2026-08-22 09:00")
    assert listed(house, carla, "monitoring_due") == []
    at(house, "2026-08-23 09:00")
    item = one(house, carla, "monitoring_due")
    assert (item["subject"], item["due_on"]) == (f"{treatment}:mri-short:2026-08-30", "2026-08-30")
    assert item["detail"]["overdue"] is False
    rules = {"monitoring": {"steps": [{"name": "early", "days_before": 3}]}}
    changed = house.put(
        "/sites/own/reminder-rules", headers={**fatima.headers, "If-Match": '"0"'}, json={"rules": rules}
    )
    assert changed.status_code == 200, changed.json
    assert listed(house, carla, "monitoring_due") == []
    at(house, "2026-09-01 09:00")
    assert one(house, carla, "monitoring_due")["detail"]["overdue"] is True
    told = {"treatment_id": treatment, "check": "mri-short", "done_on": "2026-09-01"}
    send(house, carla, f"/patients/{anna.id}/monitoring", told)
    assert listed(house, carla, "monitoring_due") == []


def test_what_waits_longest_comes_first_and_each_kind_is_counted(house: House, anna: Patient, bram: Staff) -> None:
    other = house.patient(cares_for=[bram])
    house.clock.now += DAY
    asked(house, other)
    house.clock.now += DAY
    asked(house, anna)
    asked(house, anna, words=None)
    chain(house, anna, ["2026-05-04 09:00"])
    found = worklist(house, bram)
    since = [item["since"] for item in found["items"]]
    assert since == sorted(since)
    assert {kind: n for kind, n in found["counts"].items() if n} == {
        "contact": 3,
        "dose_overdue": 1,
        "monitoring_due": 1,
    }
    assert set(found["counts"]) == set(Kind)


@pytest.mark.promise("P18")
def test_a_colleague_who_does_not_care_sees_nothing(house: House, anna: Patient, bram: Staff) -> None:
    stranger, past, afar = house.login("nurse"), house.login("nurse"), house.login("nurse", site=house.new_site())
    was = {"starts_at": house.clock.now - 2 * DAY, "ends_at": house.clock.now}
    house.add(CareFactory.build(patient_id=anna.id, staff_id=past.id, **was))
    chain(house, anna, ["2026-04-27 09:00"])
    asked(house, anna)
    assert len(listed(house, bram)) == 2
    for who in (stranger, past, afar):
        assert worklist(house, who)["items"] == []


@pytest.mark.promise("P23")
def test_who_is_on_the_list_has_been_looked_at_once_and_nobody_else(house: House, anna: Patient, bram: Staff) -> None:
    house.patient(cares_for=[bram])
    asked(house, anna)
    asked(house, anna)
    worklist(house, bram)
    with house.unit(writes=False) as ctx:
        query = select(EventRow.patient_id, EventRow.actor_id).where(EventRow.act == "worklist:list")
        assert ctx.session.execute(query).all() == [(anna.id, bram.id)]


def busy(house: House, carer: Staff, count: int) -> list[UUID]:
    """Make patients about whom all sorts of things need somebody."""
    ids, rng = cohort(house, carer, count, seed=7), Random(7)
    for patient_id in ids:
        path = f"/patients/{patient_id}"
        if rng.random() < 0.3:
            send(house, carer, f"{path}/samples", {})
        if rng.random() < 0.4:
            taken = send(house, house.phone(Patient(patient_id, carer.actor)), "/me/samples", SampleUpload.build())
            told = happened("rejected", "2026-06-01T11:30:00+02:00", reason="clotted")
            send(house, carer, f"{path}/samples/{taken['id']}/steps", told)
            if rng.random() < 0.4:
                house.clock.now += timedelta(minutes=1)
                send(house, carer, f"{path}/samples", {})
        if rng.random() < 0.3:
            result(house, Patient(patient_id, carer.actor), carer, released=False)
        if rng.random() < 0.3:
            treatment = house.get(f"{path}/treatments", headers=carer.headers).json["items"][0]["id"]
            made = planned(house, Patient(patient_id, carer.actor), carer, treatment, "2026-07-01T09:00:00+02:00")
            send(house, carer, f"{path}/doses/{made}/miss", {"reason": "fever"}, 1)
        if rng.random() < 0.2:
            asked(house, Patient(patient_id, carer.actor))
    return ids


def test_over_many_patients_at_once_it_says_the_same_as_of_each_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    carla = house.login("clinician")
    ids = busy(house, carla, 24)
    house.clock.now += 6 * DAY
    together = worklist(house, carla)["items"]
    assert len({item["kind"] for item in together}) >= 6
    alone = house.login("clinician")
    for patient_id in ids:
        care = CareFactory.build(patient_id=patient_id, staff_id=alone.id, starts_at=house.clock.now)
        house.add(care)
        assert worklist(house, alone)["items"] == [one for one in together if one["patient_id"] == str(patient_id)]
        with house.unit() as ctx:
            ctx.session.delete(ctx.session.scalars(select(CareRow).where(CareRow.staff_id == alone.id)).one())
    # Nor does it matter that of each patient only the newest doses are read.
    monkeypatch.setattr(needs, "KEPT", 10_000)
    assert worklist(house, carla)["items"] == together


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Gather what the database is asked."""
    said: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    with house.app.app_context():
        engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        yield said
        event.remove(engine, "before_cursor_execute", note)


def test_more_patients_take_no_more_queries(house: House) -> None:
    carla, counts = house.login("clinician"), list[int]()
    for n in (3, 20):
        busy(house, carla, n) if not counts else cohort(house, carla, n, seed=9)
        with statements(house) as said:
            worklist(house, carla)
        counts.append(len(said))
    assert counts[0] == counts[1] < 40


def test_far_more_subjects_than_a_statement_holds_are_asked_for_in_pieces(house: House) -> None:
    with house.unit(writes=False) as ctx:
        assert calls.newest(ctx.session, {str(uuid4()) for _ in range(40_000)}) == {}
