"""Repeating: a day that was told is not told again because a version grew, and never kept silent once it is news."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.planning import named
from notifications.reminder import Reminder, Status
from notifications.repeating import unheard
from notifications.states import TOLD
from tests.notifications.making import AMSTERDAM, ReminderFactory, utc

NOON = utc("2026-03-03 12:00")
ON, OTHER = date(2026, 3, 10), date(2026, 3, 12)


@dataclass(frozen=True)
class Row:
    """A stored reminder that a dose is on the tenth, told at noon under its first version."""

    kind: str = "dose"
    subject: str = "d"
    version: int = 1
    step: str = "week-before"
    due_on: date = ON
    due_at: datetime | None = None
    status: str = "sent"
    in_flight: bool = False
    unsure: bool = False
    told_at: datetime = NOON
    key: str = field(default="")

    def __post_init__(self) -> None:
        about = named(self.due_on, self.due_at)
        known = self.key or f"{self.kind}:{self.subject}:{self.version}:{about}:{self.step}"
        object.__setattr__(self, "key", known)


def wish(row: Row | None = None, key: str = "") -> Reminder:
    """What a row tells of, under its next version."""
    told = replace(row or Row(), version=2, key=key)
    made: Reminder = ReminderFactory.build(
        key=told.key, kind=told.kind, subject=told.subject, version=2, step=told.step,
        due_on=told.due_on, due_at=told.due_at,
    )  # fmt: skip
    return made


def taken_back(minutes: int, *, at: datetime | None = None, in_flight: bool = False, on: date = ON) -> Row:
    status, told_at = ("cancelled", NOON) if in_flight else ("sent", NOON + timedelta(minutes=minutes))
    key = f"correction:dose:d:1:{named(on, at)}"
    return Row("correction", "d", 1, "now", on, None, status, in_flight, told_at=told_at, key=key)


def says(*rows: Row, one: Reminder | None = None) -> bool:
    return unheard(rows, [one or wish()]) != ()


@pytest.mark.parametrize("status", Status)
def test_only_what_was_told_needs_no_telling(status: Status) -> None:
    assert says(Row(status=status.value)) == (status not in TOLD)


@pytest.mark.parametrize(
    "row",
    [
        Row(kind="checklist"),
        Row(subject="e"),
        Row(step="day-before"),
        Row(due_on=OTHER),
        Row(due_at=utc("2026-03-10 08:00")),
    ],
)
def test_another_thing_step_day_or_clock_time_is_another_message(row: Row) -> None:
    assert says(row)


def test_a_moment_is_the_same_in_whatever_zone_it_is_written() -> None:
    at = utc("2026-03-10 08:00")
    assert not says(Row(due_at=at), one=wish(Row(due_at=at.astimezone(ZoneInfo(AMSTERDAM)))))


def test_told_of_another_day_since_the_first_is_news_again_and_of_one_before_it_is_not() -> None:
    for minutes, news in ((1, True), (0, True), (-1, False)):
        elsewhere = Row(due_on=OTHER, version=3, told_at=NOON + timedelta(minutes=minutes))
        assert says(Row(), elsewhere) == says(elsewhere, Row()) == news


def test_of_two_that_both_fall_due_neither_takes_the_place_of_the_other() -> None:
    first, second = Row(), Row(due_on=OTHER, told_at=NOON + timedelta(minutes=1))
    assert unheard([first, second], [wish(first), wish(second)]) == ()


@pytest.mark.parametrize(
    ("correction", "news"),
    [
        (taken_back(1), True),
        (taken_back(0), True),
        (taken_back(-1), False),  # told once more after it
        (taken_back(-1, in_flight=True), True),
        (replace(taken_back(-1), status="failed", unsure=True), True),
        (taken_back(1, on=OTHER), False),
        (taken_back(1, at=utc("2026-03-10 08:00")), False),
        (replace(taken_back(1), status="planned"), False),  # nobody heard it, and nobody will
        (replace(taken_back(1), subject="e"), False),
    ],
)
def test_a_day_that_was_taken_back_since_is_news_again(correction: Row, news: bool) -> None:
    assert says(Row(), correction) == says(correction, Row()) == news


@pytest.mark.parametrize("status", Status)
def test_what_stands_under_its_own_key_is_left_to_the_plan(status: Status) -> None:
    own = wish()
    stands = Row(version=2, status=status.value, told_at=NOON - timedelta(days=1))
    left_out = status in {Status.CANCELLED, Status.FAILED}
    assert (unheard([Row(), stands], [own]) == ()) == left_out


def test_a_correction_is_always_news() -> None:
    again = replace(wish(), kind="correction", step="now", due_at=None, key=f"correction:dose:d:3:{ON}")
    assert says(taken_back(0), one=again)


def test_a_moment_somebody_asked_for_stays_and_its_origin_is_silent() -> None:
    origin, at = wish(), ":snoozed:20260303T1400Z"
    put_off = replace(origin, key=f"{Row().key}{at}")
    assert unheard([Row(status="cancelled")], [origin, put_off]) == (put_off,)
    assert unheard([Row()], [origin, put_off]) == (put_off,)
    told = Row(key=put_off.key, told_at=NOON + timedelta(hours=2))
    assert unheard([Row(status="cancelled"), told], [origin]) == ()


DAYS = st.lists(st.tuples(st.sampled_from([ON, OTHER, date(2026, 3, 14)]), st.booleans()), min_size=1, max_size=8)


@pytest.mark.promise("P11")
@pytest.mark.promise("P12")
@given(DAYS)
def test_wherever_a_day_goes_the_last_that_was_heard_is_where_it_is(days: list[tuple[date, bool]]) -> None:
    """Each version is on a day; a message of it goes out where it says something and somebody looks."""
    rows, heard = list[Row](), list[date]()
    for version, (on, looked) in enumerate(days):
        at = datetime.combine(ON, time(version), UTC)
        row = Row(version=version, due_on=on, told_at=at)
        made = replace(wish(row), key=row.key)
        news = unheard(rows, [made]) != ()
        assert news == (heard[-1:] != [on])
        if news and looked:
            rows.append(row)
            heard.append(on)
