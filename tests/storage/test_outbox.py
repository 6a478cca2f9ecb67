"""The outbox: each reminder to one dispatcher at a time, fenced, and never ending nowhere; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backend.storage.beats import BeatRow
from backend.storage.db import unit_of_work
from backend.storage.reminders import ReminderRow, cancel
from notifications.reminder import Deferred, Suppressed
from tests.factories.base import NOW, SiteFactory
from tests.storage.store import BY_MAIL, FATAL, LATER, OVER, PASSING, SOON, TOOK, Store, at_once, enrol


@pytest.mark.promise("P11")
def test_claimers_at_once_never_get_the_same_reminder(store: Store) -> None:
    ids = store.put(40)

    def work() -> list[str]:
        mine: list[str] = []
        while claimed := store.claim(limit=3):
            mine += [one.id for one in claimed]
        return mine

    got = [one for mine in at_once(*[work] * 4) for one in mine]
    assert sorted(got) == sorted(map(str, ids))


@pytest.mark.promise("P11")
def test_a_claim_past_its_lease_goes_to_another_with_a_higher_fence_and_the_same_message_id(store: Store) -> None:
    store.put()
    (first,) = store.claim()
    assert store.claim(LATER - timedelta(microseconds=1)) == []
    (second,) = store.claim(LATER)
    assert (second.id, second.message_id, second.fence) == (first.id, first.message_id, first.fence + 1)
    assert store.outbox.attempt(first, LATER) is False
    assert store.outbox.attempt(second, LATER) is True
    assert store.attempts() == [(1, second.fence, "open")]


@pytest.mark.promise("P11")
@pytest.mark.parametrize("outcome", [TOOK, PASSING, FATAL, Deferred("quiet-hours")])
def test_a_late_acknowledgement_is_fenced_off(store: Store, outcome: Any) -> None:
    (reminder_id,) = store.put()
    (first,) = store.claim()
    assert store.outbox.attempt(first, NOW)
    (second,) = store.claim(LATER)
    assert second.attempt == 2
    assert store.outbox.acknowledge(first, outcome, LATER, None) is False
    assert store.row(reminder_id).status == "claimed"
    assert store.outbox.acknowledge(second, TOOK, LATER, None) is True


@pytest.mark.promise("P12")
def test_what_is_cancelled_between_claim_and_attempt_is_never_sent(store: Store) -> None:
    ids = store.put()
    (claimed,) = store.claim()
    store.cancel(*ids)
    assert store.outbox.attempt(claimed, NOW) is False
    assert store.attempts() == []
    assert store.claim(LATER) == []


@pytest.mark.promise("P12")
def test_an_attempt_waits_for_the_act_that_cancels_it(store: Store) -> None:
    ids = store.put()
    (claimed,) = store.claim()
    with ThreadPoolExecutor(1) as thread:
        with unit_of_work(Session(store.engine), writes=True) as session:
            cancel(session, ids, NOW)
            attempt = thread.submit(store.outbox.attempt, claimed, NOW)
            assert not attempt.done()
        assert attempt.result() is False


@pytest.mark.promise("P12")
@pytest.mark.parametrize(
    ("outcome", "status"), [(TOOK, "sent"), (PASSING, "cancelled"), (FATAL, "cancelled"), (Deferred("x"), "cancelled")]
)
def test_what_is_cancelled_in_flight_was_sent_only_if_the_provider_took_it(
    store: Store, outcome: Any, status: str
) -> None:
    ids = store.put()
    (claimed,) = store.claim()
    assert store.outbox.attempt(claimed, NOW)
    store.cancel(*ids)
    assert store.row(ids[0]).in_flight
    assert store.outbox.acknowledge(claimed, outcome, NOW, BY_MAIL) is True
    row = store.row(ids[0])
    assert (row.status, row.in_flight) == (status, False)


@pytest.mark.promise("P11")
def test_what_was_sent_is_not_cancelled_afterwards(store: Store) -> None:
    ids = store.put()
    (claimed,) = store.claim()
    store.outbox.attempt(claimed, NOW)
    store.outbox.acknowledge(claimed, TOOK, NOW, None)
    store.cancel(*ids)
    assert store.row(ids[0]).status == "sent"
    assert store.attempts() == [(1, 1, "accepted")]


@pytest.mark.promise("P11")
@pytest.mark.parametrize(("outcome", "next_at", "status"), [(PASSING, BY_MAIL, "due"), (FATAL, None, "failed")])
def test_a_failure_waits_for_its_next_try_or_is_final(store: Store, outcome: Any, next_at: Any, status: str) -> None:
    (reminder_id,) = store.put()
    (claimed,) = store.claim()
    store.outbox.attempt(claimed, NOW)
    store.outbox.acknowledge(claimed, outcome, NOW, next_at)
    row = store.row(reminder_id)
    assert (row.status, row.why, row.attempts) == (status, outcome.why, 1)
    assert store.claim(SOON - timedelta(microseconds=1)) == []
    assert len(store.claim(SOON)) == (status == "due")


def test_what_is_put_off_counts_no_attempt(store: Store) -> None:
    store.put()
    (claimed,) = store.claim()
    store.outbox.acknowledge(claimed, Deferred("quiet-hours"), NOW, BY_MAIL)
    assert store.claim() == []
    (again,) = store.claim(SOON)
    assert again.attempt == 1


@pytest.mark.promise("P14")
def test_what_makes_no_sense_any_more_is_listed_as_expired_and_never_sent(store: Store) -> None:
    waiting, silent, sent, far = (store.put()[0] for _ in range(4))
    with unit_of_work(Session(store.engine), writes=True) as session:
        session.get_one(ReminderRow, silent).status = "claimed"
        session.get_one(ReminderRow, silent).lease_until = OVER
        session.get_one(ReminderRow, sent).status = "sent"
        session.get_one(ReminderRow, far).expires_at = OVER + timedelta(microseconds=1)
    assert store.outbox.expire(OVER - timedelta(microseconds=1)) == 0
    assert store.outbox.expire(OVER) == 2
    assert [store.row(one).status for one in (waiting, silent, sent, far)] == ["expired", "expired", "sent", "planned"]
    assert store.row(waiting).why == "too-late"
    assert [one.id for one in store.claim(OVER)] == [str(far)]


def test_a_claim_on_a_stopped_clock_goes_on_to_the_next(store: Store) -> None:
    store.put(3)
    got = [one.id for _ in range(4) for one in store.claim(limit=1)]
    assert len(set(got)) == len(got) == 3


def test_the_oldest_goes_first(store: Store) -> None:
    ids = [store.put(send_at=NOW - timedelta(minutes=minutes))[0] for minutes in (1, 30, 5)]
    assert [one.id for _ in ids for one in store.claim(limit=1)] == [str(ids[1]), str(ids[2]), str(ids[0])]


@pytest.mark.promise("P15")
def test_an_address_that_does_not_open_stops_nobody_else(store: Store) -> None:
    sealer = store.outbox.sealer
    broken = [enrol(store.engine, sealer, SiteFactory.build(), key=key) for key in (b"", b"x" * 60)]
    for patient_id in broken:
        store.put(patient_id=patient_id)
    store.put()
    assert sorted(one.address for one in store.claim()) == ["", "", "anna@example.org"]


def test_two_of_one_name_can_beat_at_once(store: Store) -> None:
    at_once(*[lambda: store.outbox.beat("one", NOW)] * 4)
    store.outbox.beat("one", SOON)
    store.outbox.beat("two", NOW)
    with Session(store.engine) as session:
        assert session.scalar(select(func.count()).select_from(BeatRow)) == 2
        assert session.get_one(BeatRow, "one").beat_at == SOON


def test_a_beat_that_finds_itself_overtaken_is_a_beat_all_the_same(store: Store) -> None:
    overtaken: list[str] = []

    def overtake(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO dispatchers") and not overtaken:
            overtaken.append(statement)
            store.outbox.beat("one", NOW)

    if store.engine.dialect.name == "sqlite":
        pytest.skip("on SQLite nobody can write between another's look and insert")
    event.listen(store.engine, "before_cursor_execute", overtake)
    store.outbox.beat("one", NOW)
    event.remove(store.engine, "before_cursor_execute", overtake)
    assert overtaken
    with Session(store.engine) as session:
        assert session.get_one(BeatRow, "one").beat_at == NOW


def test_a_claim_waits_for_no_row_that_somebody_else_holds(store: Store) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite locks the file, not rows")
    held, free = store.put()[0], store.put()[0]
    with unit_of_work(Session(store.engine), writes=True) as session:
        cancel(session, [held], NOW)
        assert [one.id for one in store.claim()] == [str(free)]
        assert store.outbox.expire(NOW + timedelta(days=1)) == 1  # the claimed one; the held one is left alone


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("outcome", "next_at", "told"),
    [
        (TOOK, None, 1),
        (FATAL, None, 1),
        (PASSING, BY_MAIL, 0),
        (Deferred("x"), BY_MAIL, 0),
        (Suppressed("paused"), None, 1),
    ],
)
def test_what_reached_its_end_is_no_longer_in_the_phones_list(
    store: Store, outcome: Any, next_at: Any, told: int
) -> None:
    store.put()
    (claimed,) = store.claim()
    store.outbox.attempt(claimed, NOW)
    store.outbox.acknowledge(claimed, outcome, NOW, next_at)
    assert store.told() == told


def test_what_expired_leaves_the_phones_lists_once_for_each_patient(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.storage.outbox._CHUNK", 5)
    others = [enrol(store.engine, store.outbox.sealer, SiteFactory.build()) for _ in range(3)]
    for patient_id in (*others[:2], store.patient_id):
        store.put(2, patient_id=patient_id)
    assert store.outbox.expire(NOW) == 0
    assert store.outbox.expire(OVER) == 6
    assert all(store.told(patient_id) >= 1 for patient_id in (*others[:2], store.patient_id))
    assert store.told(others[2]) == 0


@pytest.mark.promise("P15")
def test_a_lane_takes_only_what_waits_for_its_channel(store: Store) -> None:
    mail, push = store.put(channel="email")[0], store.put(channel="push")[0]
    store.phone()
    store.change(channels="push email")
    assert store.claim(channel="sms") == []
    assert [one.id for one in store.claim(channel="push")] == [str(push)]
    assert [one.id for one in store.claim(channel="email")] == [str(mail)]


@pytest.mark.promise("P11")
def test_named_reminders_are_taken_when_they_are_due_and_no_others(store: Store) -> None:
    named, other = store.put(2)
    later = store.put(send_at=SOON)[0]
    assert store.claim(ids=[]) == []
    assert [one.id for one in store.claim(ids=[str(named), str(later)])] == [str(named)]
    assert [one.id for one in store.claim(SOON)] == [str(other), str(later)]


@pytest.mark.promise("P11")
def test_lanes_and_carriers_at_once_never_get_the_same_reminder(store: Store) -> None:
    store.phone()
    store.change(channels="push email")
    ids = [str(one) for one in store.put(12, channel="email") + store.put(12, channel="push")]

    def lane(channel: str | None, named: list[str] | None = None) -> list[str]:
        mine: list[str] = []
        while claimed := store.claim(limit=3, channel=channel, ids=named):
            mine += [one.id for one in claimed]
        return mine

    got = at_once(lambda: lane("email"), lambda: lane("push"), lambda: lane(None), lambda: lane(None, ids[::2]))
    assert sorted(one for mine in got for one in mine) == sorted(ids)


@pytest.mark.promise("P11")
@pytest.mark.parametrize("outcome", [TOOK, PASSING, FATAL])
def test_what_a_sender_says_after_its_reminder_expired_counts_if_it_was_taken(store: Store, outcome: Any) -> None:
    (reminder_id,) = store.put()
    claimed = store.tried(OVER - timedelta(minutes=2))
    assert store.outbox.expire(OVER) == 1
    assert store.outbox.acknowledge(claimed, outcome, OVER, BY_MAIL if outcome is PASSING else None)
    assert store.row(reminder_id).status == ("sent" if outcome is TOOK else "expired")
    assert [one.outcome for one in store.items()] == ["reached" if outcome is TOOK else None]
