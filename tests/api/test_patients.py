"""Patients: enrolled, found, changed, kept sealed, and what moves when they want to be reached differently."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select, text

from backend.domain.permissions import Role
from backend.services import words
from backend.services.context import Actor
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from backend.storage.records import VersionRow
from backend.storage.sealing import Place
from tests.api.settling import settle
from tests.api.syncing import SyncingPhone
from tests.factories.people import PatientBody
from tests.house import House, Patient, Staff


def enrol(house: House, who: Staff, **told: Any) -> Any:
    return house.post("/patients", headers=who.headers, json=PatientBody(**told))


def change(house: House, who: Staff, anna: dict[str, Any], version: str | None = None, **told: Any) -> Any:
    body = PatientBody(hospital_number=anna["hospital_number"], reason="moved house", **told)
    headers = {**who.headers, "If-Match": version or f'"{anna["version"]}"'}
    return house.put(f"/patients/{anna['id']}", headers=headers, json=body)


def test_whoever_enrols_cares_and_nobody_else_reaches(house: House, bram: Staff) -> None:
    carla = house.login("clinician")
    answer = enrol(house, bram, name="Anna")
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    path = f"/patients/{answer.json['id']}"
    assert house.get(path, headers=bram.headers).json == answer.json
    assert house.get(path, headers=carla.headers).status_code == 404
    assert house.get("/patients", headers=carla.headers).json["items"] == []


def test_zone_and_language_are_the_sites_where_not_told(house: House) -> None:
    bram = house.login("nurse", site=house.new_site(zone="Europe/Brussels", language="en"))
    anna = house.post("/patients", headers=bram.headers, json={"name": "Anna"}).json
    assert (anna["zone"], anna["language"], anna["email"], anna["birth_on"]) == ("Europe/Brussels", "en", None, None)


@pytest.mark.promise("P03")
def test_a_retried_enrolment_makes_one_patient(house: House, bram: Staff) -> None:
    anna_id = str(uuid4())
    body: Any = PatientBody(id=anna_id, name="Anna")
    first, again = (house.post("/patients", headers=bram.headers, json=body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == {**first.json, "duplicate": True}
    other = house.post("/patients", headers=bram.headers, json={**body, "name": "Anne"})
    assert (other.status_code, other.json["code"]) == (409, "id-in-use")
    assert house.get(f"/patients/{anna_id}", headers=bram.headers).json["name"] == "Anna"


@pytest.mark.promise("P04")
def test_an_id_in_use_elsewhere_says_nothing_of_whose(house: House, bram: Staff) -> None:
    theirs = house.patient(site=house.new_site())
    answer = enrol(house, bram, id=str(theirs.id))
    assert (answer.status_code, answer.json["code"], answer.json["detail"]) == (409, "id-in-use", "")


def test_a_hospital_number_is_unique_at_its_site_only(house: House, bram: Staff) -> None:
    elsewhere = house.login("nurse", site=house.new_site())
    assert enrol(house, bram, hospital_number="AB 12").status_code == 201
    answer = enrol(house, bram, hospital_number="ab12")
    assert (answer.status_code, answer.json["code"]) == (409, "already-exists")
    assert enrol(house, elsewhere, hospital_number="ab12").status_code == 201


def test_a_change_needs_the_version_seen_and_keeps_the_one_before(house: House, bram: Staff) -> None:
    anna = enrol(house, bram).json
    missing = house.put(f"/patients/{anna['id']}", headers=bram.headers, json=PatientBody(reason="moved"))
    assert missing.status_code == 428
    changed = change(house, bram, anna, name="Anna Smit")
    assert (changed.status_code, changed.json["name"], changed.json["version"]) == (200, "Anna Smit", 2)
    assert changed.json["reminders"] == {"cancelled": [], "created": [], "in_flight": []}
    stale = change(house, bram, anna, name="Anne")
    assert (stale.status_code, stale.json["code"]) == (409, "stale-version")
    with house.unit(writes=False) as ctx:
        kept = ctx.session.scalars(select(VersionRow)).one()
        row = ctx.session.get_one(PatientRow, kept.patient_id)
        reason = words.opened(ctx, row, kept.reason, words.of_version("patient", row.id, 1))
        assert (kept.version, kept.replaced_by, reason) == (1, bram.id, "moved house")
        assert anna["name"] not in f"{kept.content} {kept.note_sealed!r}"


def test_a_change_cannot_take_another_patients_hospital_number(house: House, bram: Staff) -> None:
    taken, anna = enrol(house, bram).json, enrol(house, bram).json
    answer = change(house, bram, {**anna, "hospital_number": taken["hospital_number"]})
    assert (answer.status_code, answer.json["code"]) == (409, "already-exists")


def test_a_patient_changes_how_to_be_reached_but_not_who_they_are(house: House, bram: Staff) -> None:
    anna = enrol(house, bram).json
    anna_id = UUID(anna["id"])
    phone = house.phone(Patient(anna_id, Actor(Role.PATIENT, patient_id=anna_id)))
    wish = {"language": "en", "zone": "Europe/London", "quiet_from": "22:00", "quiet_to": "07:30", "email": None}
    answer = house.put("/me/profile", headers=phone, json=wish)
    assert answer.status_code == 200
    profile = house.get("/me/profile", headers=phone).json
    assert profile == {k: v for k, v in answer.json.items() if k != "reminders"}
    assert wish.items() <= profile.items()
    assert (profile["name"], profile["version"]) == (anna["name"], 2)
    assert house.put("/me/profile", headers=phone, json=wish).json["version"] == 2
    assert house.put("/me/profile", headers=phone, json={**wish, "name": "Anne"}).status_code == 422


@pytest.mark.parametrize("wish", [{"language": "en"}, {"zone": "Europe/London"}])
def test_what_a_phone_holds_in_words_or_days_is_told_anew_in_another_language_or_zone(
    house: House, bram: Staff, wish: dict[str, str]
) -> None:
    anna_id = UUID(enrol(house, bram).json["id"])
    phone = SyncingPhone(house, Patient(anna_id, Actor(Role.PATIENT, patient_id=anna_id)))
    phone.sync()
    contact = {name: phone.of("profile")[str(anna_id)][name] for name in ("email", "language", "zone")}
    assert house.put("/me/profile", headers=phone.headers, json={**contact, **wish}).status_code == 200
    assert {one["type"] for one in phone.call()["changes"]} == {"profile", "plan", "reminders", "forms"}


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"zone": "Mars/Olympus"}, "/zone"),
        ({"language": "de"}, "/language"),
        ({"quiet_from": "22:00"}, "/quiet_to"),
        ({"quiet_from": "22:00", "quiet_to": "24:00"}, "/quiet_to"),
        ({"channels": ["pigeon"]}, "/channels/0"),
        ({"channels": []}, "/channels"),
        ({"channels": ["push", "push"]}, "/channels"),
        ({"channels": ["sms"], "phone": "+31612345678"}, "/channels"),
        ({"channel": "push"}, "/channel"),
        ({"phone": "0612345678"}, "/phone"),
        ({"phone": "+0612345678"}, "/phone"),
        ({"phone": "+31 6-123"}, "/phone"),
        ({"phone": "+31612345678901234"}, "/phone"),
        ({"phone": "+31612345678\n"}, "/phone"),
        ({"email": "anna"}, "/email"),
        ({"email": "anna@clinic.example\nBcc: all@clinic.example"}, "/email"),
        ({"birth_on": "1988-02-30"}, "/birth_on"),
        ({"name": "\u0000"}, "/name"),
        ({"nickname": "An"}, "/nickname"),
    ],
)
@pytest.mark.promise("P06")
def test_what_cannot_be_is_refused_with_its_place(house: House, bram: Staff, told: Any, pointer: str) -> None:
    answer = enrol(house, bram, **told)
    assert answer.status_code == 422
    assert [p["pointer"] for p in answer.json["pointers"]] == [pointer]
    assert house.get("/patients", headers=bram.headers).json["items"] == []


@pytest.mark.promise("P29")
def test_nothing_in_the_database_says_who_anna_is(house: House, bram: Staff) -> None:
    anna = enrol(house, bram, hospital_number="H4711", phone="+31612345678").json
    change(house, bram, anna, name="Anna Smit", phone="+31687654321")
    with house.unit(writes=False) as ctx:
        rows = [ctx.session.execute(text(f"SELECT * FROM {name}")).all() for name in ("patients", "record_versions")]
        events = ctx.session.execute(select(EventRow.act, EventRow.subject, EventRow.detail)).all()
    stored = f"{rows} {events}"
    assert not [word for word in ("Anna", "Vries", "1988", "H4711", "patient.example", "+316") if word in stored]


def test_who_says_nothing_of_channels_is_told_by_mail_and_sees_what_there_is_to_choose(
    house: House, bram: Staff
) -> None:
    anna = enrol(house, bram).json
    assert (anna["channels"], anna["channels_offered"]) == (["email"], ["push", "email"])
    assert (anna["phone"], anna["email_refused_at"], anna["phone_refused_at"]) == (None, None, None)


def test_channels_keep_their_order_and_a_number_loses_its_spaces(
    house: House, bram: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(house, monkeypatch, sms_url="https://sms.example")
    body: Any = PatientBody(id=str(uuid4()), channels=["sms", "push", "email"], phone="+31 6-12 34 56 78")
    first, again = (house.post("/patients", headers=bram.headers, json=body) for _ in range(2))
    assert (first.json["channels"], first.json["phone"]) == (["sms", "push", "email"], "+31612345678")
    assert first.json["channels_offered"] == ["push", "email", "sms"]
    assert (again.status_code, again.json) == (200, {**first.json, "duplicate": True})


def test_text_messages_need_a_number(house: House, bram: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(house, monkeypatch, sms_url="https://sms.example")
    answer = enrol(house, bram, channels=["email", "sms"])
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")
    assert [p["pointer"] for p in answer.json["pointers"]] == ["/phone"]


def test_an_address_that_was_refused_is_shown_as_such_until_it_is_another(house: House, bram: Staff) -> None:
    anna = enrol(house, bram, phone="+31612345678").json
    anna_id, refused = UUID(anna["id"]), house.clock.now
    with house.unit() as ctx:
        row = ctx.session.get_one(PatientRow, anna_id)
        row.email_refused_at = row.phone_refused_at = refused
    phone = house.phone(Patient(anna_id, Actor(Role.PATIENT, patient_id=anna_id)))
    seen = [house.get(f"/patients/{anna_id}", headers=bram.headers), house.get("/me/profile", headers=phone)]
    at = "2026-06-01T10:00:00+00:00"
    assert [(a.json["email_refused_at"], a.json["phone_refused_at"]) for a in seen] == [(at, at)] * 2
    same = {name: anna[name] for name in ("email", "phone", "language", "zone", "channels")}
    moved = house.put("/me/profile", headers=phone, json={**same, "language": "en"}).json
    assert (moved["email_refused_at"], moved["phone_refused_at"]) == (at, at)
    moved = house.put("/me/profile", headers=phone, json={**same, "email": "new@patient.example"}).json
    assert (moved["email_refused_at"], moved["phone_refused_at"]) == (None, at)
    moved = house.put("/me/profile", headers=phone, json={**same, "phone": "+31687654321"}).json
    assert (moved["email_refused_at"], moved["phone_refused_at"]) == (None, None)


@pytest.mark.promise("P08")
@pytest.mark.parametrize(("channel", "channels"), [("email", ["email"]), ("push", ["push", "email"])])
def test_a_version_from_when_there_was_one_channel_reads_as_several(
    house: House, bram: Staff, channel: str, channels: list[str]
) -> None:
    anna = enrol(house, bram).json
    anna_id = UUID(anna["id"])
    phone = house.phone(Patient(anna_id, Actor(Role.PATIENT, patient_id=anna_id)))
    change(house, bram, anna, name="Anna Smit")
    with house.unit() as ctx:
        row, place = ctx.session.get_one(PatientRow, anna_id), Place("record_versions", "patient", str(anna_id))
        kept = ctx.session.scalars(select(VersionRow)).one()
        told = orjson.loads(ctx.sealer.open(row.key, str(anna_id), kept.note_sealed, place) or "")
        old = {name: said for name, said in told.items() if name not in {"channels", "phone"}} | {"channel": channel}
        kept.note_sealed = ctx.sealer.seal(row.key, str(anna_id), orjson.dumps(old).decode(), place)
    (before,) = house.get("/me/record", headers=phone).json["profile"]["versions"]
    assert (before["name"], before["channels"], before["phone"]) == ("Anna de Vries", channels, None)


@pytest.mark.promise("P23")
def test_each_patient_seen_in_a_list_is_noted(house: House, bram: Staff) -> None:
    seen = {enrol(house, bram).json["id"] for _ in range(3)}
    house.get("/patients", headers=bram.headers)
    with house.unit(writes=False) as ctx:
        noted = ctx.session.scalars(select(EventRow.patient_id).where(EventRow.act == "patients:list"))
        assert {str(patient_id) for patient_id in noted} == seen


def test_pages_of_patients_hold_each_once(house: House, bram: Staff) -> None:
    made = {enrol(house, bram).json["id"] for _ in range(5)}
    path: str | None = "/api/v1/patients?limit=2"
    seen: list[str] = []
    while path:
        answer: Any = house.client.get(path, headers=bram.headers).json
        seen += [item["id"] for item in answer["items"]]
        path = answer["next"]
    assert sorted(seen) == sorted(made)
