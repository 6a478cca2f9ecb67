"""The feed under concurrent writers: a reader that follows misses nothing, where one that follows timestamps does."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Queue
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from backend.domain.moments import at_moment
from backend.domain.reports import Report
from backend.domain.symptoms import Diary
from backend.services import symptoms
from backend.storage import feed
from backend.storage.symptoms import EntryRow
from tests.house import House, Patient

WRITERS, ROUNDS = 16, 12


class Writer:
    """One phone's act, stopped between its beginning and its commit until it is told to go on."""

    def __init__(self, house: House, patient: Patient, now: datetime, *, overlap: bool) -> None:
        self.id: UUID = uuid4()
        self._turn: Queue[None] = Queue()
        self._begun: Queue[None] = Queue()
        self._thread = Thread(target=self._write, args=(house, patient, now, overlap))
        self._thread.start()
        self._begun.get(timeout=20)

    def commit(self) -> None:
        """Let the act commit."""
        self._turn.put(None)

    def join(self) -> None:
        """Wait until it has."""
        self._thread.join(20)
        assert not self._thread.is_alive()

    def _write(self, house: House, patient: Patient, now: datetime, overlap: bool) -> None:
        with ExitStack() as stack:
            if not overlap:
                self._pause()
            ctx = replace(stack.enter_context(house.unit(patient)), now=now)
            symptoms.log(ctx, Report(self.id, at_moment(now, "Europe/Amsterdam"), now), Diary(no_complaints=True))
            if overlap:
                self._pause()

    def _pause(self) -> None:
        self._begun.put(None)
        self._turn.get(timeout=20)


class Reader:
    """Follows the feed by its own numbers, and beside it the entries by the moment they were received."""

    def __init__(self, house: House, patient: Patient) -> None:
        self.house, self.patient = house, patient
        self.by_number: set[UUID] = set()
        self.by_time: set[UUID] = set()
        self._seq = 0
        self._after: tuple[str, UUID] | None = None
        self._latest = house.clock.now - timedelta(days=1)

    def follow(self) -> None:
        """Read what is new, the feed in small pages."""
        with self.house.unit(self.patient, writes=False) as ctx:
            while page := feed.since(ctx.session, self.patient.id, self._seq, self._after, 3):
                self.by_number.update(change.record_id for change in page if change.kind == "diary-entry")
                self._seq, self._after = page[-1].seq, (page[-1].kind, page[-1].record_id)
            newer = select(EntryRow.id, EntryRow.received_at).where(EntryRow.received_at > self._latest)
            for entry_id, received_at in ctx.session.execute(newer.order_by(EntryRow.received_at)):
                self.by_time.add(entry_id)
                self._latest = received_at


@pytest.fixture
def anna(house: House) -> Patient:
    return house.patient()


@pytest.mark.promise("P05")
def test_a_reader_of_the_feed_misses_nothing_of_sixteen_writers_who_commit_out_of_order(
    house: House, anna: Patient
) -> None:
    """On SQLite writers wait before they begin, on PostgreSQL with their rows already written."""
    overlap = house.settings.url.startswith("postgresql")
    chance, reader, written = random.Random(20261121), Reader(house, anna), set()
    for number in range(ROUNDS):
        begun = house.clock.now + timedelta(minutes=number)
        writers = [
            Writer(house, anna, begun + timedelta(milliseconds=order), overlap=overlap) for order in range(WRITERS)
        ]
        chance.shuffle(writers)
        while writers:
            together = [writers.pop() for _ in range(min(chance.randint(1, 4), len(writers)))]
            for writer in together:
                writer.commit()
            reader.follow()  # while they commit
            for writer in together:
                writer.join()
                written.add(writer.id)
            reader.follow()
    assert len(written) == WRITERS * ROUNDS
    assert reader.by_number == written
    missed = written - reader.by_time
    assert missed, "timestamps missed nothing: this test would not notice a reader that does"


@contextmanager
def anothers_act(house: House, patient: Patient) -> Iterator[None]:
    """An act of another worker that has written but not committed."""
    writer = Writer(house, patient, house.clock.now, overlap=house.settings.url.startswith("postgresql"))
    yield
    writer.commit()
    writer.join()


def test_a_record_that_changes_again_is_told_once_in_its_new_place(house: House, anna: Patient) -> None:
    first, second = uuid4(), uuid4()
    for touched in ({("dose", first)}, {("dose", second)}, {("dose", first), ("plan", anna.id)}):
        with house.unit() as ctx:
            feed.append(ctx.session, anna.id, touched)
    with house.unit(writes=False) as ctx:
        found = feed.since(ctx.session, anna.id, 0, None, 10)
        assert [(change.seq, change.kind, change.record_id) for change in found] == [
            (2, "dose", second),
            (3, "dose", first),
            (3, "plan", anna.id),
        ]
        behind = feed.since(ctx.session, anna.id, 3, ("dose", first), 10)
        assert [change.kind for change in behind] == ["plan"]


def test_what_is_not_committed_has_no_number_and_takes_none_from_others(house: House, anna: Patient) -> None:
    with anothers_act(house, anna), house.unit() as ctx:
        assert feed.append(ctx.session, anna.id, {("plan", anna.id)}) == 1
    with house.unit(writes=False) as ctx:
        assert feed.head(ctx.session, anna.id).seq == 2


def test_feeds_are_renewed_in_the_order_in_which_every_act_takes_them(house: House) -> None:
    ids, taken = sorted((house.patient().id for _ in range(8)), reverse=True), list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith("UPDATE feeds"):
            taken.append(str(parameters))

    with house.unit() as ctx:
        for patient_id in ids:
            feed.begin(ctx.session, patient_id)
    with house.unit() as ctx:
        engine = ctx.session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        assert feed.renew(ctx.session) == 8
        event.remove(engine, "before_cursor_execute", note)
    named = [next(one for one in ids if one.hex in found.replace("-", "")) for found in taken]
    assert named == sorted(ids)
