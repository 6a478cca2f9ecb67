"""Receipts: the first word of each phone stands, and whoever was told by the phone is not told again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.domain import dosing
from backend.domain.moments import at_moment, at_wall, local_date
from backend.domain.regimens import Route
from backend.services import callbacks, receipts, reminders
from backend.services.context import Context
from backend.services.receipts import Receipt
from backend.storage import doses, patients
from backend.storage.feed import ChangeRow, head
from backend.storage.ledger import ReceiptRow, changes
from backend.storage.outbox import SqlOutbox
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.undelivered import UndeliveredRow
from notifications import states
from notifications.callback import Told
from notifications.reminder import Accepted, Again, Failed, Status
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
    assert sorted(stands(house)) == [("delivered", "told-by-phone"), ("planned", "")]
    assert (phone.take(), other.feed()) == (0, 0)


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("state", "stood"), [("shown", "delivered"), ("opened", "opened")])
def test_what_the_phone_showed_is_not_sent_and_no_plan_brings_it_back(
    house: House, phone: Phone, state: str, stood: str
) -> None:
    planned(phone)
    with house.unit(writes=False) as ctx:
        ids = [row.id for row in ctx.session.query(ReminderRow)]
    before = phone.feed()
    assert sum(phone.says(one, state) for one in ids) == len(ids)
    assert set(stands(house)) == {(stood, "told-by-phone")}
    assert phone.feed() > before
    phone.replan()
    assert set(stands(house)) == {(stood, "told-by-phone")}
    house.clock.now += timedelta(days=27)
    assert phone.outbox().claim(house.clock.now, "one", LEASE, 100) == []


def test_what_was_only_wiped_away_is_still_sent(house: House, phone: Phone) -> None:
    assert phone.says(phone.due(), "dismissed") == 1
    assert (stands(house), phone.feed()) == ([("planned", "")], 0)


@pytest.mark.parametrize("status", ["sent", "failed", "expired", "cancelled", "suppressed"])
def test_what_had_ended_is_known_to_have_come_all_the_same(house: House, phone: Phone, status: str) -> None:
    reminder_id = phone.due(status=status, why="before", kind="form")
    assert phone.says(reminder_id, "shown") == 1
    why = "told-by-phone" if status == "suppressed" else ""
    assert stands(house) == [("delivered", why)]
    assert phone.feed() > 0
    assert (phone.says(reminder_id, "dismissed"), phone.says(reminder_id, "shown")) == (1, 0)
    assert stands(house) == [("dismissed", why)]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("again", [True, False])
def test_what_is_being_sent_at_this_moment_goes_its_way(house: House, phone: Phone, again: bool) -> None:
    reminder_id, now = phone.due(), house.clock.now
    (claimed,) = phone.outbox().claim(now, "one", LEASE, 10)
    assert phone.outbox().attempt(claimed, now)
    assert phone.says(reminder_id, "shown") == 1
    assert (stands(house), phone.feed()) == ([("claimed", "")], 0)
    soon = Again(now + LEASE, "email") if again else None
    assert phone.outbox().acknowledge(claimed, Failed(permanent=not again, why="busy"), now, soon)
    assert stands(house) == [("delivered", "told-by-phone")]
    assert phone.says(reminder_id, "shown") == 0  # a retry, now that nobody holds it
    assert stands(house) == [("delivered", "told-by-phone")]
    assert undelivered(house) == []


def test_what_was_shown_while_a_worker_fell_silent_is_not_sent_by_the_next(house: House, phone: Phone) -> None:
    shown, unseen = phone.due(), phone.due()
    outbox = phone.outbox()
    silent = outbox.claim(house.clock.now, "one", LEASE, 10)
    assert all(outbox.attempt(claimed, house.clock.now) for claimed in silent)
    phone.says(shown, "shown")
    house.clock.now += LEASE
    found = {claimed.id: claimed for claimed in outbox.claim(house.clock.now, "two", LEASE, 10)}
    assert not outbox.attempt(found[str(shown)], house.clock.now)
    assert outbox.attempt(found[str(unseen)], house.clock.now)
    with house.unit(writes=False) as ctx:
        assert ctx.session.get_one(ReminderRow, shown).status == Status.DELIVERED.value


def test_what_was_shown_while_a_worker_fell_silent_did_not_come_too_late(house: House, phone: Phone) -> None:
    reminder_id = phone.due()
    (claimed,) = phone.outbox().claim(house.clock.now, "one", LEASE, 10)
    assert phone.outbox().attempt(claimed, house.clock.now)
    phone.says(reminder_id, "shown")
    house.clock.now += timedelta(hours=2)
    assert phone.outbox().expire(house.clock.now) == 1
    assert stands(house) == [("delivered", "")]
    assert [outcome for _, outcome in undelivered(house)] == ["reached"]


@pytest.mark.parametrize("state", ["shown", "opened"])
def test_what_reached_somebody_after_all_is_off_the_list(house: House, phone: Phone, state: str) -> None:
    late, other = phone.due(kind="form"), phone.due(kind="form", key="other", subject="dose-2")
    house.clock.now += timedelta(hours=2)
    assert phone.outbox().expire(house.clock.now) == 2
    assert undelivered(house) == [("dose-1", None), ("dose-2", None)]
    phone.says(late, "dismissed")
    assert undelivered(house) == [("dose-1", None), ("dose-2", None)]
    phone.says(late, state)
    assert undelivered(house) == [("dose-1", "reached"), ("dose-2", None)]
    phone.says(other, state)
    assert undelivered(house) == [("dose-1", "reached"), ("dose-2", "reached")]


def test_an_old_word_said_again_takes_nothing_new_off_the_list(house: House, phone: Phone) -> None:
    early = phone.due()
    phone.says(early, "shown")
    phone.due(key="later")
    house.clock.now += timedelta(hours=2)
    assert phone.outbox().expire(house.clock.now) == 1
    assert phone.says(early, "shown") == 0
    assert undelivered(house) == [("dose-1", None)]


WORDS = st.lists(
    st.tuples(st.sampled_from(["one", "two"]), st.sampled_from(["shown", "dismissed", "opened"]))
    | st.just(("provider", "delivered")),
    max_size=8,
)
MEANS = {"shown": "delivered", "delivered": "delivered", "dismissed": "dismissed", "opened": "opened"}
RANK = ["sent", "delivered", "dismissed", "opened"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=WORDS, takes=st.integers(0, 8), settles=st.integers(0, 8))
def test_whatever_the_order_the_furthest_word_stands_and_no_state_runs_backwards(
    house: House, phone: Phone, words: list[tuple[str, str]], takes: int, settles: int
) -> None:
    reminder_id, now = phone.due(key=uuid4().hex), house.clock.now
    phones, outbox = {"one": phone, "two": phone.another()}, phone.outbox()
    claimed = []
    for step in range(len(words) * 2 + 1):
        if step == min(takes, len(words)):
            claimed = [one for one in outbox.claim(now, "one", LEASE, 10) if outbox.attempt(one, now)]
        if step < len(words) * 2:
            who, word = words[step % len(words)]  # everything is said twice
            if who == "provider":
                provider(house, reminder_id, word)
            else:
                phones[who].says(reminder_id, word)
        if step >= min(takes, len(words)) + settles:
            for one in claimed:
                outbox.acknowledge(one, Accepted("ref"), now, None)
            claimed = []
    for one in claimed:
        outbox.acknowledge(one, Accepted("ref"), now, None)
    furthest = max((MEANS[word] for _, word in words), key=RANK.index, default="sent")
    with house.unit(writes=False) as ctx:
        stood = ctx.session.get_one(ReminderRow, reminder_id).status
        path = [Status(change.state) for change in changes(ctx.session, [reminder_id]).get(reminder_id, [])]
    assert stood == furthest == path[-1]
    assert len(set(path)) == len(path)
    assert all(states.may_follow(before, after) for before, after in pairwise(path))


def provider(house: House, reminder_id: UUID, word: str) -> None:
    with house.unit() as ctx:
        callbacks.take(ctx, Told(f"reminder-{reminder_id}", word, house.clock.now))


def undelivered(house: House) -> list[tuple[str, str | None]]:
    with house.unit(writes=False) as ctx:
        rows = ctx.session.scalars(select(UndeliveredRow).order_by(UndeliveredRow.subject))
        return [(row.subject, row.outcome) for row in rows]


def test_a_plan_that_changes_is_told_to_the_phones_and_one_that_does_not_is_not(house: House, phone: Phone) -> None:
    planned(phone)
    assert changed(house, phone) == {"reminders"}
    before = phone.feed()
    phone.replan()
    assert phone.feed() == before


def test_another_wish_for_being_reached_is_told_to_the_phones(house: House) -> None:
    anna = house.patient(email_sealed=None)
    body = {"language": "nl", "zone": ZONE, "channels": ["push"]}
    answer = house.put("/me/profile", headers=house.phone(anna), json=body)
    assert (answer.status_code, answer.json["channels"]) == (200, ["push"])
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
