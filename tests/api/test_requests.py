"""What a patient asks of the clinic over HTTP: stored once, answered by those who care, and nothing else moves."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from backend.services import feed
from backend.storage.doses import DoseVersionRow
from backend.storage.feed import ChangeRow
from backend.storage.requests import RequestRow
from tests.factories.chains import chain
from tests.house import House, Patient, Staff

RECORDED_AT = "2026-06-01T11:30:00+02:00"


def told(**said: Any) -> dict[str, Any]:
    """Return a request as a phone sends it."""
    return {"id": str(uuid4()), "kind": "contact", "words": "Please call me", "recorded_at": RECORDED_AT, **said}


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


def ask(house: House, phone: dict[str, str], **said: Any) -> dict[str, Any]:
    answer = house.post("/me/requests", json=told(**said), headers=phone)
    assert answer.status_code == 201, answer.json
    body: dict[str, Any] = answer.json
    return body


def settle(house: House, who: Staff, anna: Patient, request: Any, version: int, outcome: str, **said: Any) -> Any:
    path = f"/patients/{anna.id}/requests/{request['id']}/outcome"
    headers = {**who.headers, "If-Match": f'"{version}"'}
    return house.post(path, json={"outcome": outcome, **said}, headers=headers)


def withdraw(house: House, phone: dict[str, str], request: Any, base_version: int) -> Any:
    return house.post(f"/me/requests/{request['id']}/withdrawal", json={"base_version": base_version}, headers=phone)


def waiting(house: House, who: Staff) -> list[str]:
    answer = house.get("/requests", headers=who.headers)
    assert answer.status_code == 200
    return [item["id"] for item in answer.json["items"]]


def test_a_request_is_shown_to_the_patient_and_to_those_who_care(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    made = ask(house, phone)
    assert (made["status"], made["version"], made["words"], made["duplicate"]) == ("open", 1, "Please call me", False)
    assert (made["recorded_at"], made["received_at"]) == (RECORDED_AT, "2026-06-01T10:00:00+00:00")
    assert [made[name] for name in ("outcome", "answer", "closed_at", "treatment_id")] == [None] * 4
    assert house.get("/me/requests", headers=phone).json["items"] == [made]
    (seen,) = house.get("/requests", headers=bram.headers).json["items"]
    assert seen == made | {"patient_id": str(anna.id), "closed_by": None}
    assert house.get(f"/patients/{anna.id}/requests", headers=bram.headers).json["items"] == [seen]


@pytest.mark.promise("P03")
@pytest.mark.promise("P04")
def test_a_retried_request_is_stored_once_and_other_content_is_refused(house: House, phone: dict[str, str]) -> None:
    upload = told()
    first = house.post("/me/requests", json=upload, headers=phone)
    again = house.post("/me/requests", json=upload, headers=phone)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json | {"duplicate": True}
    for other in ({"words": "Never mind"}, {"words": None}, {"recorded_at": "2026-06-01T11:31:00+02:00"}):
        refused = house.post("/me/requests", json=upload | other, headers=phone)
        assert (refused.status_code, refused.json["code"]) == (409, "id-in-use")
    assert house.get("/me/requests", headers=phone).json["items"] == [first.json]
    stranger = house.phone(house.patient())
    assert house.post("/me/requests", json=upload | {"words": "Mine"}, headers=stranger).status_code == 201


@pytest.mark.promise("P03")
def test_a_request_sent_many_times_at_once_is_stored_once(house: House, phone: dict[str, str]) -> None:
    upload = told()

    def send(_number: int) -> Any:
        with house.app.test_client() as client:
            return client.post("/api/v1/me/requests", json=upload, headers=phone)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(RequestRow)) == 1


def test_to_ask_for_another_date_names_a_treatment_and_moves_nothing(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    unnamed = house.post("/me/requests", json=told(kind="move"), headers=phone)
    assert (unnamed.status_code, unnamed.json["pointers"][0]["pointer"]) == (422, "/treatment_id")
    treatment = str(chain(house, anna, ["2026-05-04 09:00"]))
    before = house.get("/me/plan", headers=phone).json, house.get("/me/reminders", headers=phone).json
    made = ask(house, phone, kind="move", treatment_id=treatment)
    assert settle(house, bram, anna, made, 1, "agreed", answer="Thursday it is").status_code == 200
    assert before == (house.get("/me/plan", headers=phone).json, house.get("/me/reminders", headers=phone).json)
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(DoseVersionRow)) == 1


@pytest.mark.promise("P19")
def test_the_treatment_of_somebody_else_is_no_treatment(house: House, phone: dict[str, str]) -> None:
    theirs = chain(house, house.patient(), ["2026-05-04 09:00"])
    answers = [
        house.post("/me/requests", json=told(kind="move", treatment_id=str(one)), headers=phone)
        for one in (theirs, uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json | {"request_id": ""} == answers[1].json | {"request_id": ""}


def test_the_clinics_answer_is_shown_and_closes_the_request(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    made = ask(house, phone)
    house.clock.now += timedelta(hours=2)
    done = settle(house, bram, anna, made, 1, "reached", answer="We spoke at noon")
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    assert done.json["closed_by"] == str(bram.id)
    (seen,) = house.get("/me/requests", headers=phone).json["items"]
    assert (seen["status"], seen["outcome"], seen["answer"]) == ("closed", "reached", "We spoke at noon")
    assert (seen["version"], seen["closed_at"]) == (2, "2026-06-01T12:00:00+00:00")
    assert waiting(house, bram) == []


def test_a_request_is_closed_once_by_who_saw_how_it_stands(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    made = ask(house, phone)
    blind = house.post(
        f"/patients/{anna.id}/requests/{made['id']}/outcome", json={"outcome": "reached"}, headers=bram.headers
    )
    assert blind.status_code == 428
    stale = settle(house, bram, anna, made, 2, "reached")
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    assert settle(house, bram, anna, made, 1, "not-needed").status_code == 200
    for version in (1, 2):
        twice = settle(house, bram, anna, made, version, "reached", answer="other")
        assert (twice.status_code, twice.json["code"]) == (409, "wrong-state")
    assert house.get("/me/requests", headers=phone).json["items"][0]["outcome"] == "not-needed"


def test_of_two_who_settle_at_once_one_does(house: House, anna: Patient, bram: Staff, phone: dict[str, str]) -> None:
    made = ask(house, phone)
    outcomes = ["reached", "agreed", "not-needed", "later"] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda outcome: settle(house, bram, anna, made, 1, outcome), outcomes))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert house.get("/me/requests", headers=phone).json["items"][0]["version"] == 2


@pytest.mark.promise("P08")
def test_what_is_put_off_stays_open_and_the_earlier_answer_is_kept(house: House, bram: Staff) -> None:
    anna = house.patient(cares_for=[bram])
    phone = house.phone(anna)
    made = ask(house, phone)
    later = settle(house, bram, anna, made, 1, "later", answer="We call on Thursday").json
    assert (later["status"], later["outcome"], later["closed_at"]) == ("open", "later", None)
    assert waiting(house, bram) == [made["id"]]
    assert settle(house, bram, anna, made, 2, "reached").json["answer"] is None
    record = house.get("/me/record", headers=phone).json
    (request,) = record["requests"]
    assert [(one["version"], one["answer"]) for one in request["versions"]] == [(1, None), (2, "We call on Thursday")]


def test_a_request_is_withdrawn_whichever_version_was_seen_and_twice_is_nothing_new(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    made = ask(house, phone)
    early = withdraw(house, phone, made, 3)
    assert (early.status_code, early.json["code"]) == (409, "not-yet-known")
    assert settle(house, bram, anna, made, 1, "later").status_code == 200
    gone = withdraw(house, phone, made, 1)
    assert (gone.status_code, gone.json["status"], gone.json["version"]) == (200, "withdrawn", 3)
    again = withdraw(house, phone, made, 1)
    assert again.json == gone.json | {"duplicate": True}
    assert waiting(house, bram) == []
    refused = settle(house, bram, anna, made, 3, "reached")
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")


def test_what_the_clinic_closed_cannot_be_withdrawn_and_a_retry_reopens_nothing(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    upload = told()
    made = house.post("/me/requests", json=upload, headers=phone).json
    assert settle(house, bram, anna, made, 1, "reached").status_code == 200
    refused = withdraw(house, phone, made, 1)
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")
    again = house.post("/me/requests", json=upload, headers=phone)
    assert (again.status_code, again.json["status"], again.json["duplicate"]) == (200, "closed", True)
    assert withdraw(house, phone, {"id": uuid4()}, 1).status_code == 404


@pytest.mark.promise("P18")
def test_staff_see_open_requests_of_those_they_care_for_and_the_coordinator_settles_them_too(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    els = house.login("coordinator")
    other = house.patient(cares_for=[els])
    mine, theirs = ask(house, phone), ask(house, house.phone(other))
    assert (waiting(house, bram), waiting(house, els)) == ([mine["id"]], [theirs["id"]])
    assert settle(house, els, other, theirs, 1, "reached").status_code == 200
    assert settle(house, bram, other, theirs, 1, "reached").status_code == 404
    assert settle(house, bram, anna, theirs, 1, "reached").status_code == 404
    assert house.get("/requests", headers=phone).status_code == 403


def test_the_list_is_read_page_by_page_the_oldest_first(house: House, bram: Staff, phone: dict[str, str]) -> None:
    asked = []
    for count in (1, 3, 2):  # several of one batch come in at one moment
        house.clock.now += timedelta(minutes=1)
        asked += sorted(ask(house, phone)["id"] for _ in range(count))
    found, path = [], "/api/v1/requests?limit=2"
    while path:
        page: Any = house.client.get(path, headers=bram.headers).json
        found += [item["id"] for item in page["items"]]
        path = page["next"]
    assert found == asked


def test_whatever_happens_to_a_request_is_told_to_the_phones(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    def seq(request: Any) -> int:
        with house.unit(writes=False) as ctx:
            rows = ctx.session.scalars(select(ChangeRow).where(ChangeRow.patient_id == anna.id))
            return next(r.seq for r in rows if (r.kind, str(r.record_id)) == (feed.Kind.REQUEST, request["id"]))

    one = ask(house, phone)
    told_at = [seq(one)]
    settle(house, bram, anna, one, 1, "later")
    told_at.append(seq(one))
    withdraw(house, phone, one, 1)
    told_at.append(seq(one))
    assert told_at == sorted(set(told_at))
