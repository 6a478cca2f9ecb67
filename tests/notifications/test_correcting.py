"""What needs a correction: a day somebody was told of, can still act on, and that is no longer so."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.correcting import DATED, correction, wrong
from notifications.reminder import Due, Person, Status
from notifications.states import TOLD
from tests.notifications.making import AMSTERDAM, DueFactory, PersonFactory, utc

NOW = utc("2026-03-09 08:00")
ON, AT = date(2026, 3, 10), utc("2026-03-10 08:00")
LEASE_ENDS = NOW + timedelta(minutes=2)
ANNA: Person = PersonFactory.build()


@dataclass(frozen=True)
class Row:
    """A stored reminder of a dose tomorrow at 9:00 in Amsterdam that was sent."""

    key: str = "dose:d:1:2026-03-10T0800Z:day-before"
    kind: str = "dose"
    subject: str = "d"
    version: int = 1
    due_on: date = ON
    due_at: datetime | None = AT
    status: str = "sent"
    in_flight: bool = False
    unsure: bool = False
    lease_until: datetime | None = None


def due(**told: object) -> Due:
    made: Due = DueFactory.build(**{"subject": "d", "on": ON, "at": AT, **told})
    return made


def found(*rows: Row, dues: tuple[Due, ...] = (), met: tuple[tuple[str, str], ...] = ()) -> list[Due]:
    return list(wrong(rows, dues, met, ANNA, NOW).values())


@pytest.mark.parametrize("status", Status)
def test_only_what_was_told_can_be_wrong(status: Status) -> None:
    assert bool(found(Row(status=status.value))) == (status in TOLD)


@pytest.mark.parametrize("kind", [*sorted(DATED), "dose-expected", "dose-late", "sample-post", "form", "diary"])
def test_only_what_names_a_day_to_act_on_is_corrected(kind: str) -> None:
    assert bool(found(Row(kind=kind))) == (kind in DATED)


@pytest.mark.parametrize(
    ("now_due", "is_right"),
    [
        (due(), True),
        (due(version=7), True),  # whatever else changed behind it
        (due(subject="another"), True),  # an appointment where the plan had guessed that very moment
        (due(at=AT.astimezone(ZoneInfo(AMSTERDAM))), True),
        (due(at=AT + timedelta(hours=1)), False),
        (due(at=None), False),  # the clock time that was told holds no more
        (due(on=ON + timedelta(days=1)), False),
        (due(kind="dose-expected"), False),
    ],
)
def test_a_day_is_right_while_the_same_falls_due_on_it_at_the_time_that_was_told(now_due: Due, is_right: bool) -> None:
    assert (found(Row(), dues=(now_due,)) == []) == is_right


def test_a_day_told_without_a_clock_time_is_right_at_whatever_time_it_gets() -> None:
    assert found(Row(due_at=None), dues=(due(),)) == []


def test_what_was_done_needs_no_correction() -> None:
    assert found(Row(), met=(("dose", "d"),)) == []
    assert found(Row(), met=(("sample", "d"), ("dose", "e"))) != []


@pytest.mark.parametrize(
    ("on", "at", "over"),
    [
        (ON, NOW + timedelta(microseconds=1), False),
        (ON, NOW, True),
        (date(2026, 3, 9), None, False),
        (date(2026, 3, 8), None, True),
    ],
)
def test_what_is_over_is_left_alone(on: date, at: datetime | None, over: bool) -> None:
    assert (found(Row(due_on=on, due_at=at)) == []) == over


def test_the_local_day_decides_when_it_is_over() -> None:
    late = utc("2026-03-10 22:30")  # half past eleven in Amsterdam, and half an hour after midnight in Athens
    row = Row(due_at=None)
    assert wrong([row], (), (), ANNA, late) != {}
    assert wrong([row], (), (), replace(ANNA, zone="Europe/Athens"), late) == {}


@pytest.mark.parametrize(
    ("status", "lease_until", "at"),
    [
        ("cancelled", LEASE_ENDS, LEASE_ENDS),
        ("claimed", LEASE_ENDS, LEASE_ENDS),
        ("cancelled", NOW - timedelta(seconds=1), NOW),
    ],
)
def test_what_is_being_told_is_corrected_once_that_must_have_ended(
    status: str, lease_until: datetime, at: datetime
) -> None:
    assert [one.at for one in found(Row(status=status, in_flight=True, lease_until=lease_until))] == [at]


@pytest.mark.parametrize("status", ["due", "failed", "expired", "cancelled"])
def test_what_may_have_been_told_is_corrected_at_once(status: str) -> None:
    assert [one.at for one in found(Row(status=status, unsure=True, lease_until=LEASE_ENDS))] == [NOW]


def test_steps_of_one_day_are_corrected_together_when_the_last_must_have_ended() -> None:
    sent, sending = Row(), Row(status="cancelled", in_flight=True, lease_until=LEASE_ENDS)
    for rows in ((sent, sending), (sending, sent)):
        assert [one.at for one in found(*rows)] == [LEASE_ENDS]


def test_a_day_told_under_two_versions_is_corrected_as_the_newer() -> None:
    assert [one.version for one in found(Row(version=3), Row(version=1), Row(version=2))] == [3]
    assert len(found(Row(), Row(subject="e"), Row(kind="sample"), Row(due_on=date(2026, 3, 12)))) == 4


@given(st.permutations([Row(), Row(version=2), Row(subject="e"), Row(status="cancelled"), Row(due_at=None)]))
def test_the_order_of_the_rows_makes_no_difference(rows: list[Row]) -> None:
    assert wrong(rows, (), (), ANNA, NOW) == wrong([*reversed(rows)], (), (), ANNA, NOW)


def test_keys_tell_thing_version_day_and_clock_time_apart_and_fit() -> None:
    rows = [
        Row(),
        Row(subject="e"),
        Row(kind="sample"),
        Row(due_at=AT + timedelta(hours=1)),
        Row(due_on=ON + timedelta(days=1)),
        Row(version=2, due_on=date(2026, 3, 20)),
    ]
    assert len(wrong(rows, (), (), ANNA, NOW)) == len(rows)
    long = Row(kind="checklist", subject=f"after:{'x' * 36}", version=1000)
    assert all(len(key) < 200 for key in wrong([long], (), (), ANNA, NOW))


def test_it_is_told_until_the_day_it_named_is_over_by_the_first_channel() -> None:
    (key, wrongly) = next(iter(wrong([Row()], (), (), ANNA, NOW).items()))
    made = correction(key, wrongly, replace(ANNA, channels=("sms", "email")), NOW)
    assert (made.key, made.kind, made.step, made.subject, made.due_on) == (key, "correction", "now", "d", ON)
    assert (made.send_at, made.expires_at) == (NOW, datetime(2026, 3, 10, 23, tzinfo=UTC))
    assert (made.channel, made.suppressed) == ("sms", "")


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"channels": ()}, "no-channel"),
        ({"paused_from": NOW}, "paused"),
        ({"paused_from": NOW - timedelta(days=1), "paused_until": NOW}, ""),
        ({"stopped": frozenset({"correction", "dose"})}, ""),
    ],
)
def test_a_pause_holds_it_back_but_nobody_can_stop_what_takes_back_what_they_heard(
    wish: dict[str, object], why: str
) -> None:
    person: Person = PersonFactory.build(**wish)
    assert correction("k", due(kind="correction"), person, NOW).suppressed == why
