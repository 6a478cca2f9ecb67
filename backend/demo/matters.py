"""What the demo leaves for somebody to do: one matter each of several kinds, for the first patient that it fits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from backend.demo.course import Course
from backend.demo.people import ZONE, Person, identifier
from backend.demo.pricks import LAB, LLOQ, Prick
from backend.domain import dosing
from backend.domain.dosing import Act, Dose, Status
from backend.domain.levels import level
from backend.domain.moments import at_instant, at_wall, local, local_date
from backend.domain.requests import AskedFor
from backend.domain.samples import State, Step, advance

_LATELY = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a patient asks of the clinic, at a moment (aware); `treatment_id` is whose dose is to be moved."""

    id: UUID
    kind: AskedFor
    treatment_id: UUID | None
    words: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """What is changed of a patient's story: the course as it stands now, pricks and wishes besides, a dose taken out.

    `taken_out` is a dose of which nothing may be told any more: it was not given, or nobody wrote it down.
    """

    course: Course
    pricks: tuple[Prick, ...] = ()
    wishes: tuple[Wish, ...] = ()
    taken_out: Dose | None = None


Matter = Callable[[Person, Course, Random, datetime], Left | None]
"""Leaves one thing to do with a patient, None where it does not fit."""


@dataclass(slots=True)
class Matters:
    """The matters not yet left with anybody; a patient gets one at most, and the first patient of the story none."""

    open: list[Matter] = field(default_factory=lambda: list(_EACH))

    def leave(self, person: Person, course: Course, rng: Random, now: datetime) -> Left:
        """Return what is left to do with a patient; their course as it was where there is nothing."""
        if person.number == 0 or person.stops or not person.kind.natalizumab:
            return Left(course)
        for matter in self.open:
            found = matter(person, course, rng, now)
            if found is not None:
                self.open.remove(matter)
                return found
        return Left(course)


def _overdue(_person: Person, course: Course, _rng: Random, now: datetime) -> Left | None:
    """The latest dose was given or not: nobody wrote it down."""
    dose = _latest(course, now)
    if dose is None:
        return None
    return Left(_without(course, dose), taken_out=dose)


def _missed(_person: Person, course: Course, _rng: Random, now: datetime) -> Left | None:
    """The patient did not come to the latest dose, and nobody has said how it goes on."""
    dose = _latest(course, now)
    if dose is None or dose.planned is None or dose.planned.dose_anchor + timedelta(hours=26) > now:
        return None
    earlier = _without(course, dose)
    planned = next(one for one in earlier.versions[::-1] if one.id == dose.id)
    missed = dosing.miss(planned, dose.planned.dose_anchor + timedelta(hours=26), "Niet verschenen.")
    return Left(Course(earlier.treatments, [*earlier.versions, missed]), taken_out=dose)


def _latest(course: Course, now: datetime) -> Dose | None:
    """Return the dose given last, where that was lately, by plan, written down at once, and nothing hangs on it."""
    if not course.given:
        return None
    dose = course.given[-1]
    told = [one for one in course.versions if one.id == dose.id]
    written = told[-1].act is Act.RECORD and told[-1].recorded_at - dose.anchor < timedelta(days=1)
    lately = dose.planned is not None and local_date(now, ZONE) - _LATELY < dose.planned.on < local_date(now, ZONE)
    changed = course.treatments[-1].versions[-1].recorded_at >= told[-1].recorded_at
    return dose if written and lately and not changed else None


def _without(course: Course, dose: Dose) -> Course:
    """Return a course before a dose was written down, and before what was planned because of it."""
    written_at = next(one.recorded_at for one in course.versions if one.id == dose.id and one.status is Status.GIVEN)
    return Course(course.treatments, [one for one in course.versions if one.recorded_at < written_at])


def _rejected(person: Person, course: Course, rng: Random, now: datetime) -> Left | None:
    """The blood for a dose that comes soon was clotted, and no other was taken."""
    coming = _coming(course, now)
    if coming is None or coming > local_date(now, ZONE) + timedelta(days=12):
        return None
    told = _sent_in(now, 4)
    told.append((State.REJECTED, now - timedelta(hours=20), "Gestold."))
    return Left(course, pricks=(Prick(identifier(rng), _steps(person, told), None),))


def _withheld(person: Person, course: Course, rng: Random, now: datetime) -> Left | None:
    """The lab reported a level that nobody has released yet."""
    if _coming(course, now) is None:
        return None
    told = _sent_in(now, 6)
    told += [(State.ANALYSED, now - timedelta(hours=30), None), (State.REPORTED, now - timedelta(hours=22), None)]
    measured = level(Decimal(rng.randrange(80, 260)) / 10, "ug/mL", lloq=LLOQ)
    return Left(course, pricks=(Prick(identifier(rng), _steps(person, told), measured, released=False),))


def _contact(_person: Person, course: Course, rng: Random, now: datetime) -> Left | None:
    said = "Ik wil graag overleggen over mijn vakantie en het infuus."
    return Left(course, wishes=(Wish(identifier(rng), AskedFor.CONTACT, None, said, _evening(now, 2)),))


def _move(_person: Person, course: Course, rng: Random, now: datetime) -> Left | None:
    if _coming(course, now) is None:
        return None
    said = "Liever op een donderdag, dan kan mijn zus mee."
    treatment_id = course.treatments[-1].id
    return Left(course, wishes=(Wish(identifier(rng), AskedFor.MOVE, treatment_id, said, _evening(now, 1)),))


def _coming(course: Course, now: datetime) -> date | None:
    """Return the day of the dose that is planned ahead."""
    days = [dose.on for dose in course.doses if dose.status is Status.PLANNED and dose.anchor > now]
    return min(days, default=None)


def _evening(now: datetime, days: int) -> datetime:
    return at_wall(local_date(now, ZONE) - timedelta(days=days), time(20, 10), ZONE)


def _sent_in(now: datetime, days: int) -> list[tuple[State, datetime, str | None]]:
    """Return the steps of a prick that was taken so many days ago and has come to the lab."""
    on = local_date(now, ZONE) - timedelta(days=days)
    taken_at = at_wall(on, time(7, 40), ZONE)
    return [
        (State.ORDERED, taken_at - timedelta(days=9), None),
        (State.KIT_SENT, taken_at - timedelta(days=7), None),
        (State.COLLECTED, taken_at, None),
        (State.POSTED, taken_at + timedelta(hours=3), None),
        (State.RECEIVED, at_wall(on + timedelta(days=1), time(9, 30), ZONE), None),
    ]


def _steps(person: Person, told: list[tuple[State, datetime, str | None]]) -> tuple[Step, ...]:
    steps = tuple[Step, ...]()
    for state, at, reason in told:
        by = f"patient:{person.id}" if state in {State.COLLECTED, State.POSTED} else LAB
        drops = 10 if state is State.COLLECTED else None
        steps = advance(steps, Step(state, at_instant(at, ZONE), by, local(at, ZONE), at, reason, drops))
    return steps


_EACH: tuple[Matter, ...] = (_overdue, _missed, _rejected, _withheld, _move, _contact)
"""The pickiest first, so that each finds somebody."""
