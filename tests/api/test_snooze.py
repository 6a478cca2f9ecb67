"""Putting a reminder off, over HTTP: told once more at the moment asked for, and never promised for nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.services import reminders
from backend.storage import treatment
from backend.storage.events import EventRow
from backend.storage.patients import PatientRow
from backend.storage.reminders import ReminderRow
from backend.storage.sealing import Place
from backend.storage.wishes import SnoozeRow
from tests.factories.chains import chain, dose
from tests.factories.reminders import ReminderRowFactory
from tests.house import House, Patient, Staff

STEP = "week-before"


@pytest.fixture
def anna(house: House, bram: Staff) -> Patient:
    """A patient who was to be told this morning that a dose is expected on 8 June, useful until the 15th is over."""
    anna = house.patient(cares_for=[bram])
    chain(house, anna, ["2026-05-11 09:00"])
    with house.unit() as ctx:
        row, mine = ctx.session.get_one(PatientRow, anna.id), str(anna.id)
        row.email_sealed = ctx.sealer.seal(row.key, mine, "anna@example.org", Place("patients", "email", mine))
        reminders.replan(ctx, row)
    return anna


@pytest.fixture
def phone(house: House, anna: Patient) -> dict[str, str]:
    return house.phone(anna)


@pytest.fixture
def told(house: House, anna: Patient) -> UUID:
    """The reminder that is put off."""
    (row_id,) = (row[0] for row in rows(house, anna))
    return row_id


def rows(house: House, anna: Patient) -> list[tuple[UUID, str, str, datetime, bool]]:
    """Return id, state, reason, moment and whether it tells once more, of the reminders about the coming dose."""
    with house.unit(writes=False) as ctx:
        mine = (ReminderRow.patient_id == anna.id, ReminderRow.kind == "dose-expected")
        found = ctx.session.scalars(select(ReminderRow).where(*mine).order_by(ReminderRow.send_at, ReminderRow.key))
        return [(row.id, row.status, row.why, row.send_at, ":snoozed:" in row.key) for row in found]


def standing(house: House, anna: Patient) -> list[datetime]:
    """Return when something about the coming dose will be told."""
    return [at for _, status, _, at, _ in rows(house, anna) if status == "planned"]


def ended_as(house: House, row_id: UUID, **columns: Any) -> None:
    with house.unit() as ctx:
        for name, value in columns.items():
            setattr(ctx.session.get_one(ReminderRow, row_id), name, value)


def put_off(house: House, phone: dict[str, str], row_id: UUID, until: datetime) -> Any:
    return house.put(f"/me/reminders/{row_id}/snooze", headers=phone, json={"until": until.isoformat()})


def after(house: House, **told: float) -> datetime:
    return house.clock.now + timedelta(**told)


def test_a_reminder_that_waits_is_told_at_the_moment_asked_for_instead(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    answer = put_off(house, phone, told, after(house, hours=3))
    assert (answer.status_code, answer.json["id"]) == (200, str(told))
    assert answer.json["until"] == "2026-06-01T13:00:00+00:00"
    moved = answer.json["moved"]
    assert [one["id"] for one in moved["cancelled"]] == [str(told)]
    assert [one["send_at"] for one in moved["created"]] == ["2026-06-01T13:00:00+00:00"]
    first, again = rows(house, anna)
    assert first[:3] == (told, "cancelled", "snoozed")
    assert again[1:] == ("planned", "", after(house, hours=3), True)


def test_whatever_is_planned_anew_it_stays_so(house: House, anna: Patient, phone: dict[str, str], told: UUID) -> None:
    put_off(house, phone, told, after(house, hours=3))
    before = rows(house, anna)
    with house.unit() as ctx:
        reminders.replan(ctx, ctx.session.get_one(PatientRow, anna.id))
    assert rows(house, anna) == before


@pytest.mark.parametrize("status", ["sent", "delivered", "dismissed", "opened", "failed"])
def test_one_that_was_told_is_told_once_more(
    house: House, anna: Patient, phone: dict[str, str], told: UUID, status: str
) -> None:
    ended_as(house, told, status=status)
    answer = put_off(house, phone, told, after(house, days=1))
    assert (answer.status_code, answer.json["moved"]["cancelled"]) == (200, [])
    first, again = rows(house, anna)
    assert (first[1], again[1], again[3]) == (status, "planned", after(house, days=1))


def test_one_the_phone_told_by_itself_is_told_once_more(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    ended_as(house, told, status="cancelled", why="told-by-phone")
    assert put_off(house, phone, told, after(house, days=1)).status_code == 200
    assert standing(house, anna) == [after(house, days=1)]


def test_one_that_is_being_sent_is_told_of_as_such(
    house: House, phone: dict[str, str], anna: Patient, told: UUID
) -> None:
    ended_as(house, told, status="claimed", in_flight=True, fence=1, lease_until=after(house, minutes=2))
    moved = put_off(house, phone, told, after(house, days=1)).json["moved"]
    assert [one["id"] for one in moved["in_flight"]] == [str(told)]
    assert standing(house, anna) == [after(house, days=1)]


def test_so_is_one_that_may_have_been_told_already(house: House, phone: dict[str, str], told: UUID) -> None:
    ended_as(house, told, status="due", unsure=True)
    moved = put_off(house, phone, told, after(house, days=1)).json["moved"]
    assert [one["id"] for one in moved["in_flight"]] == [str(told)]


@pytest.mark.promise("P03")
def test_the_same_again_is_nothing_new_even_when_its_moment_has_come(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    until = after(house, hours=3)
    first = put_off(house, phone, told, until)
    before = rows(house, anna)
    again = put_off(house, phone, told, until)
    assert again.json == first.json | {"moved": {"cancelled": [], "created": [], "in_flight": []}}
    house.clock.now = until
    assert put_off(house, phone, told, until).status_code == 200
    assert rows(house, anna) == before


def test_the_last_word_stands_whichever_of_the_two_it_was_said_of(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    one, two = after(house, hours=3), after(house, hours=1)
    put_off(house, phone, told, one)
    again = next(row[0] for row in rows(house, anna) if row[4])
    assert put_off(house, phone, again, two).status_code == 200
    assert standing(house, anna) == [two]
    assert put_off(house, phone, again, two).json["moved"]["created"] == []
    for row_id, until in ((told, one), (again, two), (again, one), (told, two)):
        assert put_off(house, phone, row_id, until).status_code == 200
        assert standing(house, anna) == [until]
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalars(select(SnoozeRow.reminder_id)).all() == [told]


def test_one_that_was_told_once_more_can_be_put_off_further(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    put_off(house, phone, told, after(house, hours=1))
    again = next(row[0] for row in rows(house, anna) if row[4])
    house.clock.now = after(house, hours=1)
    ended_as(house, again, status="opened")
    assert put_off(house, phone, again, after(house, hours=1)).status_code == 200
    assert standing(house, anna) == [after(house, hours=1)]
    assert [row[1] for row in rows(house, anna)] == ["cancelled", "opened", "planned"]


def test_seconds_are_rounded_up_to_the_minute(house: House, anna: Patient, phone: dict[str, str], told: UUID) -> None:
    for seconds in (3601, 3630, 3660):
        assert put_off(house, phone, told, after(house, seconds=seconds)).json["until"] == "2026-06-01T11:01:00+00:00"
    assert standing(house, anna) == [datetime(2026, 6, 1, 11, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    "ahead",
    [timedelta(0), timedelta(seconds=59), timedelta(days=7, seconds=1), timedelta(days=-1)],
)
def test_a_moment_too_near_or_too_far_is_refused(
    house: House, anna: Patient, phone: dict[str, str], told: UUID, ahead: timedelta
) -> None:
    before = rows(house, anna)
    answer = put_off(house, phone, told, house.clock.now + ahead)
    assert (answer.status_code, answer.json["code"]) == (422, "out-of-bounds")
    assert [one["pointer"] for one in answer.json["pointers"]] == ["/until"]
    assert rows(house, anna) == before


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(days=7)])
def test_a_minute_and_a_week_are_within(
    house: House, phone: dict[str, str], anna: Patient, told: UUID, ahead: timedelta
) -> None:
    assert put_off(house, phone, told, house.clock.now + ahead).status_code == 200


def test_no_moment_is_taken_at_which_the_thing_itself_is_over(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    over = datetime(2026, 6, 15, 22, tzinfo=UTC)  # midnight in Amsterdam
    house.clock.now = datetime(2026, 6, 12, 12, tzinfo=UTC)
    answer = put_off(house, phone, told, over - timedelta(seconds=59))
    assert (answer.status_code, answer.json["code"]) == (422, "out-of-bounds")
    assert put_off(house, phone, told, over - timedelta(minutes=1)).status_code == 200


@pytest.mark.parametrize("columns", [{"status": "suppressed", "why": "paused"}, {"status": "expired"}])
def test_one_that_is_held_back_or_came_too_late_is_not_put_off(
    house: House, anna: Patient, phone: dict[str, str], told: UUID, columns: dict[str, str]
) -> None:
    ended_as(house, told, **columns)
    answer = put_off(house, phone, told, after(house, hours=1))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong-state")
    assert len(rows(house, anna)) == 1


@pytest.mark.parametrize("kind", ["test", "correction"])
def test_what_is_told_at_once_is_not_put_off_whenever_to(
    house: House, anna: Patient, phone: dict[str, str], kind: str
) -> None:
    row = ReminderRowFactory.build(patient_id=anna.id, kind=kind)
    row_id: UUID = row.id
    house.add(row)
    answers = [put_off(house, phone, row_id, after(house, hours=hours)) for hours in (1, 24 * 6)]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(409, "wrong-state")] * 2


def test_of_what_is_no_longer_so_nothing_is_promised(
    house: House, anna: Patient, phone: dict[str, str], told: UUID
) -> None:
    ended_as(house, told, status="sent")
    with house.unit(writes=False) as ctx:
        (course,) = treatment.of_patient(ctx.session, anna.id)
    dose(house, anna, course.id, "2026-06-01 09:00")
    answer = put_off(house, phone, told, after(house, hours=1))
    assert (answer.status_code, answer.json["code"]) == (409, "wrong-state")
    with house.unit(writes=False) as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(SnoozeRow)) == 0


def test_in_a_pause_nothing_is_promised(house: House, anna: Patient, phone: dict[str, str], told: UUID) -> None:
    ended_as(house, told, status="sent")
    pause: dict[str, Any] = {
        "paused_from": after(house, hours=1).isoformat(),
        "paused_until": None,
        "stopped": [],
        "nudges": False,
    }
    assert house.put("/me/reminder-wishes", headers=phone, json=pause).status_code == 200
    assert put_off(house, phone, told, after(house, hours=2)).json["code"] == "wrong-state"
    assert put_off(house, phone, told, after(house, minutes=30)).status_code == 200


@pytest.mark.promise("P19")
def test_nobody_elses_reminder_is_there(house: House, anna: Patient, told: UUID) -> None:
    other = house.phone(house.patient())
    answers = [put_off(house, other, one, after(house, hours=1)) for one in (told, uuid4())]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(404, "not-found")] * 2
    assert len(rows(house, anna)) == 1


@pytest.mark.promise("P23")
def test_it_is_noted_that_it_was_put_off(house: House, anna: Patient, phone: dict[str, str], told: UUID) -> None:
    put_off(house, phone, told, after(house, hours=1))
    with house.unit(writes=False) as ctx:
        (row,) = ctx.session.scalars(select(EventRow).where(EventRow.act == "own-reminders:write"))
        assert (row.patient_id, row.subject, row.detail) == (anna.id, str(told), {"snoozed": True})
