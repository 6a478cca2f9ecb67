"""Reading a cohort: everything figures rest on, of all patients in a few statements, and kept while nothing changed."""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from threading import Lock
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row

from backend.domain import symptoms as diary
from backend.domain.adherence import Said
from backend.domain.apart import NONE, Apart
from backend.domain.dosing import Dose, given
from backend.domain.levels import Comparator, TroughClass
from backend.domain.linking import Chain, chain, place, stands
from backend.domain.moments import Occurred
from backend.domain.occasions import About, about_interval
from backend.domain.recall import FORM, RecallResult, recall
from backend.domain.reports import is_late
from backend.domain.samples import Matrix, State, Step, Unusable, find, validity
from backend.domain.spans import Span, spans
from backend.domain.treatment import Expected
from backend.domain.troughs import trough
from backend.domain.wearing_off import RatedDay, Settings
from backend.services.context import Context
from backend.services.intervals import Line
from backend.services.results import Analyte
from backend.storage import cohorts, doses, questionnaires, samples, treatment
from backend.storage.cohorts import Entry, Member
from backend.storage.feed import Head

BATCH = 500
"""How many patients are read together."""
KEPT = 1000
"""How many patients are kept, those who were asked for last; some 0.4 MB each with 1,000 entries."""


@dataclass(slots=True)
class Written:
    """How the diary of one interval was kept: entries in all, late ones, and those that name only a day."""

    entries: int = 0
    late: int = 0
    only_day: int = 0


@dataclass(frozen=True, slots=True)
class Answered:
    """One response to the end-of-interval form: as adherence takes it, the interval it is about, and what it says."""

    said: Said
    about: int | None
    recalled: RecallResult


@dataclass(frozen=True, slots=True)
class Pricked:
    """One sample of which blood was taken: when, in which interval, what of it is usable, and the level if measured."""

    collected: Occurred
    interval: int | None
    matrix: Matrix
    trough_class: TroughClass
    unusable: tuple[Unusable, ...]
    value: Decimal | None
    comparator: Comparator | None


@dataclass(eq=False, slots=True)
class Followed:
    """One patient with everything that was given, written, answered and pricked, by interval number.

    `rated` holds the rated entries with their local days, flagged where the patient named a cause; what the clinic's
    findings set apart comes on top of it when the spans are asked for. `early` counts entries before the first dose.
    """

    id: UUID
    zone: str
    head: Head
    line: Line
    expected: tuple[Expected, ...]
    rated: dict[int, list[tuple[date, RatedDay]]] = field(default_factory=dict)
    written: dict[int, Written] = field(default_factory=dict)
    early: int = 0
    answers: tuple[Answered, ...] = ()
    pricks: tuple[Pricked, ...] = ()
    _spans: tuple[Settings, Apart, tuple[Span, ...]] | None = None

    @property
    def coming_on(self) -> date | None:
        """The day of the dose that ends the open interval, None where none is expected."""
        opening = (one.on for one in self.expected if self.line.treatment(one.treatment_id).opens_intervals)
        return min(opening, default=None)

    def spans(self, settings: Settings, apart: Apart = NONE) -> tuple[Span, ...]:
        """Return the spans by these settings; the last are kept, since most questions repeat them."""
        kept = self._spans
        if kept is None or kept[:2] != (settings, apart):
            kept = self._spans = settings, apart, self._made(settings, apart)
        return kept[2]

    def _made(self, settings: Settings, apart: Apart) -> tuple[Span, ...]:
        days = {number: [_set_apart(on, day, apart) for on, day in told] for number, told in self.rated.items()}
        forms: dict[int, list[RecallResult]] = defaultdict(list)
        for answer in self.answers:
            if answer.about is not None and answer.said.completed:
                forms[answer.about].append(answer.recalled)
        entries = {number: written.entries for number, written in self.written.items()}
        return spans(self.line.chain, days, forms, settings, entries)


class Shelf:
    """The patients that were read last, by id; safe under threads.

    What is kept of a patient was read in the same snapshot as the number of their feed. Whatever changes it takes the
    next number in its own transaction, so what is kept under the number that stands is what would be read.
    """

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, Lock()
        self._held: OrderedDict[UUID, Followed] = OrderedDict()

    def get(self, member: Member) -> Followed | None:
        """Return what is kept of a patient whose feed and zone are where they were, else None."""
        with self._lock:
            found = self._held.get(member.id)
            if found is None or (found.head, found.zone) != (member.head, member.zone):
                return None
            self._held.move_to_end(member.id)
            return found

    def put(self, read: Iterable[Followed]) -> None:
        """Keep patients, and let those go who were not asked for longest; one without a feed is not kept."""
        with self._lock:
            for one in read:
                if one.head.seq:
                    self._held[one.id] = one
                    self._held.move_to_end(one.id)
            while len(self._held) > self._size:
                self._held.popitem(last=False)


_shelves: WeakKeyDictionary[Engine | Connection, Shelf] = WeakKeyDictionary()


def read(ctx: Context, members: Sequence[Member]) -> list[Followed]:
    """Return patients who are within reach, in their order; only those are read whose feed moved on."""
    shelf = _shelves.setdefault(ctx.session.get_bind(), Shelf(KEPT))
    found = {one.id: kept for one in members if (kept := shelf.get(one)) is not None}
    missing = [one for one in members if one.id not in found]
    for start in range(0, len(missing), BATCH):
        fresh = _read(ctx, missing[start : start + BATCH])
        shelf.put(fresh)
        found |= {one.id: one for one in fresh}
    return [found[one.id] for one in members]


def _read(ctx: Context, members: Sequence[Member]) -> list[Followed]:
    ids = [one.id for one in members]
    treated, given = treatment.of_patients(ctx.session, ids), doses.of_patients(ctx.session, ids)
    found = {}
    for one in members:
        theirs, events = treated.get(one.id, []), given.get(one.id, [])
        line = Line(theirs, events, chain(theirs, events))
        found[one.id] = Followed(one.id, one.zone, one.head, line, tuple(line.expected))
    for patient_id, told in groupby(cohorts.entries(ctx.session, ids), key=lambda entry: entry.patient_id):
        _write(found[patient_id], told)
    for patient_id, rows in questionnaires.of_patients(ctx.session, ids, FORM).items():
        chained = found[patient_id].line.chain
        found[patient_id].answers = tuple(_answered(row, chained) for row in rows)
    for patient_id, pricks in _pricks(ctx, found):
        found[patient_id].pricks = pricks
    return list(found.values())


def _write(patient: Followed, told: Iterable[Entry]) -> None:
    line = patient.line.chain
    for entry in told:
        where = stands(entry.on, None if entry.only_day else entry.anchor_at, line)
        if where is None:
            patient.early += 1
            continue
        number, since, before = where
        written = patient.written.setdefault(number, Written())
        written.entries += 1
        written.only_day += entry.only_day
        written.late += is_late(entry.late_by, only_day=entry.only_day)
        rating, flagged = diary.rated(entry.content)
        if rating is not None:
            patient.rated.setdefault(number, []).append((entry.on, RatedDay(since, before, rating, flagged)))


def _set_apart(on: date, day: RatedDay, apart: Apart) -> RatedDay:
    if not apart.first or day.flagged or on not in apart:
        return day
    return RatedDay(day.day_since_dose, day.days_before_actual, day.rating, flagged=True)


def _answered(row: Row[Any], line: Chain) -> Answered:
    said = Said(questionnaires.moment(row), About(row.about), row.completed)
    falls_in = place(said.occurred, row.planned_on, line).interval
    return Answered(said, about_interval(falls_in, said.about), recall(row.answers))


def _pricks(ctx: Context, found: Mapping[UUID, Followed]) -> Iterator[tuple[UUID, tuple[Pricked, ...]]]:
    ids = list(found)
    steps = samples.steps_of(ctx.session, ids)
    levels = samples.results_of(ctx.session, ids, Analyte.LEVEL)
    for patient_id, rows in samples.of_patients(ctx.session, ids).items():
        line = found[patient_id].line
        done = given(line.doses)
        yield (
            patient_id,
            tuple(
                _pricked(matrix, taken, collected, levels.get((patient_id, sample_id)), line.chain, done)
                for sample_id, matrix in rows
                if (collected := find(taken := steps.get((patient_id, sample_id), []), State.COLLECTED)) is not None
            ),
        )


def _pricked(
    matrix: Matrix,
    taken: Sequence[Step],
    collected: Step,
    level: tuple[Decimal, str] | None,
    line: Chain,
    done: Sequence[Dose],
) -> Pricked:
    at = bisect_right(done, collected.at.anchor, key=lambda dose: dose.anchor)
    around = done[max(at - 1, 0) : at + 1]  # the class rests on no other doses
    where = stands(collected.at.on, None if collected.at.at is None else collected.at.anchor, line)
    value, sign = level or (None, None)
    return Pricked(
        collected.at,
        None if where is None else where[0],
        matrix,
        trough(collected.at, around, None).trough_class,
        validity(taken),
        value,
        None if sign is None else Comparator(sign),
    )


def forget() -> None:
    """Let go of everything that is kept, so that the next question reads it all; nothing is lost."""
    _shelves.clear()
