"""Subjects: the patients of a study as a pull reads them, under their pseudonyms, with days as the study tells them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain.linking import Interval, Place, chain
from backend.domain.moments import local_date
from backend.domain.reports import Report
from backend.domain.samples import Step
from backend.domain.study_days import Days, Reckoning, reckoning
from backend.services.context import Context
from backend.services.intervals import Line, planned_on
from backend.services.traits import NONE, Traits
from backend.storage import doses, patients, treatment


@dataclass(frozen=True, slots=True)
class Subject:
    """One patient of a study: the pseudonym, the dosing line, how days are told, and ids of records made the study's.

    `today` is the patient's own local day at the pull.
    """

    ctx: Context
    patient_id: UUID
    pseudonym: str
    line: Line
    keyed: Callable[[UUID], str]
    told: Reckoning
    today: date
    study_id: UUID
    traits: Traits = NONE

    @property
    def session(self) -> Session:
        """The session the rows are read in."""
        return self.ctx.session

    def interval(self, number: int | None) -> Interval | None:
        """Return the interval of a number."""
        return self.line.chain.intervals[number - 1] if number else None


def read(
    ctx: Context,
    study_id: UUID,
    named: Mapping[UUID, str],
    keyed: Callable[[UUID], str],
    days: Days,
    traits: Mapping[UUID, Traits],
) -> Iterator[Subject]:
    """Yield patients of a study, given with their pseudonyms; their dosing lines are read together."""
    ids = list(named)
    found, given = treatment.of_patients(ctx.session, ids), doses.of_patients(ctx.session, ids)
    zones = patients.zones(ctx.session, ids)
    for patient_id, pseudonym in named.items():
        theirs, events = found.get(patient_id, []), given.get(patient_id, [])
        line = Line(theirs, events, chain(theirs, events))
        today = local_date(ctx.now, zones[patient_id])
        told = reckoning(days, line.chain)
        known = traits.get(patient_id, NONE)
        yield Subject(ctx, patient_id, pseudonym, line, keyed, told, today, study_id, known)


def whole_line(who: Subject) -> Line:
    """Return the dosing line with all versions of the doses, for placing many reports in turn."""
    return replace(who.line, versions=doses.versions(who.session, who.patient_id))


def taken_at(who: Subject, whole: Line, sample_id: UUID, step: Step) -> Place:
    """Return where a prick stands, by the plan as it stood when the prick became known."""
    then = planned_on(who.ctx, who.patient_id, whole, Report(sample_id, step.at, step.received_at))
    return whole.place(step.at, then)


def place_cells(where: Place) -> dict[str, Any]:
    """Return the cells of where something stands in the dosing."""
    return {
        "interval": where.interval,
        "day_since_dose": where.day_since_dose,
        "days_before_planned": where.days_before_planned,
        "days_before_actual": where.days_before_actual,
        "cycle_fraction": where.cycle_fraction,
        "flags": " ".join(where.flags),
    }


def items(shared: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row per thing that was told, or a single one without item where nothing was."""
    if not told:
        yield dict(shared)
    for item, value in told.items():
        yield {**shared, "item": item, "value": " ".join(map(str, value)) if isinstance(value, list) else value}
