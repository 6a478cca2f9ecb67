"""The outbox: each reminder to one dispatcher at a time, fenced, and never ending nowhere; on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from backend.storage import feed
from backend.storage.access import open_session
from backend.storage.db import make_engine, unit_of_work
from backend.storage.outbox import SqlOutbox
from backend.storage.push import SubscriptionRow
from backend.storage.reminders import AttemptRow, BeatRow, ReceiptRow, ReminderRow, cancel
from backend.storage.sealing import Place, Sealer
from notifications.reminder import Accepted, Claimed, Deferred, Failed
from tests.conftest import Copies
from tests.databases import emptied
from tests.factories.base import NOW, PatientFactory, SiteFactory
from tests.factories.reminders import ReminderRowFactory

LEASE = timedelta(minutes=2)
LATER = NOW + LEASE
SOON = NOW + timedelta(seconds=60)
TOOK, PASSING, FATAL = Accepted("ref"), Failed(permanent=False, why="smtp-451"), Failed(permanent=True, why="smtp-550")


@dataclass(frozen=True, slots=True)
class Store:
    """A database of its own with one patient, and the outbox on it."""

    engine: Engine
    outbox: SqlOutbox
    patient_id: UUID

    def put(self, count: int = 1, **columns: Any) -> list[UUID]:
        rows = ReminderRowFactory.build_batch(count, **{"patient_id": self.patient_id, **columns})
        ids = [row.id for row in rows]
        with unit_of_work(Session(self.engine), writes=True) as session:
            session.add_all(rows)
        return ids

    def claim(self, now: Any = NOW, limit: int = 50) -> list[Claimed]:
        return self.outbox.claim(now, "one", LEASE, limit)

    def cancel(self, *ids: UUID) -> None:
        with unit_of_work(Session(self.engine), writes=True) as session:
            cancel(session, ids, NOW)

    def phone(self) -> None:
        """Let a phone of the patient be woken."""
        session_id = uuid4()
        row = SubscriptionRow(id=uuid4(), session_id=session_id, mark=b"", target_sealed=b"", made_at=NOW)
        row.patient_id = self.patient_id
        with unit_of_work(Session(self.engine), writes=True) as session:
            open_session(session, session_id, "phone", NOW, None, patient_id=self.patient_id)
            session.add(row)

    def shown(self, reminder_id: UUID, state: str = "shown") -> None:
        row = ReceiptRow(reminder_id=reminder_id, session_id=uuid4(), state=state, at=NOW, received_at=NOW)
        with unit_of_work(Session(self.engine), writes=True) as session:
            session.add(row)

    def told(self, patient_id: UUID | None = None) -> int:
        """How often the phones were told of other reminders."""
        with Session(self.engine) as session:
            return feed.head(session, patient_id or self.patient_id).seq

    def row(self, reminder_id: UUID) -> ReminderRow:
        with Session(self.engine) as session:
            return session.get_one(ReminderRow, reminder_id)

    def attempts(self) -> list[tuple[int, int, str]]:
        with Session(self.engine) as session:
            rows = session.scalars(select(AttemptRow).order_by(AttemptRow.attempt))
            return [(row.attempt, row.fence, row.outcome) for row in rows]


@pytest.fixture(scope="module")
def engine(copies: Copies) -> Iterator[Engine]:
    made = make_engine(copies.url())
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    emptied(engine)
    sealer = Sealer(b"k" * 32)
    site = SiteFactory.build()
    return Store(engine, SqlOutbox(engine, sealer), enrol(engine, sealer, site))


def enrol(engine: Engine, sealer: Sealer, site: Any, **columns: Any) -> UUID:
    patient = PatientFactory.build(site_id=site.id)
    row = str(patient.id)
    patient.key = sealer.new_key(row)
    patient.email_sealed = sealer.seal(patient.key, row, "anna@example.org", Place("patients", "email", row))
    for name, value in columns.items():
        setattr(patient, name, value)
    patient_id: UUID = patient.id
    with unit_of_work(Session(engine), writes=True) as session:
        session.merge(site)
        session.flush()
        session.add(patient)
    return patient_id


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all acts in threads that start together."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        gate.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [done.result() for done in [threads.submit(run, act) for act in acts]]


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
    assert store.outbox.acknowledge(claimed, outcome, NOW, SOON) is True
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
@pytest.mark.parametrize(("outcome", "next_at", "status"), [(PASSING, SOON, "waiting"), (FATAL, None, "failed")])
def test_a_failure_waits_for_its_next_try_or_is_final(store: Store, outcome: Any, next_at: Any, status: str) -> None:
    (reminder_id,) = store.put()
    (claimed,) = store.claim()
    store.outbox.attempt(claimed, NOW)
    store.outbox.acknowledge(claimed, outcome, NOW, next_at)
    row = store.row(reminder_id)
    assert (row.status, row.why, row.attempts) == (status, outcome.why, 1)
    assert store.claim(SOON - timedelta(microseconds=1)) == []
    assert len(store.claim(SOON)) == (status == "waiting")


def test_what_is_put_off_counts_no_attempt(store: Store) -> None:
    store.put()
    (claimed,) = store.claim()
    store.outbox.acknowledge(claimed, Deferred("quiet-hours"), NOW, SOON)
    assert store.claim() == []
    (again,) = store.claim(SOON)
    assert again.attempt == 1


@pytest.mark.promise("P14")
def test_what_makes_no_sense_any_more_is_listed_as_expired_and_never_sent(store: Store) -> None:
    over = NOW + timedelta(hours=1)
    waiting, silent, sent, far = (store.put()[0] for _ in range(4))
    with unit_of_work(Session(store.engine), writes=True) as session:
        session.get_one(ReminderRow, silent).status = "claimed"
        session.get_one(ReminderRow, silent).lease_until = over
        session.get_one(ReminderRow, sent).status = "sent"
        session.get_one(ReminderRow, far).expires_at = over + timedelta(microseconds=1)
    assert store.outbox.expire(over - timedelta(microseconds=1)) == 0
    assert store.outbox.expire(over) == 2
    assert [store.row(one).status for one in (waiting, silent, sent, far)] == ["expired", "expired", "sent", "waiting"]
    assert store.row(waiting).why == "too-late"
    assert [one.id for one in store.claim(over)] == [str(far)]


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
    ("outcome", "next_at", "told"), [(TOOK, None, 1), (FATAL, None, 1), (PASSING, SOON, 0), (Deferred("x"), SOON, 0)]
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
    assert store.outbox.expire(NOW + timedelta(hours=1)) == 6
    assert all(store.told(patient_id) >= 1 for patient_id in (*others[:2], store.patient_id))
    assert store.told(others[2]) == 0


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("kind", "state", "status"),
    [
        ("dose", "shown", "cancelled"),
        ("dose", "opened", "cancelled"),
        ("dose", "dismissed", "waiting"),
        ("test", "shown", "waiting"),
    ],
)
@pytest.mark.parametrize("outcome", [PASSING, Deferred("quiet-hours")])
def test_what_the_phone_showed_while_it_was_being_sent_is_not_tried_again(
    store: Store, outcome: Any, kind: str, state: str, status: str
) -> None:
    (reminder_id,) = store.put(kind=kind)
    (claimed,) = store.claim()
    store.outbox.attempt(claimed, NOW)
    store.shown(reminder_id, state)
    store.outbox.acknowledge(claimed, outcome, NOW, SOON)
    row = store.row(reminder_id)
    assert (row.status, row.why == "told-by-phone") == (status, status == "cancelled")
    assert store.told() == (status == "cancelled")


@pytest.mark.promise("P11")
@pytest.mark.parametrize(
    ("outcome", "next_at"), [(FATAL, None), (PASSING, None), (PASSING, NOW + timedelta(hours=1)), (PASSING, SOON)]
)
def test_what_can_not_be_pushed_goes_by_mail_and_its_tries_begin_anew(store: Store, outcome: Any, next_at: Any) -> None:
    store.phone()
    (reminder_id,) = store.put(channel="push", attempts=4)
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.attempt) == ("push", 5)
    store.outbox.attempt(claimed, NOW)
    store.outbox.acknowledge(claimed, outcome, NOW, next_at)
    if next_at == SOON:
        assert (store.claim(), store.row(reminder_id).channel) == ([], "push")
        return
    (again,) = store.claim()
    assert (again.reminder.channel, again.address, again.attempt) == ("email", "anna@example.org", 1)
    assert store.outbox.attempt(again, NOW)
    store.outbox.acknowledge(again, FATAL, NOW, None)
    assert [ended for *_, ended in store.attempts()] == [outcome.why, "smtp-550"]
    assert store.row(reminder_id).status == "failed"


@pytest.mark.promise("P11")
def test_where_no_phone_is_left_after_many_tries_those_by_mail_begin_anew(store: Store) -> None:
    (reminder_id,) = store.put(channel="push", attempts=5)
    (claimed,) = store.claim()
    assert (claimed.reminder.channel, claimed.attempt) == ("email", 1)
    store.outbox.acknowledge(claimed, Deferred("quiet-hours"), NOW, SOON)
    assert (store.row(reminder_id).channel, store.claim(SOON)[0].attempt) == ("email", 1)


def test_without_an_address_for_mail_what_can_not_be_pushed_has_failed(store: Store) -> None:
    store = replace(store, patient_id=enrol(store.engine, store.outbox.sealer, SiteFactory.build(), email_sealed=None))
    store.phone()
    (reminder_id,) = store.put(channel="push")
    store.outbox.acknowledge(store.claim()[0], FATAL, NOW, None)
    assert (store.row(reminder_id).status, store.claim(SOON)) == ("failed", [])
