"""Reading a cohort: everything figures rest on, of all patients in a few statements, and kept while nothing changed."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from threading import Lock
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Row

from backend.domain import symptoms as diary
from backend.domain.adherence import Said
from backend.domain.dosing import Dose, given
from backend.domain.levels import Comparator
from backend.domain.linking import Chain, stands
from backend.domain.occasions import About
from backend.domain.recall import FORM, recall
from backend.domain.reports import is_late
from backend.domain.samples import Matrix, State, Step, find, validity
from backend.domain.troughs import trough
from backend.domain.wearing_off import RatedDay
from backend.services import followed as following
from backend.services import outlines
from backend.services.context import Context
from backend.services.digest_mark import mark
from backend.services.followed import Followed, Pricked, Rated, Written
from backend.services.results import Analyte
from backend.storage import cohorts, digests, doses, questionnaires, samples, treatment
from backend.storage.cohorts import Entry, Member
from backend.storage.digests import Digest

BATCH = 500
"""How many patients are read together."""
KEPT = 1000
"""How many patients are kept, those who were asked for last; some 0.4 MB each with 1,000 entries."""


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
    """Return patients who are within reach, in their order; only those are read whose feed moved on.

    Whoever is kept nowhere is kept as a digest too, when the act ends.
    """
    shelf = _shelves.setdefault(ctx.session.get_bind(), Shelf(KEPT))
    found = {one.id: kept for one in members if (kept := shelf.get(one)) is not None}
    missing = [one for one in members if one.id not in found]
    for start in range(0, len(missing), BATCH):
        fresh = _fresh(ctx, missing[start : start + BATCH])
        shelf.put(fresh)
        found |= {one.id: one for one in fresh}
    return [found[one.id] for one in members]


def _fresh(ctx: Context, members: Sequence[Member]) -> list[Followed]:
    """Return patients from their digests where these stand, the others from the tables."""
    found = _kept(ctx, members)
    others = from_tables(ctx, [one for one in members if one.id not in found])
    ctx.digests.extend(digest(one) for one in others if one.head.seq)
    return [*found.values(), *others]


def _kept(ctx: Context, members: Sequence[Member]) -> dict[UUID, Followed]:
    told = digests.whole(ctx.session, [one.id for one in members], mark())
    courses = treatment.of_patients(ctx.session, list(told))
    lines = {who: outlines.from_text(course, courses.get(who, [])) for who, (course, _) in told.items()}
    return {one.id: following.from_text(one, lines[one.id], told[one.id][1]) for one in members if one.id in told}


def digest(one: Followed) -> Digest:
    """Return what is kept of a patient."""
    return Digest(one.member, mark(), outlines.as_text(one.line), following.as_text(one))


def from_tables(ctx: Context, members: Sequence[Member]) -> list[Followed]:
    """Return patients, all read anew."""
    if not members:
        return []
    ids = [one.id for one in members]
    treated, events = treatment.of_patients(ctx.session, ids), doses.of_patients(ctx.session, ids)
    forms = questionnaires.of_patients(ctx.session, ids, FORM)
    found = {}
    for one in members:
        said = forms.get(one.id, ())
        line = outlines.outline(treated.get(one.id, []), events.get(one.id, []), map(_said, said))
        found[one.id] = Followed(one, line, recalled=tuple(recall(row.answers) for row in said))
    for patient_id, told in groupby(cohorts.entries(ctx.session, ids), key=lambda entry: entry.patient_id):
        _write(found[patient_id], told)
    for patient_id, pricks in _pricks(ctx, found, events):
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
            rated = patient.rated.setdefault(number, Rated())
            rated.on.append(entry.on.toordinal())
            rated.days.append(RatedDay(since, before, rating, flagged))


def _said(row: Row[Any]) -> Said:
    return Said(questionnaires.moment(row), About(row.about), row.completed)


def _pricks(
    ctx: Context, found: Mapping[UUID, Followed], events: Mapping[UUID, Sequence[Dose]]
) -> Iterator[tuple[UUID, tuple[Pricked, ...]]]:
    ids = list(found)
    steps = samples.steps_of(ctx.session, ids)
    levels = samples.results_of(ctx.session, ids, Analyte.LEVEL)
    for patient_id, rows in samples.of_patients(ctx.session, ids).items():
        line, done = found[patient_id].line, given(events.get(patient_id, ()))
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
