"""Legs: the stretches from dose to dose that assignments hang on, those that planned doses will open among them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.dosing import Dose, Status
from backend.domain.linking import Chain
from backend.domain.treatment import Treatment


@dataclass(frozen=True, slots=True)
class Leg:
    """From one dose to the next, in local days.

    `number` is that of the interval, counted on for doses still to come (`to_come`). `ended_on` is the day of the given
    dose that ended it; `end_on` that day, or the one on which the next dose is expected, None where none is;
    `planned_end_on` the day on which it was to end.
    """

    number: int
    opened_by: UUID
    opened_on: date
    ended_on: date | None
    end_on: date | None
    planned_end_on: date | None
    to_come: bool = False


def legs(line: Chain, coming_on: date | None, ahead: Iterable[tuple[UUID, date]] = ()) -> tuple[Leg, ...]:
    """Return the legs of a patient in order; `ahead` are the planned doses to come by id and day, in order."""
    found = [
        Leg(
            number=one.number,
            opened_by=one.opened_by,
            opened_on=one.opened_on,
            ended_on=one.closed_on,
            end_on=one.closed_on or coming_on,
            planned_end_on=coming_on if one.closed_on is None else one.planned_end_on or one.closed_on,
        )
        for one in line.intervals
    ]
    slots = list(ahead)
    for index, (dose_id, on) in enumerate(slots):
        end_on = slots[index + 1][1] if index + 1 < len(slots) else None
        found.append(Leg(len(line.intervals) + index + 1, dose_id, on, None, end_on, end_on, to_come=True))
    return tuple(found)


def ahead(treatments: Iterable[Treatment], doses: Iterable[Dose], line: Chain) -> tuple[tuple[UUID, date], ...]:
    """Return the planned doses that will open a leg, in order: later than the last given one, one of each day."""
    last_on = line.intervals[-1].opened_on if line.intervals else date.min
    running = {one.id for one in treatments if one.opens_intervals and one.stopped_on is None}
    slots = sorted(
        (one for one in doses if one.status is Status.PLANNED and one.treatment_id in running and one.on > last_on),
        key=lambda one: (one.on, one.anchor, one.id),
    )
    first = {one.on: one.id for one in reversed(slots)}
    return tuple((first[on], on) for on in sorted(first))


def stopped_on(treatments: Iterable[Treatment]) -> date | None:
    """Return the day on which treatment ended, None while any that opens intervals goes on, or there never was one."""
    days = [one.stopped_on for one in treatments if one.opens_intervals]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None
