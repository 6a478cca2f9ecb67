"""The access log over HTTP: whoever read or changed a record, or was refused it, is seen by the patient it is about."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.domain.permissions import BY_NAME, Reach
from backend.services.calendar import make
from backend.storage import events
from backend.storage.events import EventRow
from tests.factories.base import CareFactory
from tests.factories.studies import study
from tests.house import PREFIX, House, Patient, Staff
from tests.requests_from_schemas import filled

pytestmark = pytest.mark.promise("P23")
MINUTE = timedelta(minutes=1)
Items = list[dict[str, Any]]


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient in bram's care, of whom nothing was entered."""
    return house.patient(cares_for=[bram])


def log(house: House, anna: Patient, query: str = "") -> Items:
    """Return the first page of what anna sees."""
    answer = house.get(f"/me/access-log{query}", headers=house.phone(anna))
    assert answer.status_code == 200, answer.text
    items: Items = answer.json["items"]
    return items


def told(items: Items) -> list[tuple[str | None, str, str, bool]]:
    """Return who did what, without when."""
    return [(item["who"], item["role"], item["act"], item["refused"]) for item in items]


def noted(house: House, *such: Any) -> int:
    """Return how many events there are."""
    with house.unit(writes=False) as ctx:
        return int(ctx.session.scalar(select(func.count()).select_from(EventRow).where(*such)) or 0)


def test_a_patient_sees_who_looked_in_which_role_at_what_and_when(house: House, anna: Patient, bram: Staff) -> None:
    house.clock.now += MINUTE
    assert house.get(f"/patients/{anna.id}/diary-entries", headers=bram.headers).status_code == 200
    [look] = log(house, anna)
    assert look == {
        "at": house.clock.now.isoformat(),
        "who": "Bram",
        "role": "nurse",
        "act": "entries:read",
        "refused": False,
    }


def test_each_way_to_read_a_record_shows_in_the_log(house: House) -> None:
    carla = house.login("clinician")
    anna = house.patient(cares_for=[carla])
    tried = set()
    for endpoint in house.app.extensions["uitwerk-endpoints"]:
        about_patient = endpoint.path.count("<") == 1 and "<uuid:patient_id>" in endpoint.path
        if endpoint.method == "GET" and about_patient and BY_NAME[endpoint.permission].reach is Reach.CARE:
            path = PREFIX + filled(endpoint.path, {"patient_id": anna.id})
            assert house.client.get(path, headers=carla.headers).status_code == 200, endpoint.path
            tried.add(endpoint.permission)
    seen = told(log(house, anna))
    assert {act for _, _, act, _ in seen} == tried != set()
    assert {(who, role, refused) for who, role, _, refused in seen} == {("Carla", "clinician", False)}


def test_what_cannot_be_written_down_is_not_told(
    house: House, anna: Patient, bram: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(events, "add", full)
    answer = house.get(f"/patients/{anna.id}/diary-entries", headers=bram.headers)
    assert answer.status_code >= 500
    assert "items" not in answer.text


def test_what_one_reads_about_oneself_is_written_down_too(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    for endpoint in house.app.extensions["uitwerk-endpoints"]:
        if endpoint.method == "GET" and endpoint.path.startswith("/me/") and "<" not in endpoint.path:
            before = noted(house, EventRow.patient_id == anna.id)
            assert house.get(endpoint.path, headers=phone).status_code == 200, endpoint.path
            assert noted(house, EventRow.patient_id == anna.id) == before + 1, endpoint.path


def test_what_staff_change_shows_beside_what_they_read(house: House, anna: Patient, bram: Staff) -> None:
    body = {"drug": "natalizumab_iv", "started_on": "2026-05-01", "interval_weeks": 6, "slot": "09:00", "reason": "new"}
    assert house.post(f"/patients/{anna.id}/treatments", headers=bram.headers, json=body).status_code == 201
    assert ("Bram", "nurse", "treatments:write", False) in told(log(house, anna))


def test_being_listed_shows_for_whoever_is_on_the_page_and_for_nobody_else(
    house: House, anna: Patient, bram: Staff
) -> None:
    other = house.patient()
    assert house.get("/patients", headers=bram.headers).status_code == 200
    assert told(log(house, anna)) == [("Bram", "nurse", "patients:list", False)]
    assert log(house, other) == []


def test_a_refused_attempt_shows_what_was_asked_for(house: House, anna: Patient) -> None:
    stranger = house.login("clinician", name="Carla Vreemd", email="vreemd@clinic.example")
    assert house.get(f"/patients/{anna.id}/diary-entries", headers=stranger.headers).status_code == 404
    fatima = house.login("admin")
    assert house.get(f"/patients/{anna.id}/results", headers=fatima.headers).status_code == 403
    assert told(log(house, anna)) == [
        ("Fatima", "admin", "results:read", True),
        ("Carla Vreemd", "clinician", "entries:read", True),
    ]


def test_a_researchers_pull_shows_for_those_who_were_in_it(house: House, anna: Patient, bram: Staff) -> None:
    other, wearing_off = house.patient(cares_for=[bram]), study(house)
    assert wearing_off.join(anna, bram).status_code == 200
    house.clock.now += MINUTE
    wearing_off.text("entries")
    assert told(log(house, anna))[0] == ("Dirk", "researcher", "datasets:read", False)
    assert "datasets:read" not in {act for _, _, act, _ in told(log(house, other))}


def test_ones_own_acts_are_left_out(house: House, anna: Patient) -> None:
    phone = house.phone(anna)
    for path in ("/me/profile", "/me/reminders", "/me/diary-entries", f"/patients/{anna.id}/doses"):
        house.get(path, headers=phone)
    assert noted(house, EventRow.patient_id == anna.id) >= 4
    assert log(house, anna) == []


def test_another_patient_who_tried_is_never_named(house: House, anna: Patient) -> None:
    other = house.patient(name_sealed=b"somebody")
    assert house.get(f"/patients/{anna.id}/doses", headers=house.phone(other)).status_code == 403
    assert told(log(house, anna)) == [(None, "patient", "doses:read", True)]


def test_what_nobody_logged_in_for_is_the_systems(house: House, anna: Patient) -> None:
    with house.unit(anna) as ctx:
        token = make(ctx)
    assert house.get(f"/calendar/{token}").status_code == 200
    assert told(log(house, anna)) == [(None, "system", "calendar:read", False)]


def test_somebody_who_left_keeps_the_name_and_the_role_they_looked_in(house: House, anna: Patient) -> None:
    els = house.login("coordinator", name="Els de Boer")
    house.add(CareFactory.build(patient_id=anna.id, staff_id=els.id, starts_at=house.clock.now))
    assert house.get(f"/patients/{anna.id}/doses", headers=els.headers).status_code == 200
    fatima = house.login("admin")
    assert house.post(f"/staff/{els.id}/departure", headers=fatima.headers).status_code == 200
    assert told(log(house, anna)) == [("Els de Boer", "coordinator", "doses:read", False)]


def test_reading_the_log_is_noted_before_it_is_told(house: House, anna: Patient) -> None:
    mine = (EventRow.patient_id == anna.id, EventRow.act == "own-access:read", EventRow.actor_id == anna.id)
    log(house, anna)
    assert noted(house, *mine) == 1


def test_pages_hold_every_look_once_the_newest_first(house: House, anna: Patient, bram: Staff) -> None:
    for number in range(7):
        house.clock.now += MINUTE * (number % 2)  # some at the very same moment
        assert house.get(f"/patients/{anna.id}/doses", headers=bram.headers).status_code == 200
    whole, phone = log(house, anna), house.phone(anna)
    path: str | None = f"{PREFIX}/me/access-log?limit=3"
    pages: list[Items] = []
    while path:
        answer = house.client.get(path, headers=phone).json or {}
        pages.append(answer["items"])
        path = answer["next"]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [look for page in pages for look in page] == whole
    assert [look["at"] for look in whole] == sorted((look["at"] for look in whole), reverse=True)


def test_a_look_that_comes_while_one_pages_is_not_seen_twice_nor_makes_one_missed(
    house: House, anna: Patient, bram: Staff
) -> None:
    for _ in range(4):
        house.clock.now += MINUTE
        house.get(f"/patients/{anna.id}/doses", headers=bram.headers)
    phone = house.phone(anna)
    first = house.get("/me/access-log?limit=2", headers=phone).json
    house.get(f"/patients/{anna.id}/intervals", headers=bram.headers)
    second = house.client.get(first["next"], headers=phone).json or {}
    assert second["next"] is None
    assert told(first["items"] + second["items"]) == [("Bram", "nurse", "doses:read", False)] * 4


@pytest.mark.parametrize("place", ["x", "MjAyNi0wNi0wMXw", UUID(int=2**31)])
def test_a_place_of_another_list_is_refused(house: House, anna: Patient, place: str | UUID) -> None:
    from_elsewhere = place if isinstance(place, str) else cursor(house, place)
    answer = house.get(f"/me/access-log?cursor={from_elsewhere}", headers=house.phone(anna))
    assert (answer.status_code, answer.json["pointers"][0]["pointer"]) == (422, "/query/cursor")


def cursor(house: House, row: UUID) -> str:
    """Return a cursor as the API writes them."""
    return base64.urlsafe_b64encode(f"{house.clock.now.isoformat()}|{row}".encode()).decode().rstrip("=")


def test_a_record_that_does_not_exist_leaves_no_look_with_anybody(house: House, anna: Patient, bram: Staff) -> None:
    assert house.get(f"/patients/{uuid4()}/doses", headers=bram.headers).status_code == 404
    assert log(house, anna) == []
