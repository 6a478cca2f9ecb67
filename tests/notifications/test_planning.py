"""The plan and the difference: pure, no double, no silence, nothing sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.planning import Change, change, plan
from notifications.policy import RULES
from notifications.reminder import Due, Person, Reminder, Status
from notifications.walltime import at_wall
from tests.notifications.making import AMSTERDAM, DueFactory, PersonFactory, utc

LONG_AGO = utc("2020-01-01 00:00")
PEOPLE = st.builds(
    Person,
    zone=st.sampled_from([AMSTERDAM, "America/New_York", "Asia/Kolkata"]),
    language=st.sampled_from(["nl", "en"]),
    quiet_from=st.sampled_from([None, time(21), time(22, 30), time(0)]),
    quiet_to=st.sampled_from([time(6), time(8), time(10)]),
    channels=st.just(("email",)),
)


@st.composite
def dues(draw: st.DrawFn) -> Due:
    on = draw(st.dates(date(2026, 3, 1), date(2026, 11, 30)))
    clock = draw(st.none() | st.sampled_from([time(2, 30), time(7), time(9), time(20)]))
    return Due(
        kind=draw(st.sampled_from(sorted(RULES))),
        subject=draw(st.sampled_from(["a", "b", "c"])),
        version=draw(st.integers(1, 3)),
        on=on,
        at=at_wall(on, clock, AMSTERDAM) if clock else None,
    )


MANY = st.lists(dues(), max_size=8)


class Row:
    """A stored reminder."""

    def __init__(self, reminder: Reminder, status: Status = Status.WAITING) -> None:
        self.reminder = reminder
        self.key, self.channel = reminder.key, reminder.channel
        self.send_at, self.expires_at = reminder.send_at, reminder.expires_at
        self.status: str = status


def written(rows: Sequence[Row], diff: Change) -> list[Row]:
    """Return the rows after the difference was written."""
    renewed = {reminder.key: reminder for reminder in diff.renew}
    kept = [Row(renewed[row.key]) if row.key in renewed else row for row in rows]
    for row in kept:
        row.status = Status.CANCELLED if row.key in diff.cancel else row.status
    return kept + [Row(reminder) for reminder in diff.create]


def standing(rows: Sequence[Row]) -> set[Reminder]:
    return {row.reminder for row in rows if row.status == Status.WAITING}


@given(st.data(), MANY, PEOPLE)
def test_a_plan_does_not_depend_on_the_order_in_which_things_fall_due(
    data: st.DataObject, many: list[Due], person: Person
) -> None:
    shuffled = data.draw(st.permutations(many))
    assert plan(shuffled, person) == plan(many, person)


@given(MANY, PEOPLE)
def test_a_plan_is_in_order_with_unique_keys_and_nothing_that_expires_before_it_is_sent(
    many: list[Due], person: Person
) -> None:
    reminders = plan(many, person)
    assert list(reminders) == sorted(reminders, key=lambda reminder: (reminder.send_at, reminder.key))
    assert len({reminder.key for reminder in reminders}) == len(reminders)
    assert all(reminder.send_at < reminder.expires_at for reminder in reminders)


@given(dues(), PEOPLE, st.integers(-15 * 24, 48))
def test_of_one_due_thing_never_more_than_one_reminder_can_be_sent_at_a_moment(
    due: Due, person: Person, hours: int
) -> None:
    moment = at_wall(due.on, time(0), AMSTERDAM) + timedelta(hours=hours)
    live = [r for r in plan([due], person) if r.send_at <= moment < r.expires_at]
    assert len(live) <= 1


@given(dues(), PEOPLE)
def test_everything_due_is_told_at_least_once(due: Due, person: Person) -> None:
    assert plan([due], person)


def test_two_steps_that_quiet_hours_push_together_are_told_as_one() -> None:
    night_worker = PersonFactory.build(quiet_from=time(8), quiet_to=time(23))
    reminders = plan([DueFactory.build(at=utc("2026-03-09 23:30"))], night_worker)  # half past midnight
    assert [reminder.step for reminder in reminders] == ["week-before", "same-day"]


def test_a_person_without_channels_is_told_nothing() -> None:
    assert plan([DueFactory.build()], PersonFactory.build(channels=())) == ()


def test_the_first_channel_is_used() -> None:
    reminders = plan([DueFactory.build()], PersonFactory.build(channels=("folder", "email")))
    assert {reminder.channel for reminder in reminders} == {"folder"}


def test_a_key_tells_subject_step_version_and_day_apart() -> None:
    due = DueFactory.build(kind="form", subject="form-7", at=None)
    others = [
        replace(due, subject="form-8"),
        replace(due, version=2),
        replace(due, on=date(2026, 3, 11)),
        replace(due, kind="sample-post"),
        replace(due, at=utc("2026-03-10 19:00")),
    ]
    assert len({plan([one], PersonFactory.build())[0].key for one in [due, *others]}) == 6


@given(MANY, MANY, PEOPLE, PEOPLE)
def test_after_the_difference_is_written_what_stands_is_what_is_planned(
    before: list[Due], after: list[Due], then: Person, now_person: Person
) -> None:
    rows = written([], change([], plan(before, then), LONG_AGO))
    wanted = plan(after, now_person)
    rows = written(rows, change(rows, wanted, LONG_AGO))
    assert standing(rows) == set(wanted)
    again = change(rows, wanted, LONG_AGO)
    assert (again.cancel, again.create, again.renew) == ((), (), ())


@given(MANY, MANY, PEOPLE)
def test_the_difference_touches_each_row_in_one_way_only(before: list[Due], after: list[Due], person: Person) -> None:
    rows = [Row(reminder) for reminder in plan(before, person)]
    diff = change(rows, plan(after, person), LONG_AGO)
    named = [*diff.cancel, *diff.keep, *(r.key for r in diff.create), *(r.key for r in diff.renew)]
    assert len(named) == len(set(named))
    assert {row.key for row in rows} == {*diff.cancel, *diff.keep, *(r.key for r in diff.renew)}


@given(MANY, PEOPLE, st.sampled_from([Status.SENT, Status.FAILED, Status.EXPIRED]))
def test_a_rebuild_never_sends_again_what_is_over(many: list[Due], person: Person, status: Status) -> None:
    wanted = plan(many, person)
    diff = change([Row(reminder, status) for reminder in wanted], wanted, LONG_AGO)
    assert diff == Change(keep=tuple(sorted(reminder.key for reminder in wanted)))


@given(MANY, PEOPLE, st.datetimes(datetime(2026, 3, 1), datetime(2026, 12, 1)))  # noqa: DTZ001
def test_what_has_expired_is_not_created(many: list[Due], person: Person, naive: datetime) -> None:
    now = utc(naive.isoformat())
    created = change([], plan(many, person), now).create
    assert created == tuple(r for r in plan(many, person) if r.expires_at > now)


@pytest.mark.promise("P12")
def test_moving_a_dose_away_and_back_cancels_and_plans_anew() -> None:
    anna = PersonFactory.build()
    first = DueFactory.build(subject="dose", version=1)
    rows = [Row(reminder, Status.SENT) for reminder in plan([first], anna)[:1]]
    rows += [Row(reminder) for reminder in plan([first], anna)[1:]]
    away = replace(first, version=2, on=date(2026, 3, 17), at=utc("2026-03-17 08:00"))
    diff = change(rows, plan([away], anna), LONG_AGO)
    assert set(diff.cancel) == {row.key for row in rows[1:]}
    rows = written(rows, diff)
    back = replace(first, version=3)
    rows = written(rows, change(rows, plan([back], anna), LONG_AGO))
    assert standing(rows) == set(plan([back], anna))
    assert len(standing(rows)) == 3


def test_a_reminder_that_is_being_sent_is_cancelled_too_but_not_renewed() -> None:
    anna = PersonFactory.build()
    wanted = plan([DueFactory.build()], anna)
    rows = [Row(reminder, Status.CLAIMED) for reminder in wanted]
    assert change(rows, (), LONG_AGO).cancel == tuple(sorted(row.key for row in rows))
    elsewhere = plan([DueFactory.build(subject=wanted[0].subject)], replace(anna, channels=("folder",)))
    assert change(rows, elsewhere, LONG_AGO).renew == ()


def test_a_channel_switched_off_and_on_again_is_not_silence() -> None:
    wanted = plan([DueFactory.build()], PersonFactory.build())
    rows = written([Row(reminder) for reminder in wanted], change([Row(r) for r in wanted], (), LONG_AGO))
    assert standing(rows) == set()
    diff = change(rows, wanted, wanted[-1].send_at)
    assert diff.renew == wanted[-1:]  # what expired meanwhile does not come back


def test_other_quiet_hours_move_the_row_that_waits_and_leave_its_key() -> None:
    due = DueFactory.build(kind="form", at=None)
    rows = [Row(reminder) for reminder in plan([due], PersonFactory.build())]
    moved = plan([due], PersonFactory.build(quiet_to=time(10)))
    diff = change(rows, moved, LONG_AGO)
    assert diff == Change(renew=moved)
    assert moved[0].send_at == utc("2026-03-10 09:00")
