"""The checks of a demo patient's drug: done when they were due or a little later, and some of the last ones not yet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from backend.demo.course import Course
from backend.demo.people import ZONE, identifier, workday
from backend.domain.drugs import monitoring_due
from backend.domain.moments import at_wall, local_date
from backend.domain.treatment import Treatment

LEFT_OPEN = 0.12
"""Of the checks that came due lately, so many were forgotten."""
_LATELY = timedelta(days=200)
_BEFORE_DOSE = ("blood-before-dose",)


@dataclass(frozen=True, slots=True)
class Checked:
    """One check that was done on a day, and the moment it was written down (aware)."""

    id: UUID
    treatment_id: UUID
    check: str
    done_on: date
    recorded_at: datetime


def checks(course: Course, rng: Random, now: datetime) -> Iterator[Checked]:
    """Yield what was done for each treatment, none written down after `now`."""
    for treatment in course.treatments:
        for check, done_on in (*_scheduled(treatment, rng, now), *_before_doses(treatment, course, rng)):
            recorded_at = at_wall(done_on, time(16), ZONE)
            if recorded_at <= now:
                yield Checked(identifier(rng), treatment.id, check, done_on, recorded_at)


def _scheduled(treatment: Treatment, rng: Random, now: datetime) -> Iterator[tuple[str, date]]:
    """Yield check after check in the order they come due, each done within some days, until those still to come."""
    today = local_date(now, ZONE)
    done, forgotten = dict[str, date](), set[str]()
    while True:
        due = monitoring_due(treatment.drug, treatment.started_on, done, None, treatment.stopped_on)
        coming = next(((item.key, on) for item, on in due if on <= today and item.key not in forgotten), None)
        if coming is None:
            return
        key, on = coming
        if on > today - _LATELY and on > treatment.started_on and rng.random() < LEFT_OPEN:
            forgotten.add(key)
            continue
        done[key] = min(workday(on + timedelta(days=rng.choice((0, 0, 1, 2, 4)))), max(on, today))
        yield key, done[key]


def _before_doses(treatment: Treatment, course: Course, rng: Random) -> Iterator[tuple[str, date]]:
    asked = [item.key for item in treatment.drug.monitoring if item.key in _BEFORE_DOSE]
    for dose in course.given if asked else ():
        if dose.treatment_id == treatment.id and dose.given is not None:
            yield asked[0], dose.given.on - timedelta(days=rng.randrange(3, 10))
