"""What a patient wants to hear, over HTTP: paused, stopped or asked for, kept in versions, and planned at once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.services import reminders
from backend.services.wishes import KINDS
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.storage.wishes import WishesRow
from tests.api.syncing import SyncingPhone
from tests.factories.chains import chain
from tests.house import House, Patient, Staff

PATH = "/me/reminder-wishes"
NOTHING: dict[str, Any] = {"paused_from": None, "paused_until": None, "stopped": [], "nudges": False}
BEGIN, END = "2026-06-01T09:00:00+00:00", "2026-06-22T00:00:00+00:00"
UNMOVED: dict[str, list[Any]] = {"cancelled": [], "created": [], "in_flight": []}


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient who is reminded of a dose on 15 June, by mail."""
    anna = house.patient(cares_for=[bram])
    chain(house, anna, ["2026-05-18 09:00"])
    with house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, anna.id), str(anna.id)
        row.email_sealed = ctx.sealer.seal(row.key, mine, "anna@example.org", Place("patients", "email", mine))
        reminders.replan(ctx, row)
    return anna


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


def wish(house: House, phone: dict[str, str], **told: Any) -> Any:
    return house.put(PATH, headers=phone, json=NOTHING | told)


def states(house: House, anna: Patient) -> dict[str, set[tuple[str, str]]]:
    """Return state and reason of a patient's reminders, by kind."""
    with house.unit(writes=False) as ctx:
        found: dict[str, set[tuple[str, str]]] = {}
        for row in ctx.session.scalars(select(ReminderRow).where(ReminderRow.patient_id == anna.id)):
            found.setdefault(row.kind, set()).add((row.status, row.why))
        return found


def test_who_never_said_anything_hears_everything_but_the_nudges(
    house: House, anna: Patient, phone: dict[str, str], bram: Staff
) -> None:
    answer = house.get(PATH, headers=phone)
    assert answer.json == NOTHING | {"version": 0, "changed_at": None}
    assert answer.headers["ETag"] == '"0"'
    assert house.get(f"/patients/{anna.id}/reminder-wishes", headers=bram.headers).json == answer.json


def test_a_pause_holds_back_what_falls_into_it_and_lets_it_go_again(
    house: House, anna: Patient, phone: dict[str, str]
) -> None:
    standing = states(house, anna)
    assert ("planned", "") in standing["dose-expected"]
    paused = wish(house, phone, paused_from=BEGIN, paused_until="2026-06-22T02:00:00+02:00")
    assert paused.status_code == 200
    said = {name: told for name, told in paused.json.items() if name != "moved"}
    at = "2026-06-01T10:00:00+00:00"
    assert said == NOTHING | {"paused_from": BEGIN, "paused_until": END, "version": 1, "changed_at": at}
    assert "dose-expected" in {one["kind"] for one in paused.json["moved"]["cancelled"]}
    assert states(house, anna)["dose-expected"] == {("suppressed", "paused")}
    again = wish(house, phone)
    assert (again.json["version"], again.json["paused_from"]) == (2, None)
    assert {one["key"] for one in again.json["moved"]["created"]} == {
        one["key"] for one in paused.json["moved"]["cancelled"]
    }
    assert states(house, anna) == standing


def test_a_pause_without_an_end_holds_until_further_notice(house: House, anna: Patient, phone: dict[str, str]) -> None:
    assert wish(house, phone, paused_from=BEGIN).status_code == 200
    assert {state for found in states(house, anna).values() for state in found} == {("suppressed", "paused")}


def test_a_kind_that_is_stopped_is_held_back_and_no_other(house: House, anna: Patient, phone: dict[str, str]) -> None:
    before = states(house, anna)
    answer = wish(house, phone, stopped=["monitoring", "dose-expected"])
    assert answer.json["stopped"] == ["dose-expected", "monitoring"]
    after = states(house, anna)
    assert after.pop("dose-expected") == {("suppressed", "stopped")}
    assert after.pop("monitoring", None) in (None, {("suppressed", "stopped")})
    assert after == {kind: found for kind, found in before.items() if kind in after}
    assert after


def test_who_asks_for_nudges_is_asked_for_the_diary(house: House, anna: Patient, phone: dict[str, str]) -> None:
    assert "diary" not in states(house, anna)
    answer = wish(house, phone, nudges=True)
    assert "diary" in {one["kind"] for one in answer.json["moved"]["created"]}
    assert states(house, anna)["diary"] == {("planned", "")}


@pytest.mark.promise("P03")
def test_the_same_again_is_nothing_new(house: House, phone: dict[str, str]) -> None:
    told = {"paused_from": BEGIN, "paused_until": END, "stopped": ["dose", "form"], "nudges": True}
    first = wish(house, phone, **told)
    again = wish(house, phone, **told | {"paused_from": "2026-06-01T11:00:00+02:00", "stopped": ["form", "dose"]})
    assert again.json == first.json | {"moved": UNMOVED}
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(VersionRow)).all() == []


def test_nothing_said_of_nothing_is_not_written_down(house: House, phone: dict[str, str]) -> None:
    assert wish(house, phone).json == NOTHING | {"version": 0, "changed_at": None, "moved": UNMOVED}
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(WishesRow)).all() == []


@pytest.mark.promise("P08")
@pytest.mark.promise("P27")
def test_what_was_wished_before_is_kept_and_taken_along(house: House, anna: Patient, phone: dict[str, str]) -> None:
    wish(house, phone, paused_from=BEGIN, paused_until=END, stopped=["form"])
    wish(house, phone, nudges=True)
    found = house.get("/me/record", headers=phone).json["profile"]["reminder_wishes"]
    assert (found["version"], found["nudges"], found["stopped"]) == (2, True, [])
    (before,) = found["versions"]
    was = {"version": 1, "paused_from": BEGIN, "paused_until": END, "stopped": ["form"], "nudges": False}
    assert was.items() <= before.items()
    assert (before["replaced_by"], before["reason"]) == ("you", "own choice")


def test_the_phone_learns_it_and_has_it_without_us(house: House, anna: Patient) -> None:
    phone = SyncingPhone(house, anna)
    phone.sync()
    assert phone.of("profile")[str(anna.id)]["reminder_wishes"] == NOTHING | {"version": 0, "changed_at": None}
    moved = wish(house, phone.headers, nudges=True).json
    assert {one["type"] for one in phone.call()["changes"]} == {"profile", "reminders"}
    standing = {name: told for name, told in moved.items() if name != "moved"}
    assert house.get("/me/profile", headers=phone.headers).json["reminder_wishes"] == standing
    assert house.get("/me/bootstrap", headers=phone.headers).json["profile"]["reminder_wishes"] == standing
    contact = {"email": None, "language": "en", "zone": "Europe/Amsterdam"}
    assert house.put("/me/profile", headers=phone.headers, json=contact).json["reminder_wishes"] == standing


@pytest.mark.promise("P23")
def test_changing_and_reading_them_is_noted(house: House, anna: Patient, phone: dict[str, str], bram: Staff) -> None:
    wish(house, phone, nudges=True)
    house.get(f"/patients/{anna.id}/reminder-wishes", headers=bram.headers)
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(EventRow).where(EventRow.subject == "wishes").order_by(EventRow.act))
        noted: list[tuple[str, UUID | None, Any]] = [(row.act, row.patient_id, row.detail) for row in rows]
    assert noted == [("own-reminders:write", anna.id, {"version": 1}), ("reminders:read", anna.id, None)]


@pytest.mark.promise("P06")
@pytest.mark.parametrize(
    ("told", "code", "pointer"),
    [
        ({"paused_until": END}, "invalid", "/paused_from"),
        ({"paused_from": BEGIN, "paused_until": BEGIN}, "contradiction", "/paused_until"),
        ({"paused_from": END, "paused_until": BEGIN}, "contradiction", "/paused_until"),
        ({"paused_from": "2026-06-01"}, "invalid", "/paused_from"),
        ({"stopped": ["weather"]}, "invalid", "/stopped/0"),
        ({"stopped": ["dose", "correction"]}, "invalid", "/stopped/1"),
        ({"stopped": ["test"]}, "invalid", "/stopped/0"),
        ({"stopped": None}, "invalid", "/stopped"),
        ({"nudges": "yes"}, "invalid", "/nudges"),
        ({"nudges": None}, "invalid", "/nudges"),
        ({"mood": "good"}, "invalid", "/mood"),
    ],
)
def test_what_cannot_be_wished_is_refused_with_its_place(
    house: House, phone: dict[str, str], told: Any, code: str, pointer: str
) -> None:
    answer = wish(house, phone, **told)
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert [one["pointer"] for one in answer.json["pointers"]] == [pointer]
    assert house.get(PATH, headers=phone).json["version"] == 0


@pytest.mark.parametrize("name", sorted(NOTHING))
def test_all_of_it_is_said_every_time(house: House, phone: dict[str, str], name: str) -> None:
    answer = house.put(PATH, headers=phone, json={key: told for key, told in NOTHING.items() if key != name})
    assert [one["pointer"] for one in answer.json["pointers"]] == [f"/{name}"]


def test_every_kind_there_is_can_be_stopped_but_what_is_told_at_once(house: House, phone: dict[str, str]) -> None:
    assert set(KINDS) & {"correction", "test"} == set()
    assert wish(house, phone, stopped=list(KINDS)).json["stopped"] == sorted(KINDS)
