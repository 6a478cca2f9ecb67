"""The finger pricks of a demo patient: kits, drops, the post, what the lab rejects, and invented levels.

Levels come from C(t) = (C_trough + 75 ug/mL) * exp(-k * days). They are test data only and must never be shown
as a prediction.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random
from uuid import UUID

from backend.demo.course import Course
from backend.demo.people import ZONE, Person, identifier
from backend.domain.dosing import Dose
from backend.domain.levels import Comparator, Level, level
from backend.domain.moments import Occurred, at_instant, at_wall, local
from backend.domain.samples import Problem, State, Step, advance, enough_drops

RISE = 75.0
LLOQ = Decimal("0.5")
LAB = "lab"


@dataclass(frozen=True, slots=True)
class Prick:
    """One finger prick: its chain of steps, and the level the lab reported, None where it could not be measured.

    `released` tells whether the patient may see it.
    """

    id: UUID
    steps: tuple[Step, ...]
    level: Level | None
    released: bool = True


def concentration(trough: float, elimination: float, days: float) -> float:
    """Return the invented level in ug/mL, days after a dose given at a trough (ug/mL); k per day."""
    return (trough + RISE) * math.exp(-elimination * days)


def pricks(person: Person, course: Course, rng: Random, now: datetime) -> Iterator[Prick]:
    """Yield a prick before some of the doses; only natalizumab is measured."""
    if not person.kind.natalizumab:
        return
    trough = person.trough
    for before, dose in pairwise(course.given):
        days = (dose.anchor - before.anchor) / timedelta(days=1)
        trough = concentration(trough, person.elimination, days)
        if rng.random() < person.pricks:
            made = _prick(person, rng, dose, trough)
            if made.steps[-1].recorded_at <= now:
                yield made


def _prick(person: Person, rng: Random, dose: Dose, trough: float) -> Prick:
    collected_at = _collected(rng, dose)
    drops = rng.randrange(3, 8) if rng.random() < 0.07 else rng.randrange(8, 15)
    problems = (Problem.TOO_LITTLE_BLOOD,) if not enough_drops(drops) else ()
    posted_at = collected_at + timedelta(hours=2) + timedelta(days=1 if rng.random() < 0.08 else 0)
    arrived_at = at_wall(posted_at.date() + timedelta(days=rng.choice((1, 1, 1, 2, 5))), time(9, 30), ZONE)
    unusable = not enough_drops(drops) or rng.random() < 0.03
    last = State.REJECTED if unusable else State.ANALYSED
    why = "Te weinig bloed." if not enough_drops(drops) else "Gestold." if unusable else None
    told = [
        (State.ORDERED, collected_at - timedelta(days=14), None),
        (State.KIT_SENT, collected_at - timedelta(days=10), None),
        (State.COLLECTED, collected_at, None),
        (State.POSTED, posted_at, None),
        (State.RECEIVED, arrived_at, None),
        (last, arrived_at + timedelta(days=2), why),
    ]
    if not unusable:
        told.append((State.REPORTED, arrived_at + timedelta(days=3), None))
    steps = tuple[Step, ...]()
    for state, at, reason in told:
        mine = state in {State.COLLECTED, State.POSTED}
        by = f"patient:{person.id}" if mine else LAB
        at_prick = state is State.COLLECTED
        blood = (drops, tuple(problems)) if at_prick else (None, ())
        step = Step(state, at_instant(at, ZONE), by, local(at, ZONE), at, reason, *blood)
        steps = advance(steps, step)
    return Prick(identifier(rng), steps, None if unusable else _level(rng, trough))


def _collected(rng: Random, dose: Dose) -> datetime:
    """Return when blood was taken: the evening before, the morning of the dose, or days too early."""
    day = dose.given.on if dose.given else dose.anchor.date()
    morning = at_wall(day, time(7, rng.randrange(0, 60, 5)), ZONE)
    evening = at_wall(day - timedelta(days=1), time(18, rng.randrange(0, 60, 5)), ZONE)
    early = evening - timedelta(days=rng.randrange(1, 4))
    return rng.choices((evening, morning, early), (6, 3, 1))[0]


def _level(rng: Random, trough: float) -> Level:
    measured = Decimal(str(round(trough * rng.gauss(1, 0.05), 1)))
    if measured < LLOQ:
        return level(LLOQ, "ug/mL", Comparator.BELOW, lloq=LLOQ)
    return level(measured, "ug/mL", lloq=LLOQ)


def _local(at: datetime) -> Occurred:
    return at_instant(at, ZONE)
