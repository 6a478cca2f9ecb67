"""What a demo patient writes: ratings that follow the personal pattern, with gaps, late entries and other causes."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

from backend.demo.course import Course
from backend.demo.people import ZONE, Person, identifier
from backend.domain.moments import Occurred, at_moment, at_wall, on_day
from backend.domain.reports import Report
from backend.domain.symptoms import Diary, OtherCause, Rating, WearingOffFelt, check

ABROAD = "America/New_York"
AFTER_STOP_DAYS = 90
_CAUSES = (OtherCause.STRESS, OtherCause.POOR_SLEEP, OtherCause.HEAT, OtherCause.INFECTION_FEVER)
_NOTES = (
    "Vandaag rustig aan gedaan.",
    "Slecht geslapen, daarna de hele dag moe.",
    "Gewandeld met de hond, ging goed.",
    "Druk op het werk.",
    "Benen voelden zwaar op de trap.",
    "Tintelingen in de linkerhand tot na het eten.",
    "Verjaardag gehad, vandaag bijkomen.",
    "Met de fiets naar de winkel, dat lukte weer.",
)
_WORN = ("Ik voel dat het is uitgewerkt.", "Het infuus mag weer komen.", "Laatste week voor de prik, ik merk het.")


@dataclass(frozen=True, slots=True)
class Written:
    """One diary entry with the moment our server received it (aware, UTC)."""

    report: Report
    diary: Diary
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Cycle:
    """Where a day stands: days since the dose, the length of the interval in days, and whether it is the first."""

    day: int
    length_days: int
    first: bool


def worn(person: Person, cycle: Cycle) -> bool:
    """Whether complaints are up on a day: from the onset on, and after the next dose until relief."""
    pattern = person.wearing_off
    if pattern is None:
        return False
    tail = cycle.day <= pattern.relief_days and not cycle.first
    return tail or cycle.day >= pattern.onset_in(cycle.length_days)


def diary(person: Person, course: Course, rng: Random, now: datetime) -> Iterator[Written]:
    """Yield a patient's entries by the day they are about, none received after `now`."""
    given = [dose.given.on for dose in course.given if dose.given]
    lengths = [(after - before).days for before, after in pairwise(given)]
    lengths.append((course.treatments[-1].versions[-1].interval_weeks or (lengths or [28])[-1] // 7) * 7)
    for on in _days(person, course, now):
        index = bisect_right(given, on) - 1
        if not _writes(person, rng, on):
            continue
        cycle = Cycle((on - given[index]).days, lengths[index], index == 0) if index >= 0 else Cycle(7, 28, first=True)
        written = _entry(person, rng, on, cycle, now)
        if written is not None:
            yield written


def _days(person: Person, course: Course, now: datetime) -> Iterator[date]:
    on, last = person.started_on - timedelta(days=3), now.astimezone(ZoneInfo(ZONE)).date()
    if person.stops and course.treatments[-1].stopped_on:
        last = min(last, course.treatments[-1].stopped_on + timedelta(days=AFTER_STOP_DAYS))
    while on <= last:
        yield on
        on += timedelta(days=1)


def clocks_change(on: date) -> bool:
    """Whether a day of the patients' zone is 23 or 25 hours long."""
    length = at_wall(on + timedelta(days=1), time(0), ZONE) - at_wall(on, time(0), ZONE)
    return length != timedelta(days=1)


def _writes(person: Person, rng: Random, on: date) -> bool:
    wants = rng.random() < person.habit.chance
    if person.number == 0 and clocks_change(on):
        return True
    return wants and not person.habit.silent(on)


def _entry(person: Person, rng: Random, on: date, cycle: Cycle, now: datetime) -> Written | None:
    zone = ABROAD if person.abroad and person.abroad[0] <= on <= person.abroad[1] else ZONE
    said = check(_said(person, rng, worn(person, cycle)))
    occurred, recorded_at = _moment(person, rng, on, zone)
    received_at = recorded_at + timedelta(minutes=rng.choice((0, 0, 0, 0, 3, 45, 600, 2000)), seconds=2)
    if received_at > now:
        return None
    return Written(Report(identifier(rng), occurred, recorded_at), said, received_at)


def _moment(person: Person, rng: Random, on: date, zone: str) -> tuple[Occurred, datetime]:
    """Return when an entry says it was and when it was written: in the evening, at breakfast, or days later."""
    here = ZoneInfo(zone)
    clock = time(rng.randrange(19, 23), rng.randrange(60)) if rng.random() < 0.8 else time(7, rng.randrange(60))
    at = at_wall(on, clock, zone).astimezone(here)
    if rng.random() < person.habit.late:
        later = on + timedelta(days=rng.randrange(1, 7))
        written_at = at_wall(later, clock, zone).astimezone(here)
        return (on_day(on, zone) if rng.random() < 0.7 else at_moment(at, zone)), written_at
    if rng.random() < person.habit.only_date:
        return on_day(on, zone), at
    return at_moment(at, zone), at + timedelta(minutes=rng.randrange(3))


def _said(person: Person, rng: Random, is_worn: bool) -> Diary:
    causes = frozenset({rng.choice(_CAUSES)}) if rng.random() < 0.08 else frozenset[OtherCause]()
    worse = (person.wearing_off.worse if person.wearing_off and is_worn else 0.0) + (1.5 if causes else 0.0)
    ratings = tuple(Rating(key, _intensity(rng, usual + worse)) for key, usual in person.baseline)
    note = rng.choice(_WORN if is_worn and rng.random() < 0.6 else _NOTES) if rng.random() < 0.06 else None
    if all(rating.intensity == 0 for rating in ratings):
        return Diary(no_complaints=True, other_causes=causes, note=note)
    return Diary(ratings=ratings, wearing_off=_felt(rng, is_worn), other_causes=causes, note=note)


def _intensity(rng: Random, around: float) -> int:
    return min(max(round(rng.gauss(around, 0.7)), 0), 10)


def _felt(rng: Random, is_worn: bool) -> WearingOffFelt | None:
    if rng.random() < 0.3:
        return None
    weights = (7, 1, 2) if is_worn else (0, 9, 1)
    return rng.choices((WearingOffFelt.YES, WearingOffFelt.NO, WearingOffFelt.UNSURE), weights)[0]
