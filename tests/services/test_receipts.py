"""Receipts: the first word of each phone stands, and whoever was told by the phone is not told again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.domain import dosing
from backend.domain.moments import at_moment, at_wall, local_date
from backend.domain.regimens import Route
from backend.services import receipts, reminders
from backend.services.context import Context
from backend.services.receipts import Receipt
from backend.storage import doses, patients
from backend.storage.feed import ChangeRow, head
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReceiptRow, ReminderRow
from notifications.reminder import Failed
from tests.factories.chains import ZONE, chain
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient

LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone of a patient who is reached by mail."""

    house: House
    patient: Patient

    def another(self) -> "Phone":
        return replace(self, patient=paired(self.house, self.patient.id))

    def due(self, **columns: Any) -> UUID:
        row = ReminderRowFactory.build(patient_id=self.patient.id, **columns)
        row_id: UUID = row.id
        self.house.add(row)
        return row_id

    def take(self, *told: Receipt) -> int:
        with self.house.unit(self.patient) as ctx:
            return receipts.take(ctx, self.row(ctx), told)

    def says(self, reminder_id: UUID, state: str, at: datetime | None = None) -> int:
        return self.take(Receipt(reminder_id, state, at or self.house.clock.now))

    def row(self, ctx: Context) -> PatientRow:
        row = patients.get(ctx.session, self.patient.id)
        assert row is not None
        return row

    def replan(self) -> None:
        with self.house.unit(self.patient) as ctx:
            reminders.replan(ctx, self.row(ctx))

    def outbox(self) -> SqlOutbox:
        with self.house.unit(writes=False) as ctx:
            return SqlOutbox(ctx.session.get_bind().engine, ctx.sealer)

    def feed(self) -> int:
        with self.house.unit(writes=False) as ctx:
            return head(ctx.session, self.patient.id).seq


def paired(house: House, patient_id: UUID) -> Patient:
    anna = Patient(patient_id, house.patient().actor)
    phone = house.phone(anna)
    session_id = UUID(house.get("/access/session", headers=phone).json["session_id"])
    return replace(anna, actor=replace(anna.actor, session_id=session_id, patient_id=patient_id))


@pytest.fixture
def phone(house: House) -> Phone:
    return Phone(house, paired(house, house.patient(email_sealed=b"sealed").id))


def kept(house: House) -> list[tuple[str, datetime]]:
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(ReceiptRow).order_by(ReceiptRow.state, ReceiptRow.at))
        return [(row.state, row.at) for row in rows]


def stands(house: House) -> Sequence[tuple[str, str]]:
    with house.unit(writes=False) as ctx:
        return [(row.status, row.why) for row in ctx.session.scalars(select(ReminderRow).order_by(ReminderRow.key))]


def test_the_first_word_of_each_state_stands_for_each_phone(house: House, phone: Phone) -> None:
    reminder_id, began = phone.due(), house.clock.now
    later = began + timedelta(minutes=5)
    assert phone.take(Receipt(reminder_id, "shown", began), Receipt(reminder_id, "opened", later)) == 2
    assert phone.take(Receipt(reminder_id, "shown", later), Receipt(reminder_id, "opened", later)) == 0
    assert phone.another().says(reminder_id, "shown", later) == 1
    assert kept(house) == [("opened", later), ("shown", began), ("shown", later)]


def test_the_same_word_twice_in_one_sending_counts_once(house: House, phone: Phone) -> None:
    reminder_id, at = phone.due(), house.clock.now
    assert phone.take(Receipt(reminder_id, "shown", at), Receipt(reminder_id, "shown", at + LEASE)) == 1
    assert kept(house) == [("shown", at)]


@pytest.mark.promise("P04")
def test_what_is_unknown_or_anothers_is_passed_over_and_nothing_of_it_is_told(house: House, phone: Phone) -> None:
    other = Phone(house, paired(house, house.patient(email_sealed=b"sealed").id))
    theirs, mine = other.due(), phone.due(key="mine")
    at = house.clock.now
    assert phone.take(*(Receipt(one, "shown", at) for one in (theirs, uuid4(), mine))) == 1
    assert sorted(stands(house)) == [("cancelled", "told-by-phone"), ("waiting", "")]
    assert (phone.take(), other.feed()) == (0, 0)


@pytest.mark.promise("P11")
@pytest.mark.parametrize("state", ["shown", "opened"])
def test_what_the_phone_showed_is_not_sent_and_no_plan_brings_it_back(house: House, phone: Phone, state: str) -> None:
    planned(phone)
    with house.unit(writes=False) as ctx:
        ids = [row.id for row in ctx.session.query(ReminderRow)]
    before = phone.feed()
    assert sum(phone.says(one, state) for one in ids) == len(ids)
    assert set(stands(house)) == {("cancelled", "told-by-phone")}
    assert phone.feed() > before
    phone.replan()
    assert set(stands(house)) == {("cancelled", "told-by-phone")}
    house.clock.now += timedelta(days=27)
    assert phone.outbox().claim(house.clock.now, "one", LEASE, 100) == []


def test_what_was_only_wiped_away_is_still_sent(house: House, phone: Phone) -> None:
    assert phone.says(phone.due(), "dismissed") == 1
    assert (stands(house), phone.feed()) == ([("waiting", "")], 0)


@pytest.mark.parametrize("status", ["sent", "failed", "expired", "cancelled"])
def test_what_ended_stays_as_it_ended(house: House, phone: Phone, status: str) -> None:
    assert phone.says(phone.due(status=status, why="before"), "shown") == 1
    assert (stands(house), phone.feed()) == ([(status, "before")], 0)


@pytest.mark.promise("P11")
def test_what_is_being_sent_at_this_moment_goes_its_way(house: House, phone: Phone) -> None:
    reminder_id = phone.due()
    (claimed,) = phone.outbox().claim(house.clock.now, "one", LEASE, 10)
    assert phone.outbox().attempt(claimed, house.clock.now)
    assert phone.says(reminder_id, "shown") == 1
    assert (stands(house), phone.feed()) == ([("claimed", "")], 0)
    soon = house.clock.now + LEASE
    assert phone.outbox().acknowledge(claimed, Failed(permanent=False, why="busy"), house.clock.now, soon)
    assert stands(house) == [("cancelled", "told-by-phone")]
    assert phone.says(reminder_id, "shown") == 0  # a retry, now that nobody holds it
    assert stands(house) == [("cancelled", "told-by-phone")]


def test_a_plan_that_changes_is_told_to_the_phones_and_one_that_does_not_is_not(house: House, phone: Phone) -> None:
    planned(phone)
    assert changed(house, phone) == {"reminders"}
    before = phone.feed()
    phone.replan()
    assert phone.feed() == before


def test_another_wish_for_being_reached_is_told_to_the_phones(house: House) -> None:
    anna = house.patient(email_sealed=None)
    headers = house.phone(anna)
    body = {"language": "nl", "zone": ZONE, "channel": "push"}
    assert house.put("/me/profile", headers=headers, json=body).json["channel"] == "push"
    assert changed(house, Phone(house, anna)) == {"profile"}


def planned(phone: Phone) -> None:
    """Let a dose be planned in four weeks, with its reminders."""
    house = phone.house
    treatment_id = chain(house, phone.patient, ["2026-05-11 09:00"])
    on = local_date(house.clock.now, ZONE) + timedelta(days=28)
    at = at_moment(at_wall(on, time(9), ZONE), ZONE)
    with house.unit(phone.patient) as ctx:
        doses.add(
            ctx.session, phone.patient.id, [dosing.plan(uuid4(), treatment_id, at, Route.IV, house.clock.now)], None
        )
    phone.replan()


def changed(house: House, phone: Phone) -> set[str]:
    with house.unit(writes=False) as ctx:
        return set(ctx.session.scalars(select(ChangeRow.kind).where(ChangeRow.patient_id == phone.patient.id)))
