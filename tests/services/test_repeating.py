"""Nothing is told twice because a version behind it grew, and what came to nothing is told by a mended address."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from backend.domain import dosing
from backend.domain.dosing import Dose
from backend.domain.regimens import Route
from backend.services import intervals, snooze
from backend.storage import reminders as storage
from backend.storage.patients import PatientRow
from backend.storage.sealing import Place
from notifications.reminder import Accepted, Failed
from tests.house import House
from tests.services.treated import Anna, treated

NO_MAILBOX = Failed(permanent=True, why="smtp-550", gone=("email",))


@pytest.fixture
def anna(house: House) -> Anna:
    house.clock.now = house.clock.now.replace(month=6, day=1)  # the plan expects a dose on the eighth
    return treated(house)


def heard(anna: Anna, *kinds: str) -> list[str]:
    """Send what is due and return the keys of these kinds."""
    return [one.reminder.key for one in anna.tell() if one.reminder.kind in kinds]


def last_dose(anna: Anna) -> Dose:
    with anna.house.unit(writes=False) as ctx:
        return intervals.line(ctx, anna.patient.id).doses[-1]


def written_again(anna: Anna) -> None:
    """Let the last dose be written down once more, as it was."""
    dose = last_dose(anna)
    anna.put(replace(dose, version=dose.version + 1, recorded_at=anna.house.clock.now))


@pytest.mark.promise("P11")
def test_a_kit_that_was_told_is_not_told_again_by_the_appointment_on_the_day_that_was_expected(anna: Anna) -> None:
    anna.sample()
    anna.forward(days=-1)
    anna.replan()
    assert len(heard(anna, "sample-kit")) == 1
    anna.forward(hours=2)
    planned, _ = anna.plan(8)
    assert heard(anna, "sample-kit", "monitoring") == []
    anna.forward(hours=1)
    anna.move(planned, 9)
    assert [row.due_on.day for row in anna.open("sample-kit")] == [30]  # a day later, and told
    anna.forward(days=1)
    assert len(heard(anna, "sample-kit")) == 1


@pytest.mark.promise("P11")
def test_what_is_only_written_down_again_tells_nothing_again_even_when_its_day_has_come(anna: Anna) -> None:
    anna.replan()
    assert len(heard(anna, "dose-expected")) == 1
    for days in (0, 9):  # on the tenth the guess has passed, and is still asked about
        anna.forward(days=days, hours=1)
        written_again(anna)
        assert heard(anna, "dose-expected") == []


@pytest.mark.promise("P12")
@pytest.mark.parametrize(("listened", "news"), [(False, 0), (True, 1)])
def test_away_and_back_is_told_again_only_to_who_heard_something_else(anna: Anna, listened: bool, news: int) -> None:
    planned, _ = anna.plan(5)
    assert len(heard(anna, "dose")) == 1
    anna.forward(minutes=5)
    planned, _ = anna.move(planned, 6)
    if listened:
        assert len(heard(anna, "dose", "correction")) == 2
    anna.forward(minutes=5)
    anna.move(planned, 5)
    said = heard(anna, "dose")
    assert len(said) == news
    assert [row.step for row in anna.open()] == ["day-before", "same-day"]


@pytest.mark.promise("P12")
def test_what_was_heard_is_told_in_the_order_it_was_heard_and_not_in_that_of_its_days(anna: Anna) -> None:
    planned, _ = anna.plan(6)
    heard(anna, "dose")
    (first,) = [row for row in anna.of("dose") if row.status == "sent"]
    anna.forward(minutes=10)
    planned, _ = anna.move(planned, 4)
    assert len(heard(anna, "dose")) == 1  # told later, of an earlier day
    anna.forward(minutes=10)
    anna.opened(first.id)  # the first message is looked at again: the second is still the last that came
    anna.move(planned, 6)
    assert len(heard(anna, "dose")) == 1


def test_who_is_just_being_told_is_told_again_rather_than_not_at_all(anna: Anna) -> None:
    anna.replan()
    (claimed,) = anna.claim("dose-expected")
    assert anna.outbox().attempt(claimed, anna.house.clock.now)
    written_again(anna)
    assert anna.outbox().acknowledge(claimed, NO_MAILBOX, anna.house.clock.now, None)
    assert len(anna.open("dose-expected")) == 1


@pytest.mark.parametrize("was_told", [False, True])
def test_a_moment_somebody_asked_for_stays_when_only_a_version_grows(anna: Anna, was_told: bool) -> None:
    anna.replan()
    (row,) = anna.open("dose-expected")
    assert len(heard(anna, "dose-expected") if was_told else [row.key]) == 1
    until = anna.house.clock.now + timedelta(hours=3)
    with anna.house.unit(replace(anna.patient.actor, session_id=uuid4())) as ctx:
        snooze.snooze(ctx, row.id, until)
    written_again(anna)
    assert [one.send_at for one in anna.open("dose-expected")] == [until]
    assert heard(anna, "dose-expected") == []
    anna.forward(hours=3)
    assert len(heard(anna, "dose-expected")) == 1
    written_again(anna)
    assert heard(anna, "dose-expected") == []
    with anna.house.unit(replace(anna.patient.actor, session_id=uuid4())) as ctx:  # the first message is put off again
        snooze.snooze(ctx, row.id, ctx.now + timedelta(hours=1))
    anna.forward(hours=1)
    assert len(heard(anna, "dose-expected")) == 1


@pytest.mark.parametrize("cancelled", [False, True])
def test_when_the_day_of_the_plan_is_over_for_the_patient_its_moment_may_lie_ahead(anna: Anna, cancelled: bool) -> None:
    """Half past eight in the evening in Amsterdam is the next morning in Auckland."""
    anna.change(zone="Pacific/Auckland")
    evening = anna.slot(2, time(20))
    dose = dosing.plan(uuid4(), anna.treatment_id, evening, Route.IV, anna.house.clock.now)
    anna.put(dose, new=True)
    heard(anna, "dose")
    anna.forward(days=2, hours=3)
    _ = anna.cancel(dose) if cancelled else anna.move(dose, 10)
    (row,) = anna.of("correction")
    assert (row.status, row.due_on.isoformat()) == ("planned", "2026-06-04")
    assert row.expires_at > anna.house.clock.now


def states(anna: Anna) -> list[tuple[str, str]]:
    return [(row.status, row.why) for row in anna.of("dose")]


@pytest.mark.promise("P12")
def test_what_is_due_when_a_pause_begins_is_held_back_until_it_ends(anna: Anna) -> None:
    anna.plan(3)
    now = anna.house.clock.now
    anna.forward(minutes=1)  # nobody has looked yet
    anna.said(paused_from=now + timedelta(seconds=30), paused_until=now + timedelta(hours=1))
    assert states(anna)[0] == ("suppressed", "paused")
    assert heard(anna, "dose") == []
    anna.forward(hours=1)
    anna.replan()
    assert states(anna)[0] == ("planned", "")
    assert len(heard(anna, "dose")) == 1


def test_what_is_held_back_says_why_it_is_now(anna: Anna) -> None:
    now = anna.house.clock.now
    anna.said(paused_from=now - timedelta(days=9), paused_until=now + timedelta(days=60))
    anna.plan(10)
    anna.said(paused_from=None, paused_until=None, stopped="dose")
    assert set(states(anna)) == {("suppressed", "stopped")}
    anna.change(quiet_from=time(0), quiet_to=time(13))
    assert [row.send_at.hour for row in anna.of("dose")] == [11, 11, 21]  # at 13:00 in Amsterdam, or just before
    assert set(states(anna)) == {("suppressed", "stopped")}


@pytest.fixture
def phone(anna: Anna) -> dict[str, str]:
    """Her phone; what is sent to her by mail goes to an address that can be opened."""
    with anna.house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, anna.patient.id), str(anna.patient.id)
        row.email_sealed = ctx.sealer.seal(row.key, mine, "anna@example.org", Place("patients", "email", mine))
    return anna.house.phone(anna.patient)


def reached_at(anna: Anna, phone: dict[str, str], email: str, **told: Any) -> None:
    contact = {"email": email, "language": "nl", "zone": "Europe/Amsterdam", **told}
    assert anna.house.put("/me/profile", headers=phone, json=contact).status_code == 200


@pytest.mark.promise("P11")
def test_a_mended_address_is_told_what_came_to_nothing_and_still_makes_sense_once(
    anna: Anna, phone: dict[str, str]
) -> None:
    anna.replan()
    anna.tell(NO_MAILBOX)
    failed = {row.key for row in anna.stored() if row.status == "failed"}
    assert any(key.startswith("dose-expected") for key in failed)
    anna.forward(hours=1)
    anna.replan()
    reached_at(anna, phone, "anna@example.org", language="en")
    assert anna.tell() == []  # the same address
    reached_at(anna, phone, "anna@example.com", language="en")
    assert {one.reminder.key for one in anna.tell(Accepted("ref"))} == failed
    with anna.house.unit(writes=False) as ctx:
        (row,) = [row for row in storage.of_patient(ctx.session, anna.patient.id) if row.kind == "dose-expected"]
        assert row.status == "sent"
    reached_at(anna, phone, "anna@example.net")
    assert anna.tell() == []


def test_what_is_over_is_not_revived_by_an_address(anna: Anna, phone: dict[str, str]) -> None:
    anna.plan(2)
    anna.tell(NO_MAILBOX)
    anna.forward(days=1)  # the day before has come
    reached_at(anna, phone, "anna@example.com")
    assert [one.reminder.step for one in anna.tell() if one.reminder.kind == "dose"] == ["day-before"]
