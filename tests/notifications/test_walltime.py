"""The wall clock everywhere: the two nights the clocks change, travellers, month ends, leap days, a new time law."""

import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from notifications.planning import change, plan
from notifications.policy import Rule, Step, send_at
from notifications.reminder import Due, Person, Reminder, Status
from notifications.walltime import at_wall, local
from tests.notifications.making import AMSTERDAM, DueFactory, PersonFactory, utc

KIRITIMATI, PAGO = "Pacific/Kiritimati", "Pacific/Pago_Pago"
ZONES = [AMSTERDAM, KIRITIMATI, PAGO, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London", "UTC"]


def at_night(zone: str = AMSTERDAM) -> Person:
    """Somebody without quiet hours, who wants to hear things at any hour."""
    return PersonFactory.build(zone=zone, quiet_from=None, quiet_to=None)


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("on", "told"),
    [
        (date(2026, 3, 28), "2026-03-28 01:30"),
        (date(2026, 3, 29), "2026-03-29 01:00"),  # 02:30 does not exist: 03:00, the first moment after the gap
        (date(2026, 3, 30), "2026-03-30 00:30"),
        (date(2026, 10, 24), "2026-10-24 00:30"),
        (date(2026, 10, 25), "2026-10-25 00:30"),  # 02:30 comes twice: the first
        (date(2026, 10, 26), "2026-10-26 01:30"),
    ],
)
def test_half_past_two_in_the_nights_around_a_change_of_the_clocks(on: date, told: str) -> None:
    due = DueFactory.build(kind="monitoring", on=on, at=None)
    assert send_at(due, Step("night", 0, time(2, 30)), at_night()) == utc(told)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("days", range(-3, 4))
@pytest.mark.parametrize("change_on", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_wish_for_half_past_two_is_told_once_on_each_day(change_on: date, days: int) -> None:
    own = {"monitoring": Rule((Step("night", 0, time(2, 30)),))}
    due = DueFactory.build(kind="monitoring", on=change_on + timedelta(days=days), at=None)
    (told,) = plan([due], at_night(), own)
    assert local(told.send_at, AMSTERDAM).date() == due.on
    assert local(told.send_at, AMSTERDAM).time() == (time(3) if due.on == date(2026, 3, 29) else time(2, 30))


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (AMSTERDAM, ["2026-03-03 08:00", "2026-03-09 08:00", "2026-03-10 06:00"]),
        (KIRITIMATI, ["2026-03-02 19:00", "2026-03-08 19:00", "2026-03-09 18:00"]),  # 14 hours ahead
        (PAGO, ["2026-03-02 20:00", "2026-03-08 20:00", "2026-03-09 19:00"]),  # 11 behind: the evening of the ninth
    ],
)
def test_a_traveller_is_told_by_the_clock_where_they_are(zone: str, told: list[str]) -> None:
    """The dose is at nine in Amsterdam; the days before it are those of the traveller's own calendar."""
    due = DueFactory.build(at=utc("2026-03-10 08:00"))
    assert [one.send_at for one in plan([due], at_night(zone))] == [utc(moment) for moment in told]


@pytest.mark.promise("P12")
def test_a_journey_moves_the_moments_and_not_the_keys() -> None:
    due = DueFactory.build(kind="monitoring", at=None)
    home, away = (plan([due], at_night(zone)) for zone in (AMSTERDAM, KIRITIMATI))
    assert [one.key for one in home] == [one.key for one in away]
    moved = change([Standing(one) for one in home], away, utc("2026-01-01 00:00"))
    assert (moved.renew, moved.create, moved.cancel) == (away, (), ())
    told = change([Standing(one, Status.SENT) for one in home], away, utc("2026-01-01 00:00"))
    assert (told.renew, told.create) == ((), ())  # the same morning comes again further west: it was told


@pytest.mark.promise("P13")
@pytest.mark.parametrize(
    ("on", "week_before", "day_before"),
    [
        (date(2026, 3, 1), date(2026, 2, 22), date(2026, 2, 28)),
        (date(2028, 3, 1), date(2028, 2, 23), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 2, 22), date(2028, 2, 28)),
        (date(2028, 3, 7), date(2028, 2, 29), date(2028, 3, 6)),
        (date(2027, 1, 1), date(2026, 12, 25), date(2026, 12, 31)),
        (date(2026, 5, 1), date(2026, 4, 24), date(2026, 4, 30)),
    ],
)
def test_the_days_before_cross_the_ends_of_months_and_years(on: date, week_before: date, day_before: date) -> None:
    due = DueFactory.build(on=on, at=at_wall(on, time(9), AMSTERDAM))
    days = [local(one.send_at, AMSTERDAM).date() for one in plan([due], at_night())]
    assert days == [week_before, day_before, on]


@pytest.mark.promise("P13")
def test_half_of_a_stretch_across_a_change_of_the_clocks_is_counted_in_days() -> None:
    due = DueFactory.build(on=date(2026, 4, 11), since=date(2026, 3, 14), at=None)
    assert send_at(due, Step("half", at=time(2, 30), fraction=0.5), at_night()) == utc("2026-03-28 01:30")
    leap = DueFactory.build(on=date(2028, 3, 14), since=date(2028, 2, 15), at=None)
    assert send_at(leap, Step("half", fraction=0.5), at_night()) == utc("2028-02-29 08:00")


@pytest.fixture
def time_law(tmp_path: Path) -> Iterator[Path]:
    """A zone database of our own, to which a test copies zones; afterwards the machine's is back."""
    before = zoneinfo.TZPATH
    (tmp_path / "Europe").mkdir()
    yield tmp_path
    zoneinfo.reset_tzpath(before)
    ZoneInfo.clear_cache()


def decree(law: Path, like: str) -> None:
    """Make the clocks of Amsterdam those of another zone."""
    (law / AMSTERDAM).write_bytes((files("tzdata") / "zoneinfo" / like).read_bytes())
    zoneinfo.reset_tzpath([str(law)])
    ZoneInfo.clear_cache()


@pytest.mark.promise("P13")
def test_a_new_time_law_moves_the_moment_and_leaves_clock_and_key(time_law: Path) -> None:
    due, anna = DueFactory.build(kind="monitoring", on=date(2026, 7, 14), at=None), at_night()
    (before,) = plan([due], anna)
    assert before.send_at == utc("2026-07-07 07:00")
    decree(time_law, "Etc/GMT-1")  # an hour east of Greenwich all year: summer time is gone
    (after,) = plan([due], anna)
    assert after.send_at == utc("2026-07-07 08:00")
    assert local(after.send_at, AMSTERDAM).time() == time(9)
    assert after.key == before.key
    diff = change([Standing(before)], [after], utc("2026-06-01 00:00"))
    assert (diff.renew, diff.create, diff.cancel) == ((after,), (), ())


class Standing:
    """A stored reminder."""

    def __init__(self, reminder: Reminder, status: Status = Status.PLANNED) -> None:
        self.key, self.channel, self.status = reminder.key, reminder.channel, status.value
        self.send_at, self.expires_at, self.why = reminder.send_at, reminder.expires_at, reminder.suppressed


def watched(zone: str, on: date, clock: time) -> datetime:
    """The moment at which somebody who watches the clock first sees a time, or one after it: no arithmetic of zones."""
    here, wanted = ZoneInfo(zone), datetime.combine(on, clock)
    earliest = wanted.replace(tzinfo=UTC) - timedelta(hours=15)
    minutes = (earliest + timedelta(minutes=passed) for passed in range(32 * 60))
    return next(moment for moment in minutes if moment.astimezone(here).replace(tzinfo=None) >= wanted)


def test_four_hundred_random_schedules_are_told_when_the_clock_on_the_wall_says_so() -> None:
    chance = Random(20261121)
    near_changes = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5)]
    for number in range(400):
        zone = chance.choice(ZONES)
        on = chance.choice(near_changes) + timedelta(days=chance.randint(-2, 2))
        on = on if chance.random() < 0.7 else date(2026, 1, 1) + timedelta(days=chance.randint(0, 1200))
        clock = time(chance.choice([1, 2, 2, 3, chance.randint(0, 23)]), chance.choice([0, 15, 30, 59]))
        before, length = chance.randint(-3, 40), chance.randint(1, 60)
        step = Step("s", before, clock) if number % 2 else Step("s", at=clock, fraction=chance.random())
        due = Due("monitoring", "a", 1, on, None, on - timedelta(days=length))
        told_on = on - timedelta(days=before)
        if step.fraction is not None:
            way = step.fraction * length
            nearest = min(range(length + 1), key=lambda days: (abs(days - way), -days))
            told_on = on - timedelta(days=length - nearest)
        assert send_at(due, step, at_night(zone), {"monitoring": Rule((step,), 30)}) == watched(zone, told_on, clock)
