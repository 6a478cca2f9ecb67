"""The plan and the difference: pure, no double, no silence, nothing sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.planning import Change, change, plan, present
from notifications.policy import RULES, Rule, Step
from notifications.reminder import Due, Person, Reminder, Status
from notifications.states import TOLD
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
SILENT = st.sampled_from(
    [
        {"channels": ()},
        {"stopped": frozenset({"dose", "form", "test", "correction"})},
        {"paused_from": utc("2026-04-01 00:00"), "paused_until": utc("2026-09-01 00:00")},
        {"paused_from": utc("2026-06-15 12:00")},
    ]
)
WISHING = PEOPLE | st.builds(lambda person, wish: replace(person, **wish), PEOPLE, SILENT)


@st.composite
def dues(draw: st.DrawFn) -> Due:
    on = draw(st.dates(date(2026, 3, 1), date(2026, 11, 30)))
    kind = draw(st.sampled_from(sorted(RULES)))
    clock = draw(st.none() | st.sampled_from([time(2, 30), time(7), time(9), time(20)])) if kind != "form" else None
    return Due(
        kind=kind,
        subject=draw(st.sampled_from(["a", "b", "c"])),
        version=draw(st.integers(1, 3)),
        on=on,
        at=at_wall(on, clock, AMSTERDAM) if clock else None,
        since=on - timedelta(days=9) if kind == "form" else None,
    )


MANY = st.lists(dues(), max_size=8)


class Row:
    """A stored reminder."""

    def __init__(self, reminder: Reminder, status: Status | None = None) -> None:
        self.reminder = reminder
        self.key, self.channel = reminder.key, reminder.channel
        self.send_at, self.expires_at = reminder.send_at, reminder.expires_at
        self.why = reminder.suppressed
        self.status: str = status or (Status.SUPPRESSED if reminder.suppressed else Status.PLANNED)


def written(rows: Sequence[Row], diff: Change) -> list[Row]:
    """Return the rows after the difference was written."""
    renewed = {reminder.key: reminder for reminder in (*diff.renew, *diff.suppress)}
    kept = [Row(renewed[row.key]) if row.key in renewed else row for row in rows]
    for row in kept:
        row.status = Status.CANCELLED if row.key in diff.cancel else row.status
    return kept + [Row(reminder) for reminder in diff.create]


def standing(rows: Sequence[Row]) -> set[Reminder]:
    return {row.reminder for row in rows if row.status == Status.PLANNED}


def held_back(rows: Sequence[Row]) -> set[Reminder]:
    return {row.reminder for row in rows if row.status == Status.SUPPRESSED}


def free(wanted: Sequence[Reminder]) -> set[Reminder]:
    return {reminder for reminder in wanted if not reminder.suppressed}


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


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"channels": ()}, ["no-channel"] * 3),
        ({"stopped": frozenset({"dose"})}, ["stopped"] * 3),
        ({"stopped": frozenset({"form"})}, [""] * 3),
        ({"paused_from": utc("2026-03-05 00:00"), "paused_until": utc("2026-03-10 00:00")}, ["", "paused", ""]),
        ({"paused_from": utc("2026-03-05 00:00")}, ["", "paused", "paused"]),
    ],
)
def test_what_somebody_does_not_want_to_hear_stands_there_with_the_reason(wish: dict[str, Any], why: list[str]) -> None:
    reminders = plan([DueFactory.build()], PersonFactory.build(**wish))
    assert [reminder.suppressed for reminder in reminders] == why
    assert all(bool(reminder.channel) == ("channels" not in wish) for reminder in reminders)


def test_wishes_change_no_key_and_no_moment() -> None:
    due = DueFactory.build()
    silent = plan([due], PersonFactory.build(channels=(), stopped=frozenset({"dose"})))
    heard = plan([due], PersonFactory.build())
    assert [(r.key, r.send_at, r.expires_at) for r in silent] == [(r.key, r.send_at, r.expires_at) for r in heard]


def test_a_site_that_reminds_in_its_own_way() -> None:
    own = {"dose": Rule((Step("soon", 2, time(18)), Step("half", fraction=0.5)), until_moment=True)}
    due = DueFactory.build(subject="a", since=date(2026, 2, 10))
    first, second = plan([due], PersonFactory.build(), own)
    assert (first.step, first.send_at, first.expires_at) == ("half", utc("2026-02-24 08:00"), second.send_at)
    assert (second.step, second.send_at, second.expires_at) == ("soon", utc("2026-03-08 17:00"), due.at)
    assert [first.key, second.key] == ["dose:a:1:2026-02-10:half", "dose:a:1:2026-03-10T0800Z:soon"]
    with pytest.raises(ValueError, match="unknown kind"):
        plan([DueFactory.build(kind="form")], PersonFactory.build(), own)


def test_the_steps_of_a_window_so_short_that_they_meet_are_told_as_one() -> None:
    days = [date(2026, 3, 10), date(2026, 3, 9), date(2026, 3, 8)]
    told = [plan([DueFactory.build(kind="form", at=None, since=since)], PersonFactory.build()) for since in days]
    assert [[reminder.step for reminder in steps] for steps in told] == [
        ["last-day"],
        ["opens", "last-day"],
        ["opens", "half-way", "last-day"],
    ]


def test_a_snoozed_reminder_is_told_once_more_at_its_moment_whatever_the_hour() -> None:
    due, night = DueFactory.build(subject="a"), utc("2026-03-10 03:30")
    plain = plan([due], PersonFactory.build())
    key = plain[1].key
    reminders = plan([due], PersonFactory.build(), RULES, {key: night, "dose:gone:1:2026-03-10:day-before": night})
    (again,) = set(reminders) - set(plain)
    assert set(plain) < set(reminders)
    assert again == replace(
        plain[1], key=f"{key}:snoozed:20260310T0330Z", send_at=night, expires_at=utc("2026-03-10 08:00")
    )
    later = plan([due], PersonFactory.build(), RULES, {again.key: utc("2026-03-10 05:00")})
    assert [one.key for one in set(later) - set(plain)] == [f"{key}:snoozed:20260310T0500Z"]


def test_a_snooze_stays_the_same_when_only_a_version_grows_and_goes_when_the_day_does() -> None:
    due, until = DueFactory.build(subject="a", version=2), utc("2026-03-10 03:30")
    asked = {"dose:a:1:2026-03-10T0800Z:day-before": until}
    moved = replace(due, on=date(2026, 3, 11), at=utc("2026-03-11 08:00"))
    (again,) = (one for one in plan([due, moved], PersonFactory.build(), RULES, asked) if "snoozed" in one.key)
    assert (again.key, again.version) == ("dose:a:1:2026-03-10T0800Z:day-before:snoozed:20260310T0330Z", 2)


def test_a_snooze_goes_when_what_it_was_about_is_over_and_when_its_reason_is_met() -> None:
    due = DueFactory.build(subject="a")
    key = plan([due], PersonFactory.build())[0].key
    over = plan([due], PersonFactory.build(), RULES, {key: utc("2026-03-10 08:00")})
    assert not any("snoozed" in one.key for one in over)
    rows = [Row(one) for one in plan([due], PersonFactory.build(), RULES, {key: utc("2026-03-05 08:00")})]
    assert f"{key}:snoozed:20260305T0800Z" in change(rows, (), LONG_AGO).cancel


def test_a_snooze_into_a_pause_is_held_back_too() -> None:
    due, paused = DueFactory.build(subject="a"), PersonFactory.build(paused_from=utc("2026-03-05 00:00"))
    key = plan([due], paused)[0].key
    reminders = plan([due], paused, RULES, {key: utc("2026-03-05 08:00")})
    assert [(one.send_at.day, one.suppressed) for one in reminders] == [
        (3, ""), (5, "paused"), (9, "paused"), (10, "paused"),
    ]  # fmt: skip


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


def test_a_form_that_was_told_to_be_open_is_not_told_so_again_when_its_last_day_moves() -> None:
    """The dose is given two days late, and the form about the interval it ended may be filled in two days longer."""
    anna = PersonFactory.build()
    expected = DueFactory.build(kind="form", subject="a", version=0, at=None, since=date(2026, 3, 1))
    rows = [Row(reminder) for reminder in plan([expected], anna)]
    rows[0].status = Status.SENT
    given_late = replace(expected, on=date(2026, 3, 12))
    diff = change(rows, plan([given_late], anna), utc("2026-03-03 12:00"))
    assert [reminder.step for reminder in (*diff.renew, *diff.create)] == ["half-way", "last-day"]
    assert diff.cancel == (rows[2].key,)


@given(MANY, MANY, WISHING, WISHING)
def test_after_the_difference_is_written_what_stands_is_what_is_planned(
    before: list[Due], after: list[Due], then: Person, now_person: Person
) -> None:
    rows = written([], change([], plan(before, then), LONG_AGO))
    wanted = plan(after, now_person)
    rows = written(rows, change(rows, wanted, LONG_AGO))
    assert standing(rows) == free(wanted)
    assert held_back(rows) == set(wanted) - free(wanted)
    assert change(rows, wanted, LONG_AGO) == Change(keep=tuple(sorted(reminder.key for reminder in wanted)))


@given(MANY, MANY, WISHING, WISHING)
def test_the_difference_touches_each_row_in_one_way_only(
    before: list[Due], after: list[Due], then: Person, now_person: Person
) -> None:
    rows = [Row(reminder) for reminder in plan(before, then)]
    diff = change(rows, plan(after, now_person), LONG_AGO)
    touched = [*diff.cancel, *diff.keep, *(r.key for r in (*diff.renew, *diff.suppress))]
    named = [*touched, *(r.key for r in diff.create)]
    assert len(named) == len(set(named))
    assert {row.key for row in rows} == set(touched)


@given(MANY, WISHING, st.sampled_from([*TOLD, Status.FAILED, Status.EXPIRED]))
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


@pytest.mark.promise("P12")
@given(st.lists(st.tuples(MANY, WISHING, st.integers(0, 40)), min_size=1, max_size=6))
def test_whatever_changes_no_key_is_told_twice_and_nothing_wanted_is_forgotten(
    history: list[tuple[list[Due], Person, int]],
) -> None:
    now, rows, told = utc("2026-03-01 00:00"), list[Row](), list[str]()
    for many, person, days in history:
        wanted = plan(many, person)
        rows = written(rows, change(rows, wanted, now))
        open_keys = {row.key for row in rows if row.status == Status.PLANNED}
        assert open_keys == {one.key for one in free(wanted) if one.expires_at > now and one.key not in told}
        now += timedelta(days=days)
        for row in rows:
            if row.status == Status.PLANNED and row.send_at <= now:
                row.status = Status.SENT if now < row.expires_at else Status.EXPIRED
                told.append(row.key)
    assert len(told) == len(set(told))


def test_what_was_held_back_is_told_when_the_reason_falls_away_in_time() -> None:
    due, anna = DueFactory.build(), PersonFactory.build()
    rows = [Row(reminder) for reminder in plan([due], replace(anna, stopped=frozenset({"dose"})))]
    wanted = plan([due], anna)
    assert change(rows, wanted, LONG_AGO).renew == wanted
    assert change(rows, wanted, wanted[0].expires_at).renew == wanted[1:]  # the first is over
    assert change(rows, (), LONG_AGO).cancel == tuple(sorted(row.key for row in rows))
    assert held_back(written(rows, change(rows, (), LONG_AGO))) == set()


def test_a_pause_holds_back_what_waits_and_leaves_what_is_being_sent_to_its_sender() -> None:
    due, anna = DueFactory.build(), PersonFactory.build()
    rows = [Row(reminder) for reminder in plan([due], anna)]
    rows[0].status, rows[1].status = Status.CLAIMED, Status.DUE
    paused = plan([due], replace(anna, paused_from=LONG_AGO))
    assert change(rows, paused, LONG_AGO) == Change(keep=(rows[0].key,), suppress=paused[1:])
    gone = [Row(reminder, Status.CANCELLED) for reminder in plan([due], anna)]
    assert change(gone, paused, LONG_AGO) == Change(keep=tuple(sorted(row.key for row in gone)))


def test_what_is_held_back_is_so_for_the_reason_and_at_the_time_that_hold_now_unless_it_is_over() -> None:
    due, anna = DueFactory.build(), PersonFactory.build()
    paused = plan([due], replace(anna, paused_from=LONG_AGO))
    rows = [Row(reminder) for reminder in paused]
    stopped = plan([due], replace(anna, stopped=frozenset({"dose"})))
    assert change(rows, stopped, LONG_AGO).suppress == stopped
    assert change(rows, stopped, paused[0].expires_at).suppress == stopped[1:]
    late_riser = plan([due], replace(anna, paused_from=LONG_AGO, quiet_to=time(9, 30)))
    assert change(rows, late_riser, LONG_AGO).suppress == late_riser[:3]
    assert change(rows, paused, LONG_AGO).suppress == ()


def test_what_is_due_already_is_judged_by_this_moment_and_what_is_to_come_by_its_own() -> None:
    due, anna = DueFactory.build(), PersonFactory.build()
    now = utc("2026-03-05 08:00")  # the first was to be told two days ago
    for begins, ends, why in (
        (utc("2026-03-04 00:00"), utc("2026-03-06 00:00"), ["paused", "", ""]),
        (utc("2026-03-02 00:00"), now, ["", "", ""]),
        (utc("2026-03-09 00:00"), None, ["", "paused", "paused"]),
    ):
        person = replace(anna, paused_from=begins, paused_until=ends)
        assert [one.suppressed for one in present(plan([due], person), person, now)] == why


def test_what_failed_has_another_chance_where_the_way_was_mended_and_what_was_told_has_not() -> None:
    wanted = plan([DueFactory.build(subject="a")], PersonFactory.build())
    rows = [Row(wanted[0], Status.FAILED), Row(wanted[1], Status.EXPIRED), Row(wanted[2], Status.OPENED)]
    assert change(rows, wanted, LONG_AGO).renew == ()
    assert change(rows, wanted, LONG_AGO, mended=True).renew == wanted[:1]
    assert change(rows, wanted, wanted[0].expires_at, mended=True).renew == ()
    paused = plan([DueFactory.build(subject="a")], PersonFactory.build(paused_from=LONG_AGO))
    assert change(rows, paused, LONG_AGO, mended=True).renew == ()


def test_what_was_given_back_for_another_try_keeps_its_channel_but_not_its_old_time() -> None:
    due, anna = DueFactory.build(), PersonFactory.build()
    rows = [Row(reminder, Status.DUE) for reminder in plan([due], anna)]
    assert change(rows, plan([due], replace(anna, channels=("sms",))), LONG_AGO).renew == ()
    later = plan([due], replace(anna, quiet_to=time(9, 30)))
    assert change(rows, later, LONG_AGO).renew == later[:3]
    planned = [Row(reminder) for reminder in plan([due], anna)]
    elsewhere = plan([due], replace(anna, channels=("sms",)))
    assert change(planned, elsewhere, LONG_AGO).renew == elsewhere


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
    due = DueFactory.build(kind="monitoring", at=None)
    rows = [Row(reminder) for reminder in plan([due], PersonFactory.build())]
    moved = plan([due], PersonFactory.build(quiet_to=time(10)))
    assert change(rows, moved, LONG_AGO) == Change(renew=moved)
    assert moved[0].send_at == utc("2026-03-03 09:00")
