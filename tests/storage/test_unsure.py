"""What nobody can know: whether a message was told whose answer was lost; and what waits with nobody to see it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from backend.storage.beats import overdue_since
from notifications.reminder import Accepted, Again, Deferred, Failed, Suppressed
from tests.factories.base import NOW
from tests.storage.store import BY_MAIL, FATAL, LATER, OVER, PASSING, SOON, TOOK, Store

BROKEN_OFF = replace(PASSING, unsure=True)
GRACE = timedelta(minutes=2)


@pytest.mark.promise("P12")
@pytest.mark.parametrize(("again", "status"), [(BY_MAIL, "due"), (None, "failed")])
def test_where_the_answer_was_lost_nobody_can_know_and_a_later_no_does_not_change_that(
    store: Store, again: Again | None, status: str
) -> None:
    (reminder_id,) = store.put()
    store.outbox.acknowledge(store.tried(), BROKEN_OFF, NOW, again)
    row = store.row(reminder_id)
    assert (row.status, row.in_flight, row.unsure) == (status, False, True)
    if again is not None:
        store.outbox.acknowledge(store.tried(SOON), FATAL, SOON, None)
        assert (store.row(reminder_id).status, store.row(reminder_id).unsure) == ("failed", True)


@pytest.mark.parametrize("outcome", [TOOK, PASSING, FATAL, Deferred("quiet-hours"), Suppressed("paused")])
def test_where_somebody_answered_it_is_known(store: Store, outcome: Any) -> None:
    (reminder_id,) = store.put()
    store.outbox.acknowledge(store.tried(), outcome, NOW, BY_MAIL if outcome is PASSING else None)
    assert not store.row(reminder_id).unsure


@pytest.mark.promise("P12")
@pytest.mark.parametrize("outcome", [None, Deferred("quiet-hours"), PASSING, FATAL])
def test_what_a_sender_did_that_fell_silent_in_the_midst_of_it_stays_unknown(store: Store, outcome: Any) -> None:
    (reminder_id,) = store.put()
    store.tried()
    (second,) = store.claim(LATER)
    assert store.row(reminder_id).unsure
    if outcome is not None:
        store.outbox.acknowledge(second, outcome, LATER, Again(LATER, "email"))
        assert (store.row(reminder_id).in_flight, store.row(reminder_id).unsure) == (False, True)


@pytest.mark.promise("P12")
def test_so_it_does_where_it_was_too_late_for_another(store: Store) -> None:
    (reminder_id,) = store.put()
    store.tried()
    assert store.outbox.expire(OVER) == 1
    row = store.row(reminder_id)
    assert (row.status, row.in_flight, row.unsure) == ("expired", False, True)


@pytest.mark.parametrize("over", [False, True])
def test_a_sender_that_fell_silent_before_it_began_told_nobody(store: Store, over: bool) -> None:
    (reminder_id,) = store.put()
    store.claim()
    assert store.outbox.expire(OVER) == 1 if over else len(store.claim(LATER)) == 1
    assert not store.row(reminder_id).unsure


def overdue(store: Store, now: Any) -> Any:
    with Session(store.engine) as session:
        return overdue_since(session, now - GRACE)


@pytest.mark.promise("P16")
def test_what_a_lane_that_hangs_has_claimed_waits_since_it_was_to_be_sent(store: Store) -> None:
    store.put(send_at=NOW - timedelta(seconds=30))
    store.claim()
    assert overdue(store, LATER + GRACE) is None
    assert overdue(store, LATER + GRACE + timedelta(seconds=1)) == NOW - timedelta(seconds=30)
    store.claim(LATER + GRACE)  # somebody took it after all
    assert overdue(store, LATER + 2 * GRACE) is None
    assert overdue(store, OVER + GRACE) is None  # it makes no sense any more, and is somebody's to look at


@pytest.mark.promise("P14")
@pytest.mark.parametrize(("minutes", "outcome"), [(1, TOOK), (-1, TOOK), (1, FATAL)])
def test_what_expired_is_on_nobodys_list_when_something_later_about_it_has_reached_somebody(
    store: Store, minutes: int, outcome: Accepted | Failed
) -> None:
    (early,) = store.put(expires_at=SOON)
    moved = NOW + timedelta(minutes=minutes)
    store.put(due_on=date(2026, 6, 9), send_at=moved, key="dose:dose-1:2:2026-06-09:day-before")
    claimed = store.claim(LATER)[-1]
    assert store.outbox.attempt(claimed, LATER)
    store.outbox.acknowledge(claimed, outcome, LATER, None)
    assert store.outbox.expire(LATER) == 1
    assert store.row(early).status == "expired"
    known = minutes == 1 and outcome is TOOK
    assert ("too-late" in {item.why for item in store.items()}) != known
