"""Reminders follow the plan: what stands is what ought to, whatever was done to the doses; on both databases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backend.domain import dosing
from backend.domain.dosing import Dose, PartGiven, Status
from backend.domain.errors import ClinicError
from backend.domain.moments import at_moment, local_date
from backend.domain.regimens import Route
from backend.domain.schedule import due
from backend.services import reminders, schedule
from backend.services.reminders import Moved
from backend.storage import doses
from backend.storage import reminders as storage
from backend.storage.db import make_engine
from backend.storage.reminders import ReminderRow
from notifications import planning
from notifications.correcting import DATED
from notifications.policy import withheld
from notifications.reminder import Accepted, Due, Failed, Reminder
from tests.factories.chains import ZONE
from tests.house import House
from tests.services.treated import Anna, treated

FATAL = Failed(permanent=True, why="smtp-550")


@pytest.fixture
def anna(house: House) -> Anna:
    return treated(house)


Heard = tuple[datetime, Reminder]
"""When something was told, and what."""


def falls(anna: Anna) -> list[Due]:
    """What falls due, as the sending side knows it."""
    with anna.house.unit(writes=False) as ctx:
        known = due(schedule.facts(ctx, anna.patient.id))
    return [Due(d.kind.value, d.subject, d.version, d.on, d.at, d.since) for d in known]


def wanted(anna: Anna, heard: Sequence[Heard] = ()) -> set[tuple[Any, ...]]:
    """What ought to wait: planned from what falls due, not over, not held back, not told before, and news."""
    stored = {row.key: row.status for row in anna.stored()}
    final = {key for key, status in stored.items() if status in {"sent", "failed", "expired"}}
    with anna.house.unit() as ctx:
        row = anna.row(ctx)
        whom = reminders.person(ctx, row)
        plan = planning.plan(falls(anna), whom, reminders.rules(ctx, row.site_id))
        alive = [r for r in plan if r.expires_at > ctx.now and r.key not in final]
        return {
            _seen(r) for r in alive if not withheld(r.kind, max(r.send_at, ctx.now), whom) and is_news(r, heard, plan)
        }


def is_news(one: Reminder, heard: Sequence[Heard], plan: Sequence[Reminder]) -> bool:
    """Whether somebody who heard these learns something from a message; of two at one moment the other came last."""
    here = [at for at, other in heard if _said(other) == _said(one)]
    if not here:
        return True
    due = {_said(other) for other in plan}
    for later in (other for at, other in heard if at >= max(here) and _said(other) != _said(one)):
        if later.kind == "correction" and (later.subject, later.due_on) == (one.subject, one.due_on):
            return True
        if _said(later)[:3] == _said(one)[:3] and _said(later) not in due:
            return True
    return False


def waiting(anna: Anna) -> set[tuple[Any, ...]]:
    """What waits, but for corrections: those follow what was told."""
    rows = anna.stored()
    return {_seen(row) for row in rows if row.status in {"planned", "due"} and row.kind != "correction"}


def wrongly_told(anna: Anna) -> list[ReminderRow]:
    """What was told of a day still to come on which nothing of the kind falls due now, and which was not given."""
    right = {(d.kind, d.on, at) for d in falls(anna) for at in (d.at, None)}
    now = anna.house.clock.now
    with anna.house.unit(writes=False) as ctx:
        done = {f"dose:{d.id}" for d in doses.of_patient(ctx.session, anna.patient.id) if d.status is Status.GIVEN}
    told = [row for row in anna.stored() if row.status == "sent" and row.kind in DATED and row.subject not in done]
    ahead = [row for row in told if (row.due_at > now if row.due_at else row.due_on >= local_date(now, ZONE))]
    return [row for row in ahead if (row.kind, row.due_on, row.due_at) not in right]


def _said(one: Reminder) -> tuple[Any, ...]:
    return one.kind, one.subject, one.step, one.due_on, one.due_at


def _seen(one: Any) -> tuple[Any, ...]:
    return one.key, one.send_at, one.expires_at, one.channel


def act(anna: Anna, name: str, number: int, known: list[UUID]) -> None:
    """Do one thing to one of the doses, or nothing where the dose's state refuses it."""
    now = anna.house.clock.now
    if name == "plan":
        known.append(anna.plan(number)[0].id)
        return
    if name == "insert":
        part = PartGiven(at_moment(now - timedelta(days=number), ZONE))
        dose = dosing.record_new(uuid4(), anna.treatment_id, [part], Route.IV, now)
        known.append(dose.id)
        anna.put(dose, new=True)
        return
    if name in {"pause", "stop", "mute"}:
        until = now + timedelta(days=number)
        wishes: dict[str, Callable[[], Moved]] = {
            "pause": lambda: anna.said(paused_from=now if number % 2 else None, paused_until=until),
            "stop": lambda: anna.said(stopped="dose form" if number % 2 else ""),
            "mute": lambda: anna.change(email_refused_at=now if number % 2 else None),
        }
        wishes[name]()
        return
    if not known:
        return
    with anna.house.unit(writes=False) as ctx:
        history = [version for version, _ in doses.history(ctx.session, known[number % len(known)])]
    acts: dict[str, Callable[[], Dose]] = {
        "move": lambda: dosing.move(history[-1], anna.slot(number), now, "asked"),
        "miss": lambda: dosing.miss(history[-1], now, "ill"),
        "cancel": lambda: dosing.cancel(history[-1], now, "holiday"),
        "record": lambda: dosing.record(history[-1], [PartGiven(at_moment(now, ZONE))], Route.SC, now),
        "undo": lambda: dosing.undo(history, now, "mistake"),
    }
    try:
        changed = acts[name]()
    except ClinicError:
        return
    anna.put(changed)


_ACTS = st.tuples(
    st.sampled_from(
        ["plan", "insert", "move", "move", "miss", "cancel", "record", "undo", "undo", "pause", "stop", "mute"]
    ),
    st.integers(0, 40),
    st.sampled_from([0, 0, 5, 60 * 24, 60 * 24 * 9]),
)


@pytest.mark.promise("P12")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example([("pause", 13, 60 * 24 * 9), ("insert", 17, 60 * 24 * 9), ("move", 0, 0)])  # the last is refused
@given(st.lists(_ACTS, min_size=3, max_size=9))
def test_after_any_history_what_stands_is_what_ought_to(house: House, history: list[tuple[str, int, int]]) -> None:
    house.clock.now = house.clock.now.replace(month=6, day=1)
    anna, known, told = treated(house), list[UUID](), list[str]()
    heard: list[Heard] = []
    anna.replan()
    for name, number, minutes in history:
        anna.replan()  # as the dispatcher does once a pause has ended
        act(anna, name, number, known)
        assert waiting(anna) == wanted(anna, heard)
        wrong = {(row.subject, row.due_on) for row in wrongly_told(anna)}
        corrections = [row for row in anna.stored() if row.kind == "correction"]
        assert {(row.subject, row.due_on) for row in corrections} >= wrong
        assert {(row.subject, row.due_on) for row in corrections if row.status == "planned"} <= wrong
        assert anna.replan() == Moved((), (), ())
        house.clock.now += timedelta(minutes=minutes)
        anna.outbox().expire(house.clock.now)
        sent = [one.reminder for one in anna.tell(FATAL if number == 7 else Accepted("ref"))]
        told += [one.key for one in sent]
        heard += [(house.clock.now, one) for one in sent] if number != 7 else []
    assert len(told) == len(set(told))


@pytest.mark.promise("P12")
def test_a_moved_dose_cancels_every_reminder_of_the_old_date_and_makes_those_of_the_new(anna: Anna) -> None:
    dose, _ = anna.plan(28)
    old = anna.open()
    _, moved = anna.move(dose, 35)
    assert {one.id for one in moved.cancelled if one.kind == "dose"} == {row.id for row in old}
    assert {row.due_on for row in anna.open()} == {anna.slot(35).on}
    assert {one.id for one in moved.created if one.kind == "dose"} == {row.id for row in anna.open()}
    assert all(row.status == "cancelled" and row.why == "no-longer-due" for row in anna.stored() if row in old)


def test_moving_away_and_back_is_not_silence(anna: Anna) -> None:
    dose, _ = anna.plan(28)
    before = [(row.step, row.send_at) for row in anna.open()]
    dose, _ = anna.move(dose, 35)
    dose, _ = anna.move(dose, 28)
    assert [(row.step, row.send_at) for row in anna.open()] == before != []


def test_an_undone_cancellation_brings_the_reminders_back(anna: Anna) -> None:
    dose, _ = anna.plan(28)
    before = [(row.step, row.send_at) for row in anna.open()]
    cancelled = dosing.cancel(dose, anna.house.clock.now, "mistake")
    anna.put(cancelled)
    assert anna.open() == []
    anna.put(dosing.undo([dose, cancelled], anna.house.clock.now, "mistake"))
    assert [(row.step, row.send_at) for row in anna.open()] == before


@pytest.mark.promise("P11")
def test_planning_anew_sends_nothing_twice(anna: Anna) -> None:
    anna.plan(7)  # the week-before telling is due now
    anna.house.clock.now = anna.house.clock.now.replace(hour=12)
    assert "week-before" in [one.reminder.step for one in anna.tell() if one.reminder.kind == "dose"]
    for _ in range(2):
        assert anna.replan() == Moved((), (), ())
    assert anna.tell() == []


def test_what_is_unchanged_keeps_its_row(anna: Anna) -> None:
    anna.plan(28)
    before = {row.id: row.changed_at for row in anna.stored()}
    anna.house.clock.now += timedelta(hours=1)
    assert anna.replan() == Moved((), (), ())
    assert {row.id: row.changed_at for row in anna.stored()} == before


@pytest.mark.promise("P12")
def test_an_act_that_fails_leaves_dose_and_reminders_as_they_were(anna: Anna) -> None:
    dose, _ = anna.plan(28)
    before = [(row.id, row.status) for row in anna.stored()]
    moved = dosing.move(dose, anna.slot(35), anna.house.clock.now, "asked")

    def fail() -> None:
        with anna.house.unit() as ctx:
            row = anna.row(ctx)
            anna.write(ctx, moved)
            assert reminders.replan(ctx, row).cancelled
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [(row.id, row.status) for row in anna.stored()] == before
    with anna.house.unit(writes=False) as ctx:
        assert doses.get(ctx.session, anna.patient.id, dose.id) == dose


@pytest.mark.promise("P12")
def test_the_answer_lists_what_was_being_sent_at_that_moment(anna: Anna) -> None:
    dose, _ = anna.plan(7)
    (claimed,) = anna.claim()
    assert anna.outbox().attempt(claimed, anna.house.clock.now)
    _, moved = anna.move(dose, 14)
    assert [str(one.id) for one in moved.in_flight] == [claimed.id]
    assert {one.id for one in moved.in_flight} < {one.id for one in moved.cancelled}
    assert anna.outbox().acknowledge(claimed, Accepted("ref"), anna.house.clock.now, None)
    assert [row.status for row in anna.stored() if str(row.id) == claimed.id] == ["sent"]


@pytest.mark.promise("P12")
def test_what_was_claimed_but_not_yet_tried_is_cancelled_and_never_sent(anna: Anna) -> None:
    dose, _ = anna.plan(7)
    (claimed,) = anna.claim()
    _, moved = anna.move(dose, 14)
    assert moved.in_flight == ()
    assert anna.outbox().attempt(claimed, anna.house.clock.now) is False


@pytest.mark.promise("P12")
def test_nobody_can_begin_to_send_what_is_being_planned(anna: Anna, monkeypatch: pytest.MonkeyPatch) -> None:
    dose, _ = anna.plan(7)
    (claimed,) = anna.claim()
    hasty = make_engine(anna.house.settings.url, 20, pooled=False)
    outbox, cancel, tried = replace(anna.outbox(), engine=hasty), storage.cancel, list[str]()

    def between(*told: Any) -> None:
        with pytest.raises(OperationalError):  # it would wait for the act to end
            outbox.attempt(claimed, anna.house.clock.now)
        tried.append(claimed.id)
        cancel(*told)

    monkeypatch.setattr(storage, "cancel", between)
    _, moved = anna.move(dose, 14)
    assert tried
    assert moved.in_flight == ()
    assert outbox.attempt(claimed, anna.house.clock.now) is False


@pytest.mark.promise("P11")
def test_what_comes_back_while_it_is_being_sent_is_left_to_its_sender(anna: Anna) -> None:
    anna.plan(7)
    (claimed,) = anna.claim()
    assert anna.outbox().attempt(claimed, anna.house.clock.now)
    assert len(anna.site_says({"dose": {"steps": []}}).in_flight) == 1  # the site reminds of no dose, and then it does
    anna.site_says({})
    assert anna.claim() == []
    assert anna.outbox().acknowledge(claimed, Accepted("ref"), anna.house.clock.now, None)
    assert anna.claim() == []


@pytest.mark.parametrize(
    "change",
    [
        {"quiet_from": time(8), "quiet_to": time(11)},
        {"zone": "America/New_York"},
        {"channels": "sms", "phone_sealed": b"sealed"},
    ],
)
def test_another_wish_for_being_reached_changes_the_rows_and_keeps_their_ids(
    anna: Anna, change: dict[str, Any]
) -> None:
    anna.plan(28)
    before = {row.id: (row.send_at, row.channel) for row in anna.stored()}
    moved = anna.change(**change)
    after = {row.id: (row.send_at, row.channel) for row in anna.stored()}
    assert after.keys() == before.keys()
    assert after != before
    assert moved.cancelled == ()
    assert {one.id for one in moved.created} == {row for row in after if after[row] != before[row]}
    assert waiting(anna) == wanted(anna)
    assert all(row.next_try_at == row.send_at for row in anna.stored() if row.status == "planned")


@pytest.mark.promise("P12")
def test_what_is_being_sent_when_nothing_is_to_be_heard_any_more_stays_with_its_sender(anna: Anna) -> None:
    anna.plan(7)
    (claimed,) = anna.claim()
    moved = anna.said(paused_from=anna.house.clock.now)
    assert claimed.id not in {str(one.id) for one in moved.cancelled}
    assert anna.outbox().attempt(claimed, anna.house.clock.now)  # it asked for the wishes when it took it


def test_a_moved_dose_takes_few_statements_however_long_the_history(anna: Anna) -> None:
    dose, _ = anna.plan(28)
    for days in range(29, 40):
        dose, _ = anna.move(dose, days)
    seen: list[str] = []
    with anna.house.unit() as ctx:
        row = anna.row(ctx)
        anna.write(ctx, dosing.move(dose, anna.slot(50), ctx.now, "asked"))
        engine = ctx.session.get_bind().engine

        def note(*told: Any) -> None:
            seen.append(told[2])

        event.listen(engine, "before_cursor_execute", note)
        reminders.replan(ctx, row)
        event.remove(engine, "before_cursor_execute", note)
    assert len(seen) <= 19, "\n".join(seen)
