"""The day ward's calendar: which doses fall on which day among the patients somebody cares for, planned or expected."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from backend.domain.dosing import Dose, Status
from backend.domain.errors import ClinicError, invalid
from backend.domain.moments import local_date, plausible_on
from backend.domain.treatment import Expected, class_weeks
from backend.services import events, gate, outlines, patients
from backend.services.context import Context
from backend.services.outlines import Outline
from backend.storage import doses
from backend.storage import patients as enrolled

DAYS_MOST = 62
WEEK = timedelta(days=6)
"""From the first day of a week to its last."""
MOST = 5_000
"""Patients in one calendar."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A dose on the calendar; `interval_weeks` is the plan's interval that ends with it, `days_since_last` its length.

    Both are None where there is none: before the first dose, and for regimens without whole weeks.
    """

    patient_id: UUID
    name: str | None
    dose: Dose
    drug_key: str
    interval_weeks: int | None
    days_since_last: int | None


@dataclass(frozen=True, slots=True)
class Day:
    """One local calendar day, each dose on the day of its own zone, in the order of their moments."""

    on: date
    doses: list[Slot]


@dataclass(frozen=True, slots=True)
class Projected:
    """A dose that a plan expects and nobody planned yet; `zone` is its treatment's."""

    patient_id: UUID
    name: str | None
    treatment_id: UUID
    drug_key: str
    on: date
    at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """Every day of a stretch with its doses, and what is still to be planned in it, earliest first."""

    days: list[Day]
    projected: list[Projected]


def calendar(ctx: Context, first: date | None = None, last: date | None = None) -> Calendar:
    """Return the calendar of the patients the actor cares for, from one day to another, both inclusive.

    It begins today, by the site's calendar, and holds a week where nothing is said. Doses that were undone are left
    out, and tablets taken every day. Raises ClinicError `out-of-time` for days that are not plausible, `out-of-bounds`
    for more than 62 days.
    """
    actor = gate.permit(ctx, "ward:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    first, last = _stretch(ctx, first, last)
    found = enrolled.within_reach(ctx.session, actor.staff_id, ctx.now, None, MOST)
    ids = [row.id for row in found]
    lines, near = outlines.of_patients(ctx, ids), doses.around(ctx.session, ids, first, last)
    slots: list[Slot] = []
    projected: list[Projected] = []
    for row in found:
        line = lines[row.id]
        theirs = [dose for dose in _doses(line, near.get(row.id, ())) if first <= dose.on <= last]
        coming = [one for one in _unplanned(line) if first <= one.on <= last]
        if theirs or coming:
            events.note(ctx, "ward:list", row.id)
            name = patients.identity(ctx, row).name
            slots += [_slot(row.id, name, line, dose) for dose in theirs]
            projected += [_projected(row.id, name, line, one) for one in coming]
    projected.sort(key=lambda one: (one.at, one.treatment_id))
    return Calendar(_days(first, last, slots), projected)


def _stretch(ctx: Context, first: date | None, last: date | None) -> tuple[date, date]:
    begin = first or local_date(ctx.now, patients.site_defaults(ctx)[0])
    plausible_on(begin, ctx.now, "/query/first")
    end = last or begin + WEEK
    plausible_on(end, ctx.now, "/query/last")
    if not 0 <= (end - begin).days < DAYS_MOST:
        raise invalid("/query/last", f"From 1 to {DAYS_MOST} days.", "out-of-bounds")
    return begin, end


def _doses(line: Outline, near: Iterable[Dose]) -> Iterator[Dose]:
    intervals_open = {one.id for one in line.treatments if one.opens_intervals}
    for dose in near:
        if dose.status is not Status.UNDONE and dose.treatment_id in intervals_open:
            yield dose


def _unplanned(line: Outline) -> Iterator[Expected]:
    for one in line.expected:
        if not one.certain and line.treatment(one.treatment_id).opens_intervals:
            yield one


def _slot(patient_id: UUID, name: str | None, line: Outline, dose: Dose) -> Slot:
    treatment = line.treatment(dose.treatment_id)
    before = bisect_left(line.chain.anchors, dose.anchor) - 1  # the last dose given before this one
    opening = line.chain.intervals[before] if before >= 0 else None
    return Slot(
        patient_id=patient_id,
        name=name,
        dose=dose,
        drug_key=treatment.drug_key,
        interval_weeks=class_weeks(treatment, treatment.plan_before(dose.on)) if opening else None,
        days_since_last=max((dose.on - opening.opened_on).days, 0) if opening else None,
    )


def _projected(patient_id: UUID, name: str | None, line: Outline, one: Expected) -> Projected:
    treatment = line.treatment(one.treatment_id)
    return Projected(patient_id, name, treatment.id, treatment.drug_key, one.on, one.at, treatment.zone)


def _days(first: date, last: date, slots: Iterable[Slot]) -> list[Day]:
    days = {first + timedelta(days=count): list[Slot]() for count in range((last - first).days + 1)}
    for slot in sorted(slots, key=lambda one: (one.dose.anchor, one.dose.id)):
        days[slot.dose.on].append(slot)
    return [Day(on, doses) for on, doses in days.items()]
