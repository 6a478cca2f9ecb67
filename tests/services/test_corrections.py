"""Corrections: who was told of a day that is no longer right is told so, once, and soon; on both databases."""

from datetime import date, time, timedelta

import pytest

from backend.domain import dosing
from backend.domain.dosing import Dose
from backend.domain.moments import at_wall, local_date
from backend.domain.regimens import Route
from backend.domain.samples import State
from backend.services.reminders import Moved
from backend.storage.reminders import ReminderRow
from notifications.reminder import Accepted, Failed
from tests.factories.chains import ZONE, chain, dose
from tests.house import House
from tests.services.treated import LEASE, Anna, treated

TOOK = Accepted("ref")


@pytest.fixture
def anna(house: House) -> Anna:
    house.clock.now = house.clock.now.replace(month=6, day=1)  # told at 12:00 in Amsterdam, after every step's time
    return treated(house)


def told(anna: Anna, days: int) -> Dose:
    """Plan a dose and tell of it at once: the week before has begun."""
    planned, _ = anna.plan(days)
    assert "dose" in {one.reminder.kind for one in anna.tell()}
    return planned


def corrections(anna: Anna, *states: str) -> list[tuple[str, date, str]]:
    rows: list[ReminderRow] = anna.of("correction")
    return [(row.subject, row.due_on, row.status) for row in rows if not states or row.status in states]


def day(anna: Anna, days: int) -> date:
    return local_date(anna.house.clock.now, ZONE) + timedelta(days=days)


@pytest.mark.promise("P12")
def test_a_day_that_was_told_and_moves_is_corrected_at_once_and_once(anna: Anna) -> None:
    planned = told(anna, 5)
    about, old = f"dose:{planned.id}", day(anna, 5)
    planned, moved = anna.move(planned, 6)
    (row,) = anna.of("correction")
    assert (row.subject, row.due_on, row.status, row.send_at) == (about, old, "planned", anna.house.clock.now)
    assert row.id in {one.id for one in moved.created}
    assert [one.reminder.due_on for one in anna.claim("correction")] == [old]
    anna.forward(minutes=2)
    anna.tell()
    for days in (1, 2):
        assert anna.replan() == Moved((), (), ())
        anna.forward(days=days)
    assert corrections(anna) == [(about, old, "sent")]


def test_a_day_nobody_was_told_of_needs_no_correction(anna: Anna) -> None:
    planned, _ = anna.plan(5)
    anna.move(planned, 6)
    assert corrections(anna) == []


@pytest.mark.promise("P12")
@pytest.mark.parametrize("outcome", [TOOK, Failed(permanent=True, why="smtp-550")])
def test_what_is_being_told_is_corrected_when_whoever_tells_it_must_have_ended(
    anna: Anna, outcome: Accepted | Failed
) -> None:
    planned, _ = anna.plan(5)
    (claimed,) = anna.claim()
    begun = anna.house.clock.now
    assert anna.outbox().attempt(claimed, begun)
    anna.forward(seconds=30)
    planned, moved = anna.move(planned, 6)
    assert [str(one.id) for one in moved.in_flight] == [claimed.id]
    (row,) = anna.of("correction")
    assert row.send_at == begun + LEASE
    assert anna.claim("correction") == []
    assert anna.outbox().acknowledge(claimed, outcome, anna.house.clock.now, None)
    anna.replan()
    # What came to nothing told nobody anything.
    assert corrections(anna, "planned") == (corrections(anna) if outcome is TOOK else [])
    anna.forward(minutes=2)
    assert len(anna.claim("correction")) == (outcome is TOOK)


@pytest.mark.promise("P11")
def test_a_dose_that_was_given_is_not_corrected_also_before_its_day(anna: Anna) -> None:
    planned = told(anna, 5)
    anna.give(planned)
    assert corrections(anna) == []


def test_a_correction_that_waits_is_called_off_when_the_dose_is_given_after_all(anna: Anna) -> None:
    planned = told(anna, 5)
    old = day(anna, 5)
    planned, _ = anna.move(planned, 6)
    anna.give(planned)
    assert corrections(anna) == [(f"dose:{planned.id}", old, "cancelled")]
    anna.forward(minutes=5)
    assert "correction" not in {one.reminder.kind for one in anna.tell()}


def test_a_day_that_has_passed_is_left_alone(anna: Anna) -> None:
    planned = told(anna, 1)
    anna.forward(days=1)  # at 12:00 of that day, three hours after the dose was to be given
    anna.move(planned, 6)
    assert corrections(anna) == []


def test_a_correction_makes_sense_until_the_day_it_names_is_over(anna: Anna) -> None:
    planned = told(anna, 2)
    old = day(anna, 2)
    anna.move(planned, 9)
    (row,) = anna.of("correction")
    assert local_date(row.expires_at, ZONE) == old + timedelta(days=1)
    anna.outbox().expire(row.expires_at)
    assert corrections(anna) == [(f"dose:{planned.id}", old, "expired")]
    assert "correction" in {item.kind for item in anna.items()}


@pytest.mark.promise("P12")
@pytest.mark.parametrize("heard", [False, True])
def test_moved_away_and_back_the_first_day_is_right_again(anna: Anna, heard: bool) -> None:
    planned = told(anna, 5)
    about, old = f"dose:{planned.id}", day(anna, 5)
    planned, _ = anna.move(planned, 9)
    if heard:
        anna.tell()
    planned, _ = anna.move(planned, 5)
    assert corrections(anna) == [(about, old, "sent" if heard else "cancelled")]
    assert {row.due_on for row in anna.open()} == {old}
    # Told once more where it was called wrong.
    assert ("week-before" in [row.step for row in anna.open()]) == heard


@pytest.mark.promise("P12")
def test_away_back_told_again_and_away_again_is_corrected_again_but_once(anna: Anna) -> None:
    planned = told(anna, 5)
    old = day(anna, 5)
    planned, _ = anna.move(planned, 9)
    anna.tell()
    planned, _ = anna.move(planned, 5)
    assert "dose" in {one.reminder.kind for one in anna.tell()}
    anna.move(planned, 9)
    states = [state for _, on, state in corrections(anna) if on == old]
    assert sorted(states) == ["planned", "sent"]
    anna.tell()
    assert anna.replan() == Moved((), (), ())


def test_away_and_back_unheard_and_away_again_the_same_correction_waits_again(anna: Anna) -> None:
    planned = told(anna, 5)
    old = day(anna, 5)
    for days in (9, 5, 9):
        anna.forward(minutes=1)
        planned, _ = anna.move(planned, days)
    (row,) = anna.of("correction")
    assert (row.due_on, row.status, row.send_at) == (old, "planned", anna.house.clock.now)


def test_a_day_told_under_two_versions_is_corrected_once(anna: Anna) -> None:
    planned = told(anna, 5)
    given, _ = anna.give(planned)
    planned = dosing.undo([planned, given], anna.house.clock.now, "mistake")
    anna.put(planned)
    assert corrections(anna) == []  # still that day, whatever was written down and taken back meanwhile
    anna.tell()
    anna.move(planned, 9)
    assert len(corrections(anna, "planned")) == 1


def test_another_clock_time_on_the_same_day_is_another_time_to_be_there(anna: Anna) -> None:
    planned = told(anna, 5)
    anna.put(dosing.move(planned, anna.slot(5, time(14)), anna.house.clock.now, "asked"))
    assert [on for _, on, _ in corrections(anna, "planned")] == [day(anna, 5)]


def test_a_cancelled_dose_is_corrected(anna: Anna) -> None:
    planned = told(anna, 5)
    anna.cancel(planned)
    assert [on for _, on, _ in corrections(anna, "planned")] == [day(anna, 5)]


def test_who_reminds_otherwise_from_now_on_corrects_nothing(anna: Anna) -> None:
    told(anna, 5)
    anna.site_says({"dose": {"steps": []}})
    anna.said(stopped="dose")
    assert corrections(anna) == []


@pytest.mark.promise("P12")
def test_a_finger_prick_moves_along_and_is_corrected_by_itself(anna: Anna) -> None:
    planned, _ = anna.plan(1)
    sample = anna.sample(State.KIT_SENT, State.KIT_RECEIVED)
    old = day(anna, 1)
    assert {"dose", "sample"} <= {one.reminder.kind for one in anna.tell()}
    anna.move(planned, 9)
    wrong = [f"dose:{planned.id}", f"sample:{sample}"]
    assert corrections(anna) == [(about, old, "planned") for about in wrong]


def test_a_finger_prick_that_was_done_or_a_kit_that_came_needs_none(anna: Anna) -> None:
    planned, _ = anna.plan(10)
    sample = anna.sample()
    assert "sample-kit" in {one.reminder.kind for one in anna.tell()}
    anna.step(sample, State.KIT_SENT)
    anna.step(sample, State.KIT_RECEIVED)
    planned, _ = anna.move(planned, 1)
    anna.tell()
    anna.step(sample, State.COLLECTED)
    anna.move(planned, 9)
    assert {subject for subject, _, _ in corrections(anna)} == {f"dose:{planned.id}"}


def test_an_appointment_on_the_day_the_plan_had_guessed_changes_nothing_for_the_kit(anna: Anna) -> None:
    anna.house.clock.now -= timedelta(days=3)  # ten days before the dose that the plan expects
    anna.sample()
    anna.tell()
    assert [row.status for row in anna.of("sample-kit")] == ["sent"]
    planned, _ = anna.plan(10)
    assert corrections(anna) == []
    anna.move(planned, 11)
    assert [on for _, on, _ in corrections(anna, "planned")] == [day(anna, 0)]


def test_a_dose_written_down_beside_the_one_planned_on_that_day_is_the_one_that_was_told(anna: Anna) -> None:
    anna.plan(1)
    assert "dose" in {one.reminder.kind for one in anna.tell()}
    anna.house.clock.now = at_wall(day(anna, 1), time(8, 30), ZONE)  # half an hour before its time
    anna.give_unplanned()
    assert corrections(anna) == []


def test_a_dose_of_ones_own_that_was_only_expected_is_done_when_one_is_given(anna: Anna) -> None:
    anna.site_says({"home-dose": {"steps": [{"name": "before", "days_before": 1}]}})
    line = ["2026-05-26 09:00"]
    treatment_id = chain(anna.house, anna.patient, line, weeks=None, drug="interferon_beta", route=Route.IM)
    anna.replan()
    assert "home-dose" in {one.reminder.kind for one in anna.tell()}
    dose(anna.house, anna.patient, treatment_id, "2026-06-01 11:00")  # a day early
    anna.replan()
    assert corrections(anna) == []


@pytest.mark.parametrize("ends", [timedelta(days=1), None])
def test_a_correction_waits_for_the_end_of_a_pause(anna: Anna, ends: timedelta | None) -> None:
    planned = told(anna, 5)
    anna.said(paused_from=anna.house.clock.now, paused_until=anna.house.clock.now + ends if ends else None)
    anna.move(planned, 9)
    assert [row.status for row in anna.of("correction")] == ["suppressed"]
    anna.forward(days=1)
    anna.replan()
    assert [row.status for row in anna.of("correction")] == ["planned" if ends else "suppressed"]
    assert anna.replan() == Moved((), (), ())
    if ends is None:
        anna.said(paused_from=None)
    assert len(anna.claim("correction")) == 1


def test_what_a_phone_told_by_itself_is_corrected_too(anna: Anna) -> None:
    planned, _ = anna.plan(5)
    (row,) = [row for row in anna.open() if row.send_at <= anna.house.clock.now]
    anna.opened(row.id)
    assert [one.status for one in anna.stored() if one.id == row.id] == ["opened"]
    anna.move(planned, 9)
    assert [on for _, on, _ in corrections(anna, "planned")] == [day(anna, 5)]
