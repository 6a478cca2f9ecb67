"""Measurements: the values that dosing rules look at, gathered from results of samples and from findings."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from backend.domain.dosing import Act
from backend.domain.levels import Comparator
from backend.domain.linking import Interval
from backend.domain.verdicts import Analyte, Measured, changes_from, why_not
from backend.services import labs
from backend.services import samples as taken
from backend.services.context import Context
from backend.services.intervals import Line
from backend.services.samples import Sample
from backend.storage import doses, samples
from backend.storage.patients import PatientRow
from backend.storage.samples import ResultRow

CD19_UNIT = "cells/uL"


def values(ctx: Context, patient: PatientRow, line: Line, mine: Collection[UUID]) -> list[Measured]:
    """Return the levels, antibodies and CD19 counts of a patient who is within reach, oldest first.

    `mine` are the treatments with the substance in question: a level taken in an interval of another is not of it.
    """
    found = [*_of_samples(ctx, patient, line, mine), *_counts(ctx, patient, line)]
    return sorted(found, key=lambda one: (one.on or date.min, one.reported_at, one.source))


def _of_samples(ctx: Context, patient: PatientRow, line: Line, mine: Collection[UUID]) -> list[Measured]:
    results = samples.results(ctx.session, patient.id)
    if not results:
        return []
    planned_at = _planned_at(ctx, patient.id)
    found = []
    for sample in taken.every(ctx, patient):
        interval = _interval(sample, line)
        if interval is not None and interval.treatment_id not in mine:
            continue
        for kind in (Analyte.LEVEL, Analyte.ANTIBODIES):
            same = [row for row in results.get(sample.id, ()) if row.analyte == kind.value]
            if same:
                found.append(_measured(kind, sample, interval, same, line, planned_at))
    return found


def _measured(
    kind: Analyte,
    sample: Sample,
    interval: Interval | None,
    same: Sequence[ResultRow],
    line: Line,
    planned_at: dict[UUID, datetime],
) -> Measured:
    """Return the standing result of one analyte in one sample; antibodies are no trough, so their time is no matter."""
    standing, reported_at = same[-1], _reported_at(same)
    is_level = kind is Analyte.LEVEL
    number = interval.number if interval else None
    unusable = tuple(code.value for code in sample.unusable)
    collected = sample.collected
    return Measured(
        kind=kind,
        value=standing.number,
        unit=standing.unit,
        comparator=Comparator(standing.comparator),
        on=collected.on if collected else None,
        at=collected.at.astimezone(UTC) if collected and collected.at else None,
        source=f"sample:{sample.id}",
        reported_at=reported_at,
        lloq=None if standing.lloq is None else Decimal(standing.lloq),
        interval=number,
        planned_weeks=interval.planned_weeks if interval else None,
        route=interval.route if interval else None,
        trough_class=sample.trough.trough_class if is_level else None,
        provisional=is_level and sample.trough.provisional,
        why_not=why_not(sample.unusable, sample.trough.trough_class, number) if is_level else unusable,
        changes_from_interval=(
            changes_from(number, reported_at, line.chain, line.doses, planned_at) if is_level and number else None
        ),
    )


def _reported_at(same: Sequence[ResultRow]) -> datetime:
    """Return when the standing value was first told: letting the patient see it appends it once more."""
    standing, at = same[-1], same[-1].recorded_at
    for row in reversed(same):
        if (row.value, row.comparator) != (standing.value, standing.comparator):
            break
        at = row.recorded_at
    return at


def _interval(sample: Sample, line: Line) -> Interval | None:
    number = sample.place.interval if sample.place else None
    return None if number is None else line.chain.intervals[number - 1]


def _planned_at(ctx: Context, patient_id: UUID) -> dict[UUID, datetime]:
    """Return when each dose that was planned first was."""
    versions = doses.versions(ctx.session, patient_id)
    return {dose.id: dose.recorded_at for dose in versions if dose.version == 1 and dose.act is Act.PLAN}


def _counts(ctx: Context, patient: PatientRow, line: Line) -> list[Measured]:
    """Return the CD19 counts among a patient's findings."""
    found = []
    for lab in labs.values(ctx, patient, Analyte.CD19.value, line):
        if lab.value is None:
            continue
        at = lab.occurred.at
        number = line.place(lab.occurred, None).interval
        interval = None if number is None else line.chain.intervals[number - 1]
        found.append(
            Measured(
                kind=Analyte.CD19,
                value=lab.value,
                unit=lab.unit or CD19_UNIT,
                comparator=Comparator(lab.comparator or Comparator.EQUAL.value),
                on=lab.occurred.on,
                at=at.astimezone(UTC) if at else None,
                source=f"finding:{lab.finding_id}",
                reported_at=lab.recorded_at,
                interval=number,
                planned_weeks=interval.planned_weeks if interval else None,
                route=interval.route if interval else None,
            )
        )
    return found
