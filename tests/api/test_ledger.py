"""The ledger: of every reminder why it exists, why it was or was not sent, each attempt and each receipt."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from backend.app import db
from backend.storage import reminders
from backend.storage.ledger import By, ReceiptRow
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.storage.wishes import SiteRulesRow
from notifications.reminder import Accepted, Again, Failed, Status
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient, Staff

LEASE = timedelta(minutes=2)


@pytest.fixture
def bram(house: House) -> Staff:
    """A nurse at a centre that speaks English."""
    return house.login("nurse", site=house.new_site(language="en"))


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    made = house.patient([bram], channels="email sms")
    with house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, made.id), str(made.id)
        for column, told in (("email", "anna@example.org"), ("phone", "+31612345678")):
            setattr(row, f"{column}_sealed", ctx.sealer.seal(row.key, mine, told, Place("patients", column, mine)))
    return made


def due(house: House, anna: Patient, **columns: Any) -> UUID:
    row = ReminderRowFactory.build(patient_id=anna.id, **columns)
    row_id: UUID = row.id
    house.add(row)
    return row_id


def attempt(house: House, outcome: Accepted | Failed, again: Again | None = None) -> None:
    with house.unit(writes=False) as ctx:
        outbox = SqlOutbox(ctx.session.get_bind().engine, ctx.sealer)
    (claimed,) = outbox.claim(house.clock.now, "one", LEASE, 10)
    assert outbox.attempt(claimed, house.clock.now)
    house.clock.now += timedelta(seconds=2)
    assert outbox.acknowledge(claimed, outcome, house.clock.now, again)


def staff_see(house: House, bram: Staff, anna: Patient, **query: str) -> list[dict[str, Any]]:
    answer = house.get(f"/patients/{anna.id}/reminders", headers=bram.headers, query_string=query)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def anna_sees(house: House, anna: Patient, **query: str) -> list[dict[str, Any]]:
    answer = house.get("/me/reminders", headers=house.phone(anna), query_string=query)
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_one_reminder_is_accounted_for_from_its_cause_to_the_hand_of_its_patient(
    house: House, bram: Staff, anna: Patient
) -> None:
    began, phone = house.clock.now, house.phone(anna)
    reminder_id = due(house, anna, version=3)
    attempt(house, Failed(permanent=False, why="smtp-content-451"), Again(began + LEASE, "sms"))
    house.clock.now = began + LEASE
    attempt(house, Accepted("gateway-7"))
    opened = began + timedelta(minutes=5)
    word = {"id": str(reminder_id), "state": "opened", "at": opened.isoformat()}
    house.clock.now = began + timedelta(minutes=9)
    assert house.post("/me/sync", headers=phone, json={"receipts": [word]}).status_code == 200
    (one,) = staff_see(house, bram, anna)
    assert (one["status"], one["channel"], one["why"], one["why_text"]) == ("opened", "sms", "", "")
    assert one["because"] == {
        "kind": "dose",
        "subject": "dose-1",
        "version": 3,
        "due_on": "2026-06-02",
        "step": "day-before",
        "rule": "1 day before, at 09:00",
    }
    assert [
        (change["state"], change["by"], change["why"], since(change["at"], began)) for change in one["changes"]
    ] == [
        ("due", "dispatcher", "", 0),
        ("claimed", "dispatcher", "", 0),
        ("due", "dispatcher", "smtp-content-451", 2),
        ("claimed", "dispatcher", "", 120),
        ("sent", "dispatcher", "", 122),
        ("opened", "phone", "", 540),
    ]
    tried = [(a["attempt"], a["channel"], a["outcome"], a["provider_ref"]) for a in one["attempts"]]
    assert tried == [(1, "email", "smtp-content-451", None), (2, "sms", "accepted", "gateway-7")]
    assert [(since(a["started_at"], began), since(a["ended_at"], began)) for a in one["attempts"]] == [
        (0, 2),
        (120, 122),
    ]
    (said,) = one["receipts"]
    assert (said["source"], said["state"]) == ("phone", "opened")
    assert (since(said["at"], began), since(said["received_at"], began)) == (300, 540)


def since(moment: str, began: datetime) -> int:
    return int((datetime.fromisoformat(moment) - began).total_seconds())


def test_each_reads_the_reasons_in_their_own_language_and_the_providers_names_are_for_staff(
    house: House, bram: Staff, anna: Patient
) -> None:
    due(house, anna)
    attempt(house, Accepted("gateway-7"))
    due(house, anna, status="suppressed", why="paused")
    sent, held = staff_see(house, bram, anna)
    assert (held["why"], held["why_text"]) == ("paused", "messages are paused")
    own_sent, own_held = anna_sees(house, anna)
    assert (own_held["why_text"], own_held["because"]["rule"]) == (
        "de berichten zijn gepauzeerd",
        "1 dag ervoor, om 09:00",
    )
    assert (sent["attempts"][0]["provider_ref"], own_sent["attempts"][0]["provider_ref"]) == ("gateway-7", None)
    words = {"why_text", "because", "attempts"}
    assert [{key: one[key] for key in one.keys() - words} for one in (own_sent, own_held)] == [
        {key: one[key] for key in one.keys() - words} for one in (sent, held)
    ]


def test_a_code_nobody_foresaw_is_told_as_it_is(house: House, bram: Staff, anna: Patient) -> None:
    due(house, anna)
    attempt(house, Failed(permanent=True, why="moon-phase"))
    (one,) = staff_see(house, bram, anna)
    assert (one["status"], one["why"], one["why_text"]) == ("failed", "moon-phase", "for another reason (moon-phase)")


def test_only_what_is_to_be_sent_within_the_stretch_is_listed_the_first_moment_in_it_the_last_not(
    house: House, bram: Staff, anna: Patient
) -> None:
    first = house.clock.now
    moments = [first + timedelta(days=day) for day in range(4)]
    for at in moments:
        due(house, anna, send_at=at, expires_at=at + LEASE)
    for see in (lambda **q: staff_see(house, bram, anna, **q), lambda **q: anna_sees(house, anna, **q)):
        for query, found in (
            ({}, moments),
            ({"since": moments[1].isoformat()}, moments[1:]),
            ({"until": moments[1].isoformat()}, moments[:1]),
            ({"since": "2026-06-02T12:00:00+02:00", "until": moments[3].isoformat()}, moments[1:3]),
            ({"since": moments[2].isoformat(), "until": moments[1].isoformat()}, []),
        ):
            assert [datetime.fromisoformat(one["send_at"]) for one in see(**query)] == found


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("told", ["", "yesterday", "2026-06-01", "2026-06-01T10:00:00", "2026-02-30T10:00:00Z", "0"])
def test_what_is_no_moment_is_refused(house: House, bram: Staff, anna: Patient, name: str, told: str) -> None:
    for path, who in ((f"/patients/{anna.id}/reminders", bram.headers), ("/me/reminders", house.phone(anna))):
        answer = house.get(path, headers=who, query_string={name: told})
        assert (answer.status_code, answer.json["pointers"][0]["pointer"]) == (422, f"/query/{name}")


def test_what_is_planned_falls_due_by_the_clock_alone(house: House, bram: Staff, anna: Patient) -> None:
    later = house.clock.now + timedelta(minutes=1)
    due(house, anna, send_at=later)
    assert [one["status"] for one in staff_see(house, bram, anna)] == ["planned"]
    house.clock.now = later
    assert [one["status"] for one in (*staff_see(house, bram, anna), *anna_sees(house, anna))] == ["due", "due"]


def test_the_rule_is_that_of_the_patients_own_centre(house: House, bram: Staff, anna: Patient) -> None:
    due(house, anna)
    due(house, anna, step="week-before")
    due(house, anna, kind="test", step="now")
    own = {"dose": {"steps": [{"name": "day-before", "days_before": 2, "at": "17:45"}]}}
    rules = SiteRulesRow(site_id=house.site.id, rules=own, version=1, changed_at=house.clock.now)
    house.add(rules)
    told = {one["kind"] + one["step"]: one["because"]["rule"] for one in staff_see(house, bram, anna)}
    assert told == {
        "doseday-before": "2 days before, at 17:45",
        "doseweek-before": "by a rule that the centre has changed since",
        "testnow": "at once, because somebody asked for it",
    }


@pytest.mark.promise("P04")
def test_of_another_patient_nothing_is_told(house: House, bram: Staff, anna: Patient) -> None:
    due(house, house.patient())
    assert anna_sees(house, anna) == staff_see(house, bram, anna) == []
    stranger = house.login("nurse")
    assert house.get(f"/patients/{anna.id}/reminders", headers=stranger.headers).status_code == 404


def test_a_hundred_reminders_are_read_in_as_few_questions_as_one(house: House, bram: Staff, anna: Patient) -> None:
    def asked() -> int:
        seen: list[str] = []
        with house.app.app_context():
            engine = db.engine
        listen = lambda *told: seen.append(told[2])  # noqa: E731 - the same function is taken off again
        event.listen(engine, "before_cursor_execute", listen)
        try:
            staff_see(house, bram, anna)
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        return len(seen)

    filled(house, anna, 1)
    few = asked()
    filled(house, anna, 100)
    assert asked() == few


def filled(house: House, anna: Patient, count: int) -> None:
    """Store reminders with a change and a receipt each."""
    with house.unit() as ctx:
        for _ in range(count):
            row: ReminderRow = ReminderRowFactory.build(patient_id=anna.id, status="sent")
            ctx.session.add(row)
            ctx.session.flush()
            reminders.advance(ctx.session, row, Status.DELIVERED, house.clock.now, By.PHONE)
            at = {"at": house.clock.now, "received_at": house.clock.now}
            ctx.session.add(ReceiptRow(reminder_id=row.id, source="sms", state="delivered", **at))
