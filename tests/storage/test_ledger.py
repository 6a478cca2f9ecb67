"""The ledger: a row for every change of a reminder's state, in order, whatever becomes of it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from backend.storage import ledger, reminders
from backend.storage.db import unit_of_work
from notifications import planning
from notifications.reminder import Again, Claimed, Deferred, Outcome, Reminder, Status, Suppressed
from notifications.states import may_follow
from tests.factories.base import NOW
from tests.storage.store import BY_MAIL, FATAL, LATER, LEASE, OVER, PASSING, SOON, TOOK, Store

HALF = timedelta(seconds=30)


def wish(send_at: datetime = NOW, suppressed: str = "", key: str = "dose:d:1:2026-06-02:day-before") -> Reminder:
    return Reminder(key, "dose", "d", 1, "day-before", date(2026, 6, 2), None, send_at, OVER, "email", suppressed)


def plan(store: Store, key: str, wanted: Reminder | None, now: datetime = NOW) -> None:
    """Make what stands under a key what is wanted, as planning does."""
    with unit_of_work(Session(store.engine), writes=True) as session:
        rows = {row.key: row for row in reminders.with_keys(session, store.patient_id, [key])}
        change = planning.change(rows.values(), [wanted] if wanted else [], now)
        reminders.cancel(session, [rows[one].id for one in change.cancel], now)
        reminders.suppress(session, [(rows[one.key], one) for one in change.suppress], now)
        reminders.renew(session, [(rows[one.key], one) for one in change.renew], now)
        reminders.create(session, store.patient_id, change.create, now)


def planned(store: Store, wanted: Reminder | None = None, now: datetime = NOW) -> UUID:
    """Plan a reminder anew and return its id."""
    made = wanted or wish()
    plan(store, made.key, made, now)
    with unit_of_work(Session(store.engine), writes=True) as session:
        return reminders.with_keys(session, store.patient_id, [made.key])[0].id


PLANNED = ("planned", NOW, "", "planning")
DUE = ("due", NOW, "", "dispatcher")
CLAIMED = ("claimed", NOW, "", "dispatcher")


@pytest.mark.promise("P11")
def test_a_reminder_that_is_sent_was_planned_due_and_claimed_before(store: Store) -> None:
    reminder_id = planned(store, wish(SOON))
    claimed = store.tried(LATER)
    store.outbox.acknowledge(claimed, TOOK, LATER + HALF, None)
    assert store.changes(reminder_id) == [
        PLANNED,
        ("due", SOON, "", "dispatcher"),
        ("claimed", LATER, "", "dispatcher"),
        ("sent", LATER + HALF, "", "dispatcher"),
    ]


def test_what_is_planned_when_its_moment_has_passed_was_due_from_then_on(store: Store) -> None:
    reminder_id = planned(store, wish(NOW - timedelta(days=1)))
    store.claim(SOON)
    assert store.changes(reminder_id)[:2] == [PLANNED, DUE]


@pytest.mark.parametrize(
    ("outcome", "again", "last"),
    [
        (PASSING, BY_MAIL, ("due", SOON, "smtp-451", "dispatcher")),
        (FATAL, None, ("failed", SOON, "smtp-550", "dispatcher")),
        (FATAL, Again(SOON, "sms"), ("due", SOON, "smtp-550", "dispatcher")),
        (Deferred("quiet-hours"), BY_MAIL, ("due", SOON, "quiet-hours", "dispatcher")),
        (Suppressed("paused"), None, ("suppressed", SOON, "paused", "dispatcher")),
    ],
)
def test_what_was_not_sent_says_why(store: Store, outcome: Any, again: Again | None, last: Any) -> None:
    reminder_id = planned(store)
    (claimed,) = store.claim()
    store.outbox.acknowledge(claimed, outcome, SOON, again)
    assert store.changes(reminder_id) == [PLANNED, DUE, CLAIMED, last]


def test_a_second_try_is_claimed_from_due(store: Store) -> None:
    reminder_id = planned(store)
    store.outbox.acknowledge(store.tried(), PASSING, NOW, BY_MAIL)
    store.outbox.acknowledge(store.tried(SOON), TOOK, SOON, None)
    assert [state for state, *_ in store.changes(reminder_id)] == [
        "planned", "due", "claimed", "due", "claimed", "sent",
    ]  # fmt: skip


@pytest.mark.promise("P11")
def test_where_a_worker_fell_silent_it_was_due_again_from_the_end_of_its_lease(store: Store) -> None:
    reminder_id = planned(store)
    store.tried()
    late = LATER + timedelta(minutes=5)
    store.outbox.acknowledge(store.tried(late), TOOK, late, None)
    assert store.changes(reminder_id)[2:] == [
        CLAIMED,
        ("due", LATER, "worker-silent", "dispatcher"),
        ("claimed", late, "", "dispatcher"),
        ("sent", late, "", "dispatcher"),
    ]


@pytest.mark.promise("P14")
@pytest.mark.parametrize("claimed", [False, True])
def test_what_expired_was_due_before_and_is_called_too_late(store: Store, claimed: bool) -> None:
    reminder_id = planned(store)
    if claimed:
        store.tried()
    store.outbox.expire(OVER)
    before = [PLANNED, DUE, CLAIMED] if claimed else [PLANNED, DUE]
    assert store.changes(reminder_id) == [*before, ("expired", OVER, "too-late", "dispatcher")]


def test_cancelled_wanted_again_and_moved_are_each_written_down(store: Store) -> None:
    reminder_id = planned(store)
    plan(store, wish().key, None, SOON)
    plan(store, wish().key, wish(), LATER)
    plan(store, wish().key, wish(LATER), LATER)
    plan(store, wish().key, wish(LATER), OVER - HALF)  # nothing changes, nothing is written
    assert store.changes(reminder_id) == [
        PLANNED,
        ("cancelled", SOON, "no-longer-due", "planning"),
        ("planned", LATER, "renewed", "planning"),
        ("planned", LATER, "renewed", "planning"),
    ]


def test_what_is_held_back_says_why_and_comes_back(store: Store) -> None:
    reminder_id = planned(store, wish(suppressed="paused"))
    assert store.row(reminder_id).status == "suppressed"
    assert store.claim() == []
    plan(store, wish().key, wish(), SOON)
    plan(store, wish().key, wish(suppressed="stopped"), LATER)
    plan(store, wish().key, None, LATER)
    assert store.changes(reminder_id) == [
        ("suppressed", NOW, "paused", "planning"),
        ("planned", SOON, "renewed", "planning"),
        ("suppressed", LATER, "stopped", "planning"),
        ("cancelled", LATER, "no-longer-due", "planning"),
    ]


@pytest.mark.promise("P12")
def test_what_comes_back_while_it_is_being_sent_is_its_senders_again(store: Store) -> None:
    reminder_id = planned(store)
    claimed = store.tried()
    plan(store, wish().key, None)
    plan(store, wish().key, wish())
    store.outbox.acknowledge(claimed, TOOK, SOON, None)
    assert [change[0] for change in store.changes(reminder_id)[2:]] == ["claimed", "cancelled", "claimed", "sent"]


@pytest.mark.promise("P11")
def test_what_a_sender_thought_dead_sent_after_all_is_not_sent_once_more(store: Store) -> None:
    reminder_id = planned(store)
    claimed = store.tried()
    plan(store, wish().key, None, LATER)
    plan(store, wish().key, wish(), LATER)  # its lease is over: it waits again
    assert store.outbox.acknowledge(claimed, TOOK, LATER, None)
    assert [change[0] for change in store.changes(reminder_id)[2:]] == ["claimed", "cancelled", "planned", "sent"]
    assert store.claim(LATER) == []


def test_a_state_that_would_run_backwards_is_neither_taken_nor_written(store: Store) -> None:
    reminder_id = planned(store)
    store.outbox.acknowledge(store.tried(), TOOK, NOW, None)
    before = store.changes(reminder_id)
    with unit_of_work(Session(store.engine), writes=True) as session:
        row = reminders.held(session, reminder_id)
        assert row is not None
        assert not reminders.advance(session, row, Status.CLAIMED, SOON, ledger.By.DISPATCHER)
        assert reminders.advance(session, row, Status.OPENED, SOON, ledger.By.PHONE)
        assert not reminders.advance(session, row, Status.DELIVERED, SOON, ledger.By.PHONE)
    assert store.changes(reminder_id) == [*before, ("opened", SOON, "", "phone")]


def test_the_first_word_of_each_source_about_each_state_stands(store: Store) -> None:
    (one,) = store.put()

    def said(source: str, state: str, at: datetime) -> dict[str, Any]:
        return {"reminder_id": one, "source": source, "state": state, "at": at, "received_at": LATER}

    with unit_of_work(Session(store.engine), writes=True) as session:
        first = [said("sms", "delivered", SOON), said("p" * 32, "shown", NOW), said("sms", "delivered", LATER)]
        assert ledger.keep_receipts(session, first) == 2
        assert ledger.keep_receipts(session, [*first, said("q" * 32, "shown", LATER)]) == 1
    with Session(store.engine) as session:
        kept = ledger.receipts(session, [one])[one]
    assert [(row.source[:3], row.state, row.at) for row in kept] == [
        ("ppp", "shown", NOW),
        ("sms", "delivered", SOON),
        ("qqq", "shown", LATER),
    ]


OUTCOMES: dict[str, tuple[Outcome, Again | None]] = {
    "took": (TOOK, None), "passing": (PASSING, BY_MAIL), "fatal": (FATAL, None),
    "deferred": (Deferred("quiet-hours"), BY_MAIL), "suppressed": (Suppressed("paused"), None),
}  # fmt: skip
PLANNING, PHONE = ("want", "move", "hold", "drop"), ("shown", "opened", "dismissed")
ACTS = st.sampled_from([*PLANNING, *PHONE, *OUTCOMES, "claim", "claim", "try", "expire", "wait", "silence"])


class Story:
    """One reminder, whatever is done to it by planning, dispatchers and phones."""

    def __init__(self, store: Store) -> None:
        self.store, self.now, self.key = store, NOW, f"dose:{uuid4()}"
        self.id = planned(store, wish(key=self.key))
        self.held: list[Claimed] = []

    def act(self, name: str, which: int) -> None:
        wanted: dict[str, Callable[[], Reminder | None]] = {
            "want": lambda: wish(key=self.key),
            "move": lambda: wish(NOW + timedelta(minutes=which), key=self.key),
            "hold": lambda: wish(suppressed="paused", key=self.key),
            "drop": lambda: None,
        }
        outbox = self.store.outbox
        if name in wanted:
            plan(self.store, self.key, wanted[name](), self.now)
        elif name == "claim":
            self.held += self.store.claim(self.now, ids=[str(self.id)])
        elif name == "expire":
            outbox.expire(self.now)
        elif name in {"wait", "silence"}:
            self.now += LEASE if name == "silence" else timedelta(minutes=20)
        elif name in PHONE:
            self.store.shown(self.id, name)
        elif self.held and name == "try":
            outbox.attempt(self.held[which % len(self.held)], self.now)
        elif self.held:
            outbox.acknowledge(self.held[which % len(self.held)], OUTCOMES[name][0], self.now, OUTCOMES[name][1])


@pytest.mark.promise("P11")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(ACTS, st.integers(0, 70)), min_size=4, max_size=14))
def test_whatever_is_done_no_change_is_forbidden_or_lost_and_none_is_dated_back(
    store: Store, history: list[tuple[str, int]]
) -> None:
    story = Story(store)
    for name, which in history:
        story.act(name, which)
        rows = store.changes(story.id)
        states = [Status(state) for state, *_ in rows]
        assert states[0] is Status.PLANNED
        assert [pair for pair in pairwise(states) if not may_follow(*pair)] == []
        assert store.row(story.id).status == states[-1]
        assert all(one <= other for one, other in pairwise(at for _, at, *_ in rows))
