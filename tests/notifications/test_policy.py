"""When a reminder is told: clock time, quiet hours, the two days on which the clocks change, and expiry."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.policy import RULES, Rule, Step, asked, day, expires_at, outside_quiet, rule, send_at, withheld
from notifications.walltime import at_wall, known_zone, local
from tests.notifications.making import AMSTERDAM, DueFactory, PersonFactory, ReminderFactory, utc

ZONES = [
    AMSTERDAM,
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "UTC",
]
CLOCKS = st.times(max_value=time(23, 59)).map(lambda clock: clock.replace(second=0, microsecond=0))
CHANGE_DAYS = st.sampled_from([date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)])
DAYS = st.one_of(CHANGE_DAYS, st.dates(date(2026, 1, 1), date(2030, 12, 31)))


@pytest.mark.promise("P13")
@given(DAYS, CLOCKS, st.sampled_from(ZONES))
def test_a_wall_time_is_the_first_instant_at_which_the_clock_shows_it_or_more(on: date, clock: time, zone: str) -> None:
    found = at_wall(on, clock, zone)
    wanted = datetime.combine(on, clock)
    shown = found.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    just_before = (found - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    an_hour_before = (found - timedelta(hours=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert just_before < wanted <= shown
    assert an_hour_before != wanted  # not the second of two


@pytest.mark.promise("P13")
def test_a_skipped_time_is_the_end_of_the_gap_and_a_doubled_one_the_first() -> None:
    assert at_wall(date(2026, 3, 29), time(2, 30), AMSTERDAM) == utc("2026-03-29 01:00")
    assert at_wall(date(2026, 10, 25), time(2, 30), AMSTERDAM) == utc("2026-10-25 00:30")
    assert at_wall(date(2026, 10, 25), time(2, 30), AMSTERDAM, fold=1) == utc("2026-10-25 01:30")
    assert at_wall(date(2011, 12, 30), time(9), "Pacific/Apia") == utc("2011-12-30 10:00")  # no such day


def test_a_zone_is_known_by_its_name_in_the_iana_database() -> None:
    assert known_zone(AMSTERDAM)
    assert not any(known_zone(name) for name in ("Europe/Uitwerk", "Europe", "", "../etc/passwd", "a\0b"))


def _quiet(clock: time, start: time, stop: time) -> bool:
    return start <= clock < stop if start <= stop else not stop <= clock < start


def _quiet_minutes(start: time, stop: time) -> int:
    return ((stop.hour - start.hour) * 60 + stop.minute - start.minute) % 1440


@given(DAYS, CLOCKS, CLOCKS, CLOCKS, st.sampled_from(ZONES), st.booleans())
def test_nothing_is_told_in_quiet_hours(
    on: date, clock: time, start: time, stop: time, zone: str, must_be_early: bool
) -> None:
    assume(_quiet_minutes(start, stop) <= 18 * 60)
    person = PersonFactory.build(zone=zone, quiet_from=start, quiet_to=stop)
    planned = at_wall(on, clock, zone)
    told = outside_quiet(planned, person, not_after=planned + timedelta(minutes=1) if must_be_early else None)
    assert not _quiet(local(told, zone).time(), start, stop)
    if must_be_early:
        assert told <= planned + timedelta(minutes=1)
    else:
        assert told >= planned
        assert told - planned <= timedelta(minutes=_quiet_minutes(start, stop) + 60)


@given(DAYS, CLOCKS, CLOCKS, st.sampled_from(ZONES))
def test_without_quiet_hours_nothing_moves(on: date, clock: time, edge: time, zone: str) -> None:
    planned = at_wall(on, clock, zone)
    assert outside_quiet(planned, PersonFactory.build(zone=zone, quiet_from=None)) == planned
    assert outside_quiet(planned, PersonFactory.build(zone=zone, quiet_from=edge, quiet_to=edge)) == planned


@pytest.mark.parametrize(
    ("planned", "told"),
    [
        ("2026-03-09 21:00", "2026-03-10 06:00"),  # 22:00 local: the end of quiet, 07:00
        ("2026-03-09 20:59", "2026-03-09 20:59"),  # a minute before it begins
        ("2026-03-10 06:00", "2026-03-10 06:00"),  # the end itself is not quiet
        ("2026-03-28 22:00", "2026-03-29 05:00"),  # the night the clocks go forward
        ("2026-10-24 21:00", "2026-10-25 06:00"),  # and back
    ],
)
def test_quiet_hours_end_on_the_persons_own_clock(planned: str, told: str) -> None:
    assert outside_quiet(utc(planned), PersonFactory.build()) == utc(told)


def test_quiet_that_ends_in_the_doubled_hour_ends_after_the_moment_and_not_before_it() -> None:
    person = PersonFactory.build(quiet_to=time(2, 30))
    assert outside_quiet(utc("2026-10-25 01:15"), person) == utc("2026-10-25 01:30")


def test_what_is_due_before_quiet_ends_is_told_before_quiet_begins() -> None:
    person = PersonFactory.build(quiet_to=time(9))
    assert outside_quiet(utc("2026-03-10 06:00"), person, utc("2026-03-10 07:30")) == utc("2026-03-09 20:59")
    assert outside_quiet(utc("2026-03-10 06:00"), person, utc("2026-03-10 08:00")) == utc("2026-03-09 20:59")
    assert outside_quiet(utc("2026-03-10 06:00"), person, utc("2026-03-10 08:01")) == utc("2026-03-10 08:00")


@pytest.mark.parametrize(
    ("kind", "step", "at", "told"),
    [
        ("dose", 0, "2026-03-10 13:00", "2026-03-03 08:00"),
        ("dose", 1, "2026-03-10 13:00", "2026-03-09 08:00"),
        ("dose", 2, "2026-03-10 13:00", "2026-03-10 07:00"),  # 08:00 local is earlier than 2 h before
        ("dose", 2, "2026-03-10 08:30", "2026-03-10 06:30"),  # 2 h before is earlier
        ("dose", 2, None, "2026-03-10 07:00"),
        ("dose-expected", 0, None, "2026-03-03 08:00"),
        ("home-dose", 0, "2026-03-10 19:00", "2026-03-10 19:00"),
        ("home-dose", 0, None, "2026-03-10 08:00"),
        ("sample-kit", 0, None, "2026-03-10 08:00"),
        ("sample", 0, "2026-03-10 13:00", "2026-03-09 08:00"),
        ("sample", 1, "2026-03-10 08:30", "2026-03-10 06:30"),
        ("sample-post", 0, None, "2026-03-10 15:00"),
        ("sample-post", 1, None, "2026-03-11 09:00"),
        ("form", 0, None, "2026-03-01 08:00"),
        ("form", 1, None, "2026-03-06 08:00"),  # day 4.5 of 9
        ("form", 2, None, "2026-03-10 08:00"),
        ("dose-late", 0, None, "2026-03-10 08:00"),
        ("home-dose-late", 0, None, "2026-03-10 08:00"),
        ("checklist", 0, None, "2026-03-09 08:00"),
        ("diary", 0, None, "2026-03-10 18:00"),
        ("monitoring", 0, None, "2026-03-03 08:00"),
    ],
)
def test_each_step_has_its_hour(kind: str, step: int, at: str | None, told: str) -> None:
    due = DueFactory.build(kind=kind, at=utc(at) if at else None, since=date(2026, 3, 1))
    assert send_at(due, RULES[kind].steps[step], PersonFactory.build()) == utc(told)


@pytest.mark.parametrize(
    ("kind", "at", "over"),
    [
        ("dose", "2026-03-10 08:00", "2026-03-10 08:00"),
        ("dose", None, "2026-03-10 23:00"),
        ("home-dose", "2026-03-10 19:00", "2026-03-10 23:00"),
        ("sample-post", None, "2026-03-11 23:00"),
        ("dose-expected", None, "2026-03-17 23:00"),
        ("sample", "2026-03-10 08:00", "2026-03-10 08:00"),
        ("sample", None, "2026-03-10 23:00"),
        ("form", None, "2026-03-10 23:00"),
        ("dose-late", None, "2026-03-17 23:00"),
        ("diary", None, "2026-03-10 23:00"),
    ],
)
def test_a_reminder_expires_when_it_can_help_no_more(kind: str, at: str | None, over: str) -> None:
    assert expires_at(DueFactory.build(kind=kind, at=utc(at) if at else None), PersonFactory.build()) == utc(over)


def test_a_day_that_is_an_hour_short_still_ends_at_midnight() -> None:
    due = DueFactory.build(on=date(2026, 3, 29), at=None)
    assert expires_at(due, PersonFactory.build()) == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "fraction", "told"),
    [
        (date(2026, 2, 10), 0.5, date(2026, 2, 24)),  # the middle of four weeks
        (date(2026, 2, 10), 0.75, date(2026, 3, 3)),
        (date(2026, 3, 9), 0.5, date(2026, 3, 10)),  # half a day counts as one
        (date(2026, 3, 8), 0.2, date(2026, 3, 8)),
        (date(2026, 3, 10), 1, date(2026, 3, 10)),
        (date(2026, 3, 20), 0.5, date(2026, 3, 20)),  # began after its end: no way to go
        (None, 0.5, None),
    ],
)
def test_a_part_of_the_way_is_told_on_a_whole_day(since: date | None, fraction: float, told: date | None) -> None:
    step = Step("part", fraction=fraction)
    due = DueFactory.build(since=since)
    assert day(due, step, AMSTERDAM) == told
    assert (send_at(due, step, PersonFactory.build()) is None) is (told is None)


def test_what_is_told_after_the_due_day_waits_for_the_end_of_quiet_hours_too() -> None:
    late_riser = PersonFactory.build(quiet_to=time(11))
    due, next_day = DueFactory.build(kind="sample-post", at=None), RULES["sample-post"].steps[1]
    assert send_at(due, next_day, late_riser) == utc("2026-03-11 10:00")
    assert send_at(due, next_day, PersonFactory.build(quiet_from=time(9), quiet_to=time(23, 59))) == utc(
        "2026-03-11 22:59"
    )


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (AMSTERDAM, {"day-before": "2026-06-02 07:00", "same-day": "2026-06-03 06:00", "over": "2026-06-03 22:00"}),
        # Eight in the evening there is three in the morning of the next day here.
        ("Asia/Tokyo", {"day-before": "2026-06-03 00:00", "same-day": "2026-06-03 16:00", "over": "2026-06-04 15:00"}),
    ],
)
def test_a_day_is_that_of_the_moment_where_the_person_is(zone: str, told: dict[str, str]) -> None:
    person = PersonFactory.build(zone=zone, quiet_from=None, quiet_to=None)
    due = DueFactory.build(on=date(2026, 6, 3), at=utc("2026-06-03 18:00"))
    steps = {step.name: send_at(due, step, person) for step in RULES["dose"].steps[1:]}
    at_home = replace(due, kind="home-dose")
    assert steps | {"over": expires_at(at_home, person)} == {name: utc(at) for name, at in told.items()}
    assert send_at(at_home, RULES["home-dose"].steps[0], person) == due.at


def test_a_site_keeps_a_reminder_for_as_long_as_it_says() -> None:
    due, person = DueFactory.build(kind="form", at=None), PersonFactory.build()
    assert expires_at(due, person, {"form": Rule((), useful_days=2)}) == utc("2026-03-12 23:00")


def test_what_is_not_told_says_why() -> None:
    now = utc("2026-03-10 08:00")
    paused = PersonFactory.build(paused_from=now, paused_until=now + timedelta(hours=1))
    assert withheld("dose", now, PersonFactory.build()) == ""
    assert [withheld(kind, now, paused) for kind in ("dose", "correction", "test")] == ["paused", "paused", ""]
    assert withheld("dose", now + timedelta(hours=1), paused) == ""
    assert withheld("dose", now - timedelta(seconds=1), paused) == ""
    assert withheld("dose", now, PersonFactory.build(paused_from=now)) == "paused"  # without end
    stopped = PersonFactory.build(stopped=frozenset({"dose", "correction", "test"}))
    told = {kind: withheld(kind, now, stopped) for kind in ("dose", "form", "correction", "test")}
    assert told == {"dose": "stopped", "form": "", "correction": "", "test": ""}
    assert {withheld(kind, now, PersonFactory.build(channels=())) for kind in RULES} == {"no-channel"}


def test_what_somebody_asked_for_is_held_up_by_no_quiet_hours() -> None:
    assert asked(ReminderFactory.build(kind="test"))
    assert asked(ReminderFactory.build(kind="correction"))
    assert not asked(ReminderFactory.build(kind="dose"))
    assert asked(ReminderFactory.build(kind="dose", key="dose:a:1:2026-03-10:day-before:snoozed:20260310T0800Z"))


def test_nobody_is_called_when_a_nudge_does_not_arrive() -> None:
    assert {kind for kind, terms in RULES.items() if terms.minor} == {"diary", "test"}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        rule("walk")
