"""Doses moved while their reminders are being sent: no word of the old day after the answer, or it is taken back."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from backend.app import db
from backend.services import reminders
from backend.storage import doses, patients, treatment
from backend.storage.reminders import OPEN, ReminderRow
from backend.storage.wishes import SiteRulesRow
from tests.factories.base import NOW, CareFactory
from tests.factories.doses import TreatmentFactory, given, planned
from tests.house import House, Staff
from tests.journeys.dispatching import Reachable, Warm, reachable
from tests.journeys.processes import Installation, until
from tests.journeys.sink import Copy, Says, Sink, kind, open_sink

AT_ONE_BEING_TOLD, LATER = 0.4, 0.1
OLD = date(2026, 6, 2)
PAUSE_S, WAIT_S, AHEAD = 0.02, 0.3, 4
"""The provider answers at most so many calls more than doses were moved, and moves wait so long for calls."""
DOSES_ALONE: dict[str, object] = {kind: {"steps": []} for kind in ("form", "monitoring", "dose-late", "dose-expected")}
"""The rules of a site that tells of nothing else."""
NEVER = Event()

pytestmark = pytest.mark.journey


@dataclass
class Move:
    """A dose that was moved: what the answer listed, and how many calls had arrived once it was there."""

    cancelled: set[UUID]
    created: set[UUID]
    in_flight: set[UUID]
    arrived: int


@dataclass
class Ward:
    """Patients who all have their dose tomorrow, and the nurse who moves them; `dose_of` by telephone number."""

    house: House
    nurse: Staff
    people: list[Reachable]
    dose_of: dict[str, UUID] = field(default_factory=dict)

    def move(self, one: Reachable, on: date, sink: Sink) -> Move:
        """Move a dose over HTTP."""
        slot = {"at": f"{on}T14:00:00+02:00", "zone": "Europe/Amsterdam"}
        answer = self.house.post(
            f"/patients/{one.id}/doses/{self.dose_of[one.number]}/move",
            json={"planned": slot, "reason": "the ward is full"},
            headers={**self.nurse.headers, "If-Match": '"1"'},
        )
        arrived = sink.arrived()
        assert answer.status_code == 200, answer.get_json()
        told = {part: {UUID(row["id"]) for row in rows} for part, rows in answer.get_json()["moved"].items()}
        return Move(**told, arrived=arrived)

    def rows(self) -> dict[str, ReminderRow]:
        """Return every reminder by the id its messages bear."""
        with self.house.unit(writes=False) as ctx:
            rows = ctx.session.scalars(select(ReminderRow)).all()
            ctx.session.expunge_all()
        return {f"reminder-{row.id}": row for row in rows}

    def left(self) -> int:
        """Return how many reminders are due and still to be told."""
        due = (ReminderRow.status.in_(OPEN), ReminderRow.next_try_at <= self.house.clock.now)
        with self.house.unit(writes=False) as ctx:
            return ctx.session.scalar(select(func.count()).where(*due)) or 0


def treated(house: House, count: int, rules: dict[str, object]) -> Ward:
    """Put people there whose dose is tomorrow, with everything their site reminds them of."""
    ward = Ward(house, house.login("nurse"), reachable(house, count))
    with house.unit() as ctx:
        ctx.session.add(SiteRulesRow(site_id=house.site.id, rules=rules, changed_at=NOW))
        for one in ward.people:
            course = TreatmentFactory.build()
            before, coming = given(course, "2026-05-05 14:00"), planned(course, f"{OLD} 14:00")
            ward.dose_of[one.number] = coming.id
            ctx.session.add(CareFactory.build(patient_id=one.id, staff_id=ward.nurse.id, starts_at=NOW))
            treatment.add(ctx.session, one.id, course, None)
            doses.add(ctx.session, one.id, [before, coming], None)
            row = patients.get(ctx.session, one.id, lock=True)
            assert row is not None
            reminders.replan(ctx, row)
    return ward


def moved_at_random(
    installation: Installation, ward: Ward, sink: Sink, chance: random.Random, moves: dict[str, Move]
) -> None:
    """Move each dose at some moment, often that of somebody who is just being told; put down what came of it."""
    waiting = {one.number: one for one in ward.people}
    while waiting:
        NEVER.wait(chance.uniform(0, PAUSE_S))
        with suppress(AssertionError):  # perhaps nobody is left to be told
            until(lambda: sink.arrived() >= len(moves), "as many are told", WAIT_S)
        being_told = [number for number in sink.held() if number in waiting]
        aimed = being_told and chance.random() < AT_ONE_BEING_TOLD
        number = chance.choice(being_told if aimed else sorted(waiting))
        ward.house.clock.now = installation.now()
        on = OLD + timedelta(days=chance.randint(8, 20))
        with sink.keeping(number) if aimed else nullcontext():  # a slow machine would answer before the move is made
            moves[number] = ward.move(waiting.pop(number), on, sink)


def check(number: str, move: Move, calls: Sequence[tuple[int, Copy, ReminderRow]]) -> None:
    """Hold what one person was told, and when, against what the answer to the move promised."""
    old = [(place, copy, row) for place, copy, row in calls if row.kind == "dose" and row.due_on == OLD]
    corrected = [place for place, _, row in calls if row.kind == "correction"]
    for place, copy, row in old:
        assert place < move.arrived or row.id in move.in_flight, f"{number} was told of the old day: {copy.text}"
    for place, copy, row in calls:
        told_old = " 2 juni" in copy.text
        assert not (told_old and place >= move.arrived and row.id not in move.in_flight), copy.text
    told = [place for place, copy, _ in old if copy.said is Says.TAKEN]
    if told or move.in_flight:
        assert len({row.id for *_, row in calls if row.kind == "correction"}) == 1, f"nobody took it back for {number}"
        assert min(corrected) > max(told, default=-1), f"{number} was corrected before being told"
    else:
        assert not corrected, f"{number} was told that something changed of which they knew nothing"


@pytest.mark.promise("P12")
def test_after_a_move_nobody_hears_of_the_old_day_or_it_is_corrected(
    installation: Installation, seeded: House, warm: Warm, chance: random.Random, pytestconfig: pytest.Config
) -> None:
    count = int(pytestconfig.getoption("--moves"))
    ward = treated(seeded, count, DOSES_ALONE)
    luck, moves = random.Random(chance.random()), dict[str, Move]()

    def in_step(place: int) -> None:
        until(lambda: len(moves) >= min(count, place - AHEAD), "doses are moved as messages are told", 60)

    with open_sink(lambda *_: Says.LATER if luck.random() < LATER else Says.TAKEN, in_step) as sink:
        installation.told |= {**sink.environ, "UITWERK_TEST_BACK_OFF_S": "0.2 1 1 1 1 1 1 1"}
        for _ in range(2):
            warm.fork(installation.environ)
        until(lambda: sink.arrived() > 0, "somebody is told", 60)
        moved_at_random(installation, ward, sink, chance, moves)
        until(lambda: not ward.left(), "what was due is told", 60)
        seeded.clock.now = installation.now() + timedelta(minutes=5)  # what was in flight is over by then
        installation.move_clock(seeded.clock.now)
        until(lambda: not ward.left(), "what was wrong is corrected", 60)
    rows = ward.rows()
    calls = [(place, copy, rows[copy.message_id]) for place, copy in enumerate(sink.calls)]
    for number, move in moves.items():
        check(number, move, [one for one in calls if one[1].to == number])
    before = {copy.to for place, copy, row in calls if row.kind == "dose" and place < moves[copy.to].arrived}
    in_flight = {number for number, move in moves.items() if move.in_flight}
    never = moves.keys() - {copy.to for _, copy, row in calls if row.kind == "dose"}
    assert len(in_flight) >= count // 20, "no move met a message on its way: nothing was tested"
    assert len(before - in_flight) >= count // 20
    assert len(never) >= count // 20
    print(f"{len(before)} told before, {len(in_flight)} in flight, {len(never)} never told")


@contextmanager
def written(house: House) -> Iterator[dict[str, list[int]]]:
    """Gather by table how many rows each statement wrote, as far as the driver knows."""
    counts: dict[str, list[int]] = {}

    def count(_connection: Any, cursor: Any, statement: str, *_rest: object) -> None:
        first, *words = statement.split()[:3]
        if first in {"INSERT", "UPDATE", "DELETE"}:
            counts.setdefault(words[first != "UPDATE"], []).append(cursor.rowcount)

    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", count)
    try:
        yield counts
    finally:
        event.remove(engine, "after_cursor_execute", count)


def columns(row: ReminderRow) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in ReminderRow.__table__.columns}


@pytest.mark.promise("P12")
def test_a_move_writes_the_difference_and_leaves_every_other_reminder_as_it_is(house: House) -> None:
    ward = treated(house, 3, {})
    one = ward.people[0]
    before = {row.id: columns(row) for row in ward.rows().values()}
    house.clock.now += timedelta(minutes=5)
    with written(house) as counts:
        move = ward.move(one, OLD + timedelta(days=14), Sink(kind, bool))
    after = {row.id: columns(row) for row in ward.rows().values()}
    changed = {row_id for row_id in after if after[row_id] != before.get(row_id)}
    mine = {row_id for row_id, row in after.items() if row["patient_id"] == one.id}
    assert changed == move.cancelled | move.created
    assert move.created == after.keys() - before.keys()
    assert mine & before.keys() - changed, "the check for what the dose does not move stands as it stood"
    assert len(counts["reminders"]) == 2, "one statement for all that ends, one for all that begins"
    assert counts["reminder_changes"] == [len(move.cancelled), len(move.created)]
