"""A test message: it goes the way reminders go, at once, a few times an hour, and no plan takes it away."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.domain.errors import ClinicError
from backend.mailing import OUTBOX
from backend.services import trial
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.worker import make_dispatcher
from notifications.dispatcher import Dispatcher, Tally
from tests.factories.base import NOW
from tests.factories.chains import chain
from tests.house import House, Patient

MAIL = "anna@example.org"
WISH = {"email": MAIL, "language": "en", "zone": "Europe/Amsterdam", "channels": ["email"]}


@pytest.fixture
def dispatcher(house: House) -> Iterator[Dispatcher]:
    made = make_dispatcher(house.settings, house.clock)
    yield made
    for file in (house.settings.data_dir / OUTBOX).glob("*.eml"):
        file.unlink()
    assert isinstance(made.outbox, SqlOutbox)
    made.outbox.engine.dispose()


@pytest.fixture
def anna(house: House) -> Patient:
    """A patient who can be reached by mail."""
    anna = house.patient(channels="push email")
    with house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, anna.id), str(anna.id)
        row.email_sealed = ctx.sealer.seal(row.key, mine, MAIL, Place("patients", "email", mine))
    return anna


def kinds(house: House) -> list[tuple[str, str]]:
    with house.unit(writes=False) as ctx:
        return [(row.kind, row.status) for row in ctx.session.scalars(select(ReminderRow).order_by(ReminderRow.kind))]


def test_it_is_sent_at_once_by_the_way_reminders_take_and_tells_a_stranger_nothing(
    house: House, anna: Patient, dispatcher: Dispatcher
) -> None:
    answer = house.post("/me/test-message", headers=house.phone(anna))
    assert (answer.status_code, answer.json) == (202, {"channel": "email"})
    assert dispatcher.run_once() == Tally(sent=1)
    (mail,) = (house.settings.data_dir / OUTBOX).glob("*.eml")
    assert "Subject: Testbericht" in mail.read_text()
    assert kinds(house) == [("test", "sent")]


def test_who_waits_for_it_gets_it_in_quiet_hours_too(house: House, anna: Patient, dispatcher: Dispatcher) -> None:
    phone = house.phone(anna)
    with house.unit() as ctx:
        row = ctx.session.get_one(PatientRow, anna.id)
        row.quiet_from, row.quiet_to = time(0), time(23, 59)
    assert house.post("/me/test-message", headers=phone).status_code == 202
    assert dispatcher.run_once() == Tally(sent=1)


def test_one_that_comes_too_late_is_not_sent(house: House, anna: Patient, dispatcher: Dispatcher) -> None:
    house.post("/me/test-message", headers=house.phone(anna))
    house.clock.now += timedelta(hours=1)
    assert dispatcher.run_once() == Tally(expired=1)


def test_five_an_hour_and_then_one_waits(house: House, anna: Patient) -> None:
    phone, began = house.phone(anna), house.clock.now

    def ask_at(minutes: int) -> tuple[int, str | None]:
        house.clock.now = _later(began, minutes)
        answer = house.post("/me/test-message", headers=phone)
        return answer.status_code, answer.headers.get("Retry-After")

    assert [ask_at(minutes) for minutes in (0, 1, 2, 3, 10)] == [(202, None)] * 5
    assert ask_at(20) == (429, "2400")
    assert ask_at(59) == (429, "60")
    assert ask_at(60) == (202, None)
    assert ask_at(60) == (429, "60")
    other = house.phone(_reachable(house))
    assert house.post("/me/test-message", headers=other).status_code == 202


def test_somebody_there_is_no_way_to_reach_is_told_so(house: House) -> None:
    nobody = house.patient(channels="push email")
    with pytest.raises(ClinicError) as refused, house.unit(nobody) as ctx:
        trial.send(ctx)
    assert refused.value.error.code == "wrong-state"
    assert kinds(house) == []


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        ({"channels": "sms email", "phone_sealed": b"sealed", "email_sealed": b"sealed"}, "sms"),
        ({"channels": "push sms", "phone_sealed": b"sealed"}, "sms"),
        ({"channels": "sms email", "email_sealed": b"sealed"}, "email"),
        ({"channels": "email push", "email_sealed": b"sealed", "email_refused_at": NOW}, "inbox"),
        ({"channels": "push"}, "inbox"),
    ],
)
def test_it_goes_by_the_first_way_that_leads_somewhere(house: House, columns: dict[str, Any], first: str) -> None:
    answer = house.post("/me/test-message", headers=house.phone(house.patient(**columns)))
    assert (answer.status_code, answer.json) == (202, {"channel": first})
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(ReminderRow.channel)).all() == [first]


def test_where_only_the_app_is_left_it_lies_there(house: House, dispatcher: Dispatcher) -> None:
    assert house.post("/me/test-message", headers=house.phone(house.patient(channels="push"))).status_code == 202
    assert dispatcher.run_once() == Tally(sent=1)
    assert kinds(house) == [("test", "sent")]


def test_a_plan_that_changes_meanwhile_leaves_it_alone(house: House, anna: Patient, dispatcher: Dispatcher) -> None:
    phone = house.phone(anna)
    chain(house, anna, ["2026-05-11 09:00"])
    assert house.post("/me/test-message", headers=phone).status_code == 202
    moved = house.put("/me/profile", headers=phone, json=WISH)
    assert moved.json["reminders"]["created"]
    assert ("test", "planned") in kinds(house)
    assert dispatcher.run_once().sent > 1
    assert ("test", "sent") in kinds(house)


@pytest.mark.promise("P11")
def test_a_phone_neither_tells_it_by_itself_nor_ends_it(house: House, anna: Patient, dispatcher: Dispatcher) -> None:
    phone = house.phone(anna)
    house.post("/me/test-message", headers=phone)
    assert house.get("/me/bootstrap", headers=phone).json["reminders"]["items"] == []
    (item,) = house.get("/me/reminders", headers=phone).json["items"]
    shown = {"id": item["id"], "state": "shown", "at": house.clock.now.isoformat()}
    body = {"cursor": None, "changes": [], "receipts": [shown], "sent_at": house.clock.now.isoformat()}
    assert house.post("/me/sync", headers=phone, json=body).status_code == 200
    assert dispatcher.run_once() == Tally(sent=1)


def _reachable(house: House) -> Patient:
    return house.patient(email_sealed=b"sealed")


def _later(began: datetime, minutes: int) -> datetime:
    return began + timedelta(minutes=minutes)
