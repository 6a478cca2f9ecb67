"""The days of an assignment: the stretches in which it asks one patient, from doses, joining or the calendar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from backend.domain.assignments import Assignment, Dates, Doses, Edge, From, Series
from backend.domain.legs import Leg
from backend.domain.regimens import Span


@dataclass(frozen=True, slots=True)
class Course:
    """What the days of one patient's assignments hang on.

    `joined_on` is the day from which somebody is asked: of consent to the study, or on which the assignment began,
    whichever came later; `enrolled_on` that from which a series counts. `left_on` is the day from which
    the study asks nothing more, `stopped_on` the one on which treatment ended.
    """

    legs: Sequence[Leg]
    enrolled_on: date
    joined_on: date
    left_on: date | None = None
    stopped_on: date | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both inclusive, on which it is asked; `key` stays as long as it is the same thing that is asked.

    `leg` is what it hangs on, None where that is no dose.
    """

    key: str
    opens_on: date
    closes_on: date
    leg: Leg | None = None


def stretches(one: Assignment, course: Course, today: date) -> Iterator[Stretch]:
    """Yield the stretches of an assignment in order, those to come as far as they can be told.

    Of a series without end, that is up to the first that opens after `today`.
    """
    if isinstance(one.when, Doses):
        for leg in counted(one.when, course, one.cycles):
            days = leg_days(one.when, leg)
            if days is not None:
                yield Stretch(f"{leg.opened_by}", *days, leg)
    elif isinstance(one.when, Series):
        yield from _of_series(one.when, course, one.cycles, today)
    else:
        yield from _of_dates(one.when, course, one.cycles)


def counted(when: Doses, course: Course, cycles: int | None) -> Sequence[Leg]:
    """Return the legs in which an assignment asks: of those that end after somebody joined, those it names."""
    later = [leg for leg in course.legs if leg.ended_on is None or leg.ended_on > course.joined_on]
    return later[when.first - 1 :: when.every][:cycles]


def leg_days(when: Doses, leg: Leg) -> tuple[date, date] | None:
    """Return the days of a window in a leg; None where that ended before it began, or where no end is known.

    Once the leg has ended, its opening is still that of the plan, so that it stays the same window when the dose is
    given a few days off, and never lies after its closing.
    """
    opens_on = edge_day(when.opens, leg, leg.planned_end_on)
    closes_on = edge_day(when.closes, leg, leg.end_on)
    if opens_on is None or closes_on is None:
        return None
    if when.opens.of is not From.AFTER_DOSE:
        opens_on = min(opens_on, closes_on)
    runs_over = when.opens.of is From.BEFORE_NEXT and when.opens.n < 0
    if leg.ended_on is not None and opens_on > leg.ended_on and not runs_over:
        return None
    return (opens_on, closes_on) if opens_on <= closes_on else None


def edge_day(edge: Edge, leg: Leg, end_on: date | None) -> date | None:
    """Return the local day of one end of a window; None where it needs an end that is not known.

    Never before the leg began. A part of the way is rounded to whole days, a half up.
    """
    if edge.of is From.AFTER_DOSE:
        return leg.opened_on + timedelta(days=edge.n)
    if end_on is None:
        return None
    if edge.of is From.BEFORE_NEXT:
        return max(end_on - timedelta(days=edge.n), leg.opened_on)
    length = max((end_on - leg.opened_on).days, 0)
    return leg.opened_on + timedelta(days=(length * edge.n * 2 + 100) // 200)


def _of_series(when: Series, course: Course, cycles: int | None, today: date) -> Iterator[Stretch]:
    for place, units in enumerate(_units(when)):
        if cycles is not None and place >= cycles:
            return
        on = Span(units, when.unit).after(course.enrolled_on)
        opens_on = on + timedelta(days=when.opens_days)
        yield Stretch(f"{when.unit.value}{units}", opens_on, on + timedelta(days=when.closes_days))
        if when.every is not None and opens_on > today and units >= when.at[-1]:
            return


def _units(when: Series) -> Iterator[int]:
    yield from when.at
    if when.every is not None:
        yield from count(when.at[-1] + when.every, when.every)


def _of_dates(when: Dates, course: Course, cycles: int | None) -> Iterator[Stretch]:
    open_still = [(first, last) for first, last in when.spans if last >= course.joined_on]
    for first, last in open_still[:cycles]:
        yield Stretch(first.isoformat(), first, last)
