"""Taking everything along: one document that holds what was logged, reads back, and names nobody else (P27)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.storage.events import EventRow
from backend.storage.ledger import AttemptRow, ChangeRow, ReceiptRow
from backend.storage.records import Claim, keep_claim
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from backend.storage.wishes import SnoozeRow
from tests.databases import tables
from tests.factories.chains import chain
from tests.factories.entries import EntryUpload, Rated, keep
from tests.factories.people import PatientBody
from tests.factories.reminders import ReminderRowFactory
from tests.factories.responses import ResponseUpload
from tests.factories.samples import SampleUpload, level
from tests.factories.studies import study
from tests.house import House, Patient, Staff
from tests.storage.test_sealed_at_rest import Planted

AT = "2026-06-01T08:00:00+02:00"
SECTIONS = {
    "patients": "profile", "sites": "site", "care_relationships": "care", "treatments": "treatments",
    "plan_versions": "treatments", "doses": "doses", "dose_versions": "doses", "dose_checks": "doses",
    "diary_entries": "diary_entries", "responses": "responses", "record_versions": "diary_entries",
    "samples": "samples", "sample_steps": "samples", "sample_results": "samples", "monitoring_checks": "checks",
    "reminders": "reminders", "reminder_receipts": "reminders", "requests": "requests",
    "reminder_changes": "reminders", "reminder_attempts": "reminders", "reminder_snoozes": "snoozes",
    "undelivered": "undelivered", "calls": "calls", "reminder_wishes": "profile",
    "refused_changes": "refused_changes", "clock_corrections": "clock_corrections", "study_subjects": "consents",
    "studies": "consents", "study_acts": "consents", "study_plans": "consents", "consent_versions": "consents",
    "sessions": "devices", "push_subscriptions": "devices", "events": "access_log",
    "findings": "findings", "decisions": "decisions",
    "assignments": "assignments", "assignment_versions": "assignments",
}  # fmt: skip
"""Where the record holds what lies in each table."""
LEFT_OUT = {
    "tokens": "secrets that open the account",
    "pairings": "secrets that open the account",
    "tries": "guesses of strangers, under no name",
    "feeds": "how far the phones have read",
    "feed_changes": "how far the phones have read",
    "alerts": "what went to staff and operators, naming no patient",
    "dispatchers": "nobody's", "staff": "other people", "invitations": "other people",
    "site_reminder_rules": "the site's", "study_protocols": "the study's",
    "questionnaires": "the site's", "questionnaire_versions": "the site's; what was answered is with the responses",
    "digests": "what the record holds, made ready for lists",
    "snapshots": "what researchers asked for, of a study",
    "snapshot_parts": "what the record holds, under a study's pseudonym",
    "study_feeds": "what a researcher follows, of a study",
    "study_feed_parts": "what a study's researchers were given",
    "study_feed_lines": "what a study's researchers were given",
    "snapshot_files": "what a study's researchers were given",
    "snapshot_chunks": "what a study's researchers were given",
    "questionnaire_claims": "the site's own", "instrument_supplies": "the site's own",
    "study_researchers": "other people", "checklists": "the site's; what was signed is with the dose",
}  # fmt: skip
"""Tables the record says nothing of, and why."""


def take_along(house: House, phone: dict[str, str]) -> Any:
    answer = house.get("/me/record", headers=phone)
    assert answer.status_code == 200, answer.json
    return json.loads(answer.data)


def send(house: House, who: dict[str, str], path: str, told: Any, by: str = "post", version: int | None = None) -> Any:
    headers = who if version is None else {**who, "If-Match": f'"{version}"'}
    answer = getattr(house, by)(path, headers=headers, json=told)
    assert answer.status_code in {200, 201}, answer.json
    return answer.json


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    return house.patient(cares_for=[bram])


def test_every_table_is_in_the_record_or_left_out_for_a_reason() -> None:
    assert {table.name for table in tables()} == set(SECTIONS) | set(LEFT_OUT)
    assert not set(SECTIONS) & set(LEFT_OUT)


def test_every_free_word_ever_written_about_the_patient_is_in_it(house: House) -> None:
    house.clock.now = house.clock.now.replace(hour=12)
    planted = Planted(house).everything()
    text = json.dumps(take_along(house, planted.phone), ensure_ascii=False)
    assert [word for word in planted.words if word not in text] == []


@pytest.mark.promise("P27")
def test_what_was_logged_comes_back_as_it_was_logged(house: House, anna: Patient, bram: Staff) -> None:
    chain(house, anna, ["2026-05-04 09:00"])
    phone = house.phone(anna)
    rating = {"symptom": "other", "intensity": 5, "change_vs_usual": None, "impact": "some", "words": "itch 😀"}
    days = {"onset_on": "2026-05-30", "resolved_on": None}
    said = {"no_complaints": False, "wearing_off": "yes", "other_causes": ["heat"], "note": "=1+1 </script>\u2028"}
    uploads = {
        "diary_entries": EntryUpload.build(ratings=[rating | days], **said),
        "responses": ResponseUpload.build(),
        "samples": SampleUpload.build(problems=["clotted"]),
        "requests": {"id": str(uuid4()), "kind": "contact", "words": "Call me", "recorded_at": AT},
    }
    nouns = {name: name.replace("_", "-") for name in uploads}
    for name, upload in uploads.items():
        send(house, phone, f"/me/{nouns[name]}", upload)
    record = take_along(house, phone)
    assert {name: logged(name, record[name][0]) for name in uploads} == {
        name: normal(upload) for name, upload in uploads.items()
    }
    # And another house can read it: what the record says, logged anew, gives the same.
    ben = house.patient(cares_for=[bram])
    chain(house, ben, ["2026-05-04 09:00"])
    other = house.phone(ben)
    for name in uploads:
        send(house, other, f"/me/{nouns[name]}", logged(name, record[name][0]))
    again = take_along(house, other)
    assert {name: again[name] for name in uploads} == {name: record[name] for name in uploads}


def logged(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Return what a phone sent to make a record, from the record alone."""
    told = found | (found["steps"][0] if name == "samples" else {})
    wanted = {
        "diary_entries": ("ratings", "no_complaints", "wearing_off", "other_causes", "note", "occurred"),
        "responses": ("form", "about", "completed", "answers", "occurred"),
        "samples": ("drops", "problems", "occurred"),
        "requests": ("kind", "words"),
    }[name]
    return normal({key: told[key] for key in ("id", "recorded_at", *wanted)})


def normal(upload: dict[str, Any]) -> dict[str, Any]:
    """Return an upload with its moment named once: the day follows from the moment."""
    if "occurred" not in upload:
        return upload
    return upload | {"occurred": {key: upload["occurred"][key] for key in ("at", "zone")}}


@pytest.mark.promise("P27")
@pytest.mark.promise("P08")
def test_every_version_is_in_it_and_what_was_retracted_or_refused(house: House, phone: dict[str, str]) -> None:
    upload = EntryUpload.build(note="first")
    send(house, phone, "/me/diary-entries", upload)
    path = f"/me/diary-entries/{upload['id']}"
    change = {key: upload[key] for key in ("occurred", "recorded_at", "ratings")} | {"base_version": 1}
    send(house, phone, path, change | {"note": "second", "wearing_off": "yes", "reason": "forgot"}, by="put")
    contrary = house.put(path, json=change | {"wearing_off": "no", "reason": "other phone"}, headers=phone)
    assert (contrary.status_code, contrary.json["code"]) == (409, "contradicted")
    send(house, phone, f"{path}/retraction", {"base_version": 2, "recorded_at": AT, "reason": "not mine"})
    record = take_along(house, phone)
    (entry,) = record["diary_entries"]
    assert (entry["version"], entry["retracted"], entry["note"]) == (3, True, "second")
    versions = [(one["version"], one["note"], one["wearing_off"], one["reason"]) for one in entry["versions"]]
    assert versions == [(1, "first", None, "forgot"), (2, "second", "yes", "not mine")]
    assert {one["replaced_by"] for one in entry["versions"]} == {"you"}
    (aside,) = record["refused_changes"]
    assert (aside["record_id"], aside["base_version"], aside["standing_version"]) == (upload["id"], 1, 2)
    assert aside["statement"]["wearing_off"] == "no"


def test_what_a_wrong_clock_claimed_is_in_it(house: House, anna: Patient, phone: dict[str, str]) -> None:
    claimed = {"recorded_at": "2031-01-01T00:00:00+01:00"}
    with house.unit() as ctx:
        keep_claim(ctx.session, anna.id, Claim("diary-entry", anna.id, b"mark", -60, claimed), house.clock.now)
    (found,) = take_along(house, phone)["clock_corrections"]
    assert (found["skew_s"], found["claimed"]) == (-60, claimed)


def test_what_the_clinic_shows_in_pieces_is_the_same_in_the_record(house: House) -> None:
    house.clock.now = house.clock.now.replace(hour=12)
    planted, joined = Planted(house).everything(), study(house)
    send(house, planted.carla.headers, f"{planted.path}/studies/{joined.id}/consent", None)
    record = take_along(house, planted.phone)
    for name in ("intervals", "doses", "samples", "requests", "consents", "devices", "reminders"):
        shown = house.get(f"/me/{name}", headers=planted.phone).json["items"]
        held = {called(part): part for part in record[name]}
        assert shown, name
        for part in shown:
            mine = held[called(part)]
            both = (mine.keys() & part.keys()) - {"results", "steps"}
            assert len(both) >= 4, name
            assert {key: mine[key] for key in both} == {key: part[key] for key in both}
    plans = house.get(f"{planted.path}/treatments", headers=planted.carla.headers).json["items"]
    for mine, theirs in zip(record["treatments"], plans, strict=True):
        assert mine["plans"] == [{key: plan[key] for key in plan if key != "recorded_by"} for plan in theirs["plans"]]
    history = house.get(f"{planted.dose_path}/history", headers=planted.bram.headers).json["items"]
    (dose,) = (dose for dose in record["doses"] if dose["id"] == planted.dose_path.split("/")[-1])
    acts = [(one["version"], one["act"], one["reason"]) for one in history]
    assert [(one["version"], one["act"], one["reason"]) for one in dose["versions"]] == acts
    assert len(acts) == 6


def called(part: dict[str, Any]) -> Any:
    """Return what a part of a list is called in it."""
    return next(part[key] for key in ("id", "study_id", "number") if key in part)


def test_what_became_of_every_reminder_is_in_it(house: House, bram: Staff) -> None:
    now = house.clock.now
    anna, ben = (house.patient(cares_for=[bram], language="en", channels="email sms") for _ in range(2))
    mine, theirs = (told_in_vain(house, one.id, bram) for one in (anna, ben))
    phone = house.phone(anna)
    record = take_along(house, phone)
    (one,) = record["reminders"]
    assert (one["status"], one["why_text"]) == ("failed", "the mail server could not be reached")
    assert [(change["state"], change["by"]) for change in one["changes"]] == [("failed", "dispatcher")]
    assert [(tried["channel"], tried["outcome"]) for tried in one["attempts"]] == [("email", "smtp-unreachable")]
    assert [(said["source"], said["state"]) for said in one["receipts"]] == [("sms", "failed")]
    assert one["because"]["rule"] == "1 day before, at 09:00"
    (put_off,) = record["snoozes"]
    assert (put_off["reminder_id"], put_off["until"]) == (mine, (now + timedelta(hours=1)).isoformat())
    (item,) = record["undelivered"]
    shown = (item["reminder_id"], item["why_text"], item["outcome"], item["settled_at"])
    assert shown == (mine, "the mail server could not be reached", None, None)
    text = json.dumps(record)
    assert theirs not in text
    assert str(bram.id) not in text


def told_in_vain(house: House, patient_id: UUID, owner: Staff) -> str:
    """Let a reminder fail, be on the list of the undelivered, and be put off; return its id."""
    now = house.clock.now
    reminder: ReminderRow = ReminderRowFactory.build(patient_id=patient_id, status="failed", why="smtp-unreachable")
    reminder_id = reminder.id
    about = {"kind": reminder.kind, "subject": reminder.subject, "due": "2026-06-02", "why": reminder.why}
    house.add(
        reminder,
        ChangeRow(reminder_id=reminder_id, state="failed", at=now, why=reminder.why, by="dispatcher"),
        AttemptRow(
            reminder_id=reminder_id, attempt=1, fence=1, channel="email", started_at=now, outcome="smtp-unreachable"
        ),
        ReceiptRow(reminder_id=reminder_id, source="sms", state="failed", at=now, received_at=now),
        SnoozeRow(
            reminder_id=reminder_id, patient_id=patient_id, key="key", until=now + timedelta(hours=1), asked_at=now
        ),
        UndeliveredRow(
            id=uuid4(), patient_id=patient_id, reminder_id=reminder_id, since=now, owner_id=owner.id, version=1, **about
        ),
    )
    return str(reminder_id)


def test_who_one_was_before_is_in_it(house: House) -> None:
    carla = house.login("clinician")
    body = PatientBody.build(name="Anna Jansen", quiet_from="22:00", quiet_to="07:30")
    made = send(house, carla.headers, "/patients", body)
    change = body | {"name": "Anna de Vries", "reason": "married"}
    send(house, carla.headers, f"/patients/{made['id']}", change, by="put", version=1)
    offered = send(house, carla.headers, f"/patients/{made['id']}/pairings", None)
    paired = send(house, {}, "/access/pairing", {"secret": offered["secret"], "device_name": "phone"})
    profile = take_along(house, {"Authorization": f"Bearer {paired['access_token']}"})["profile"]
    shared = ("email", "birth_on", "hospital_number", "quiet_from", "quiet_to", "language", "zone")
    assert {key: profile[key] for key in shared} == {key: body[key] for key in shared}
    (before,) = profile["versions"]
    assert (profile["name"], before["name"]) == ("Anna de Vries", "Anna Jansen")
    assert (before["quiet_to"], before["reason"], before["replaced_by"]) == ("07:30", "married", "clinic")


def test_a_result_that_was_not_released_is_counted_and_not_told(house: House) -> None:
    carla = house.login("clinician")
    anna = house.patient(cares_for=[carla])
    phone, upload = house.phone(anna), SampleUpload.build()
    send(house, phone, "/me/samples", upload)
    path = f"/patients/{anna.id}/samples/{upload['id']}/results"
    done = send(house, carla.headers, path, level(98.75) | {"released": False})
    record = take_along(house, phone)
    assert (record["samples"][0]["results"], record["samples"][0]["withheld"]) == ([], 1)
    assert "98.75" not in json.dumps(record)
    send(house, carla.headers, f"{path}/release", {"analyte": "level"}, version=done["version"])
    (sample,) = take_along(house, phone)["samples"]
    assert ([one["value"] for one in sample["results"]], sample["withheld"]) == ([98.75], 0)


@pytest.mark.promise("P20")
def test_of_others_it_names_only_the_staff_who_looked(house: House) -> None:
    bram, els = house.login("nurse", name="Bram Looked"), house.login("coordinator", name="Els Never")
    anna, ben = house.patient(cares_for=[bram, els]), house.patient(cares_for=[bram])
    joined = study(house)
    assert joined.join(anna, bram).status_code == 200
    chain(house, ben, ["2026-05-04 09:00"])
    phone = house.phone(anna)
    send(house, house.phone(ben), "/me/diary-entries", EntryUpload.build(note="of ben alone"))
    assert house.get(f"/patients/{anna.id}", headers=bram.headers).status_code == 200
    record = take_along(house, phone)
    seen = record.pop("access_log")
    assert {look["who"] for look in seen} == {"Bram Looked"}
    assert "patients:read" in {look["act"] for look in seen}
    text = json.dumps(record)
    for told in ("Bram", "Els", "of ben alone", *(str(one.id) for one in (bram, els, ben, joined.admin, joined.dirk))):
        assert told not in text
    assert {(one["role"], one["ends_at"]) for one in record["care"]} == {("nurse", None), ("coordinator", None)}
    assert [(one["study_id"], one["name"]) for one in record["consents"]] == [(joined.id, "Wearing-off")]


@pytest.mark.promise("P31")
def test_it_is_a_file_that_no_browser_runs(house: House, phone: dict[str, str]) -> None:
    house.clock.now = house.clock.now.replace(hour=23)  # in Amsterdam it is the next day
    answer = house.get("/me/record", headers=phone)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="uitwerk-2026-06-02.json"'
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("application/json", "nosniff")
    assert (answer.json["format"], answer.json["made_at"]) == ("uitwerk-record/1", "2026-06-01T23:00:00+00:00")


@pytest.mark.promise("P23")
def test_taking_it_along_is_written_down_and_only_oneself_may(
    house: House, anna: Patient, bram: Staff, phone: dict[str, str]
) -> None:
    assert house.get("/me/record", headers=bram.headers).status_code == 403
    take_along(house, phone)
    with house.unit(writes=False) as ctx:
        query = select(EventRow).where(EventRow.act == "own-record:export")
        assert [(row.patient_id, row.actor_id) for row in ctx.session.scalars(query)] == [(anna.id, anna.id)]


def test_a_diary_of_years_is_taken_along_whole(house: House, anna: Patient, phone: dict[str, str]) -> None:
    start = house.clock.now - timedelta(days=600)
    rated = [Rated(start + timedelta(days=day), {"fatigue": day % 11}) for day in range(520)]
    keep(house, anna, rated)
    entries = take_along(house, phone)["diary_entries"]
    assert [entry["ratings"][0]["intensity"] for entry in entries] == [day % 11 for day in range(520)]
