"""Results: what the lab measured in a sample, appended and never overwritten, and when the patient may see it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from backend.domain import samples as chain
from backend.domain.errors import ClinicError, invalid
from backend.domain.levels import Comparator, antibodies, level
from backend.domain.moments import at_instant
from backend.domain.samples import Matrix, State, Step
from backend.services import events, feed, gate, words
from backend.services import samples as taken
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.services.samples import Sample
from backend.storage import samples
from backend.storage.patients import PatientRow
from backend.storage.samples import ResultRow, SampleRow


class Analyte(StrEnum):
    """What was measured: the drug's level, or antibodies against the drug."""

    LEVEL = "level"
    ANTIBODIES = "antibodies"


ANTIBODY_UNIT = "AU/mL"


@dataclass(frozen=True, slots=True)
class Measured:
    """A result as the lab told it; `lloq` in the unit of the value, `factor` only for a dried spot."""

    analyte: Analyte
    value: Decimal
    unit: str
    comparator: Comparator
    lloq: Decimal | None = None
    factor: Decimal | None = None
    released: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One stored result; only the `standing` one of an analyte counts. `raw_value` is what the lab reported."""

    position: int
    standing: bool
    analyte: str
    value: Decimal
    unit: str
    comparator: str
    lloq: Decimal | None
    raw_value: Decimal
    raw_unit: str
    factor: Decimal | None
    released: bool
    reason: str
    recorded_at: datetime
    recorded_by: UUID | None


@dataclass(frozen=True, slots=True)
class Reported:
    """A sample with every result it ever had, oldest first."""

    sample: Sample
    results: tuple[Result, ...]


def report(ctx: Context, patient_id: UUID, sample_id: UUID, told: Measured) -> Reported:
    """Store the first result of an analyte; a retry is answered with what is stored, marked `duplicate`.

    The sample is then reported. Raises ClinicError `not-found`, `already-exists` for another value (correct it
    instead), `wrong-state` for a sample that was rejected or set aside, and what `level` refuses.
    """
    patient = gate.patient(ctx, "results:write", patient_id, lock=True)
    row = taken.stored(ctx, patient, sample_id)
    values = _values(told, samples.matrix(row))
    held = _held(ctx, patient, row)
    same = [one for one in held if one.analyte == told.analyte]
    if same:
        if not _is_retry(same[0], values):
            raise ClinicError("already-exists", "It has a result; correct that one.")
        events.note(ctx, "results:read", patient.id, sample_id, {"duplicate": True})
        return _reported(ctx, patient, sample_id, duplicate=True)
    _mark_reported(ctx, patient, row)
    _append(ctx, patient, row, len(held), values, "")
    return _reported(ctx, patient, sample_id)


def correct(ctx: Context, patient_id: UUID, sample_id: UUID, version: int, told: Measured, reason: str) -> Reported:
    """Put a result in the place of the standing one, which is kept (P08).

    Raises ClinicError `not-found`, `stale-version`, `wrong-state` when there is none yet, and what `level` refuses.
    """
    patient = gate.patient(ctx, "results:write", patient_id, lock=True)
    row = taken.stored(ctx, patient, sample_id)
    taken.named(row, version)
    values = _values(told, samples.matrix(row))
    held = _held(ctx, patient, row)
    _last(held, told.analyte)
    _append(ctx, patient, row, len(held), values, reason)
    return _reported(ctx, patient, sample_id)


def release(ctx: Context, patient_id: UUID, sample_id: UUID, version: int, analyte: Analyte) -> Reported:
    """Let the patient see the standing result of an analyte; releasing it twice changes nothing.

    Raises ClinicError `not-found`, `stale-version` when somebody changed what would be released, `wrong-state`
    without a result.
    """
    patient = gate.patient(ctx, "results:write", patient_id, lock=True)
    row = taken.stored(ctx, patient, sample_id)
    held = _held(ctx, patient, row)
    last = _last(held, analyte)
    if not last.released:
        taken.named(row, version)
        values = {name: getattr(last, name) for name in _COLUMNS} | {"released": True}
        _append(ctx, patient, row, len(held), values, _reason(ctx, patient, last))
    else:
        events.note(ctx, "results:read", patient.id, sample_id, {"duplicate": True})
    return _reported(ctx, patient, sample_id)


def of_patient(ctx: Context, patient_id: UUID) -> list[Reported]:
    """Return a patient's samples that have results, oldest first, for those who treat them."""
    patient = gate.patient(ctx, "results:read", patient_id)
    events.note(ctx, "results:read", patient.id)
    return [one for one in every(ctx, patient) if one.results]


def every(ctx: Context, patient: PatientRow, line: Line | None = None) -> list[Reported]:
    """Return all samples of a patient who is within reach, oldest first, each with every result it ever had.

    `line` is the whole dosing line, where it was read already.
    """
    found = samples.results(ctx.session, patient.id)
    return [Reported(one, _results(ctx, patient, found.get(one.id, ()))) for one in taken.every(ctx, patient, line)]


def own(ctx: Context) -> list[Reported]:
    """Return all samples of the acting patient, oldest first, each with its standing results that were released."""
    patient = gate.own(ctx, "own-samples:read")
    events.note(ctx, "own-samples:read", patient.id)
    return released(ctx, patient)


def released(ctx: Context, patient: PatientRow) -> list[Reported]:
    """Return the samples of a patient who is within reach, each with its standing results that were released."""
    return [Reported(one.sample, _released(one.results)) for one in every(ctx, patient)]


def _results(ctx: Context, patient: PatientRow, rows: Sequence[ResultRow]) -> tuple[Result, ...]:
    """Return results of one sample as they are shown, the last one of each analyte standing."""
    last = {row.analyte: row.position for row in rows}
    return tuple(result_of(row, _reason(ctx, patient, row), standing=row.position == last[row.analyte]) for row in rows)


def _reason(ctx: Context, patient: PatientRow, row: ResultRow) -> str:
    return words.opened(ctx, patient, row.reason, words.of_result(row.sample_id, row.position))


def _released(results: Iterable[Result]) -> tuple[Result, ...]:
    return tuple(one for one in results if one.standing and one.released)


def _mark_reported(ctx: Context, patient: PatientRow, row: SampleRow) -> None:
    """Move the sample to `reported`, unless the result of another analyte did so before."""
    steps = samples.steps(ctx.session, patient.id)[row.id]
    if chain.find(steps, State.REJECTED) is not None:
        raise ClinicError("wrong-state", "The sample was rejected.")
    if chain.find(steps, State.REPORTED) is None:
        now = at_instant(ctx.now, patient.zone)
        step = Step(State.REPORTED, now, f"{ctx.who.role}:{ctx.who.id}", ctx.now, ctx.now)
        taken.add(ctx, "results:write", patient, row, steps, step)


def _append(
    ctx: Context, patient: PatientRow, row: SampleRow, position: int, values: dict[str, Any], reason: str
) -> None:
    held = words.sealed(ctx, patient, reason, words.of_result(row.id, position))
    stamp = {"position": position, "reason": held, "recorded_at": ctx.now, "recorded_by": ctx.who.staff_id}
    samples.append_result(ctx.session, patient.id, row.id, values | stamp)
    events.note(ctx, "results:write", patient.id, row.id, {"position": position})
    feed.touch(ctx, patient.id, Kind.SAMPLE, row.id)


def _held(ctx: Context, patient: PatientRow, row: SampleRow) -> list[ResultRow]:
    return samples.results(ctx.session, patient.id).get(row.id, [])


def _last(held: Sequence[ResultRow], analyte: Analyte) -> ResultRow:
    same = [one for one in held if one.analyte == analyte]
    if not same:
        raise ClinicError("wrong-state", "There is no such result yet.")
    return same[-1]


def _values(told: Measured, matrix: Matrix) -> dict[str, Any]:
    """Return the columns of a checked result; numbers are kept as exact text."""
    plain = {"analyte": told.analyte.value, "comparator": told.comparator.value, "released": told.released}
    if told.analyte is Analyte.ANTIBODIES:
        return plain | _antibodies(told)
    found = level(told.value, told.unit, told.comparator, matrix=matrix, lloq=told.lloq, factor=told.factor)
    return plain | {
        "value": _text(found.value),
        "unit": found.unit,
        "lloq": _text(found.lloq),
        "raw_value": _text(found.raw_value),
        "raw_unit": found.raw_unit,
        "factor": _text(found.factor),
    }


def _antibodies(told: Measured) -> dict[str, Any]:
    for name in ("lloq", "factor"):
        if getattr(told, name) is not None:
            raise invalid(f"/{name}", "Only a level has this.", "contradiction")
    if told.unit != ANTIBODY_UNIT:
        raise invalid("/unit", f"Must be {ANTIBODY_UNIT}.", "unknown-unit")
    value = _text(antibodies(told.value, told.comparator).value)
    rest = {"lloq": None, "factor": None}
    return {"value": value, "unit": ANTIBODY_UNIT, "raw_value": value, "raw_unit": ANTIBODY_UNIT, **rest}


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


_COLUMNS = ("analyte", "value", "unit", "comparator", "lloq", "raw_value", "raw_unit", "factor", "released")


def _is_retry(stored: ResultRow, values: dict[str, Any]) -> bool:
    return all(getattr(stored, name) == values[name] for name in _COLUMNS)


def result_of(row: ResultRow, reason: str, *, standing: bool) -> Result:
    """Return a stored result with its numbers as such; `reason` is why it was corrected, opened by the caller."""
    return Result(
        row.position,
        standing,
        row.analyte,
        row.number,
        row.unit,
        row.comparator,
        None if row.lloq is None else Decimal(row.lloq),
        Decimal(row.raw_value),
        row.raw_unit,
        None if row.factor is None else Decimal(row.factor),
        row.released,
        reason,
        row.recorded_at,
        row.recorded_by,
    )


def _reported(ctx: Context, patient: PatientRow, sample_id: UUID, *, duplicate: bool = False) -> Reported:
    sample = taken.shown(ctx, patient, sample_id, duplicate=duplicate)
    held = samples.results(ctx.session, patient.id).get(sample_id, [])
    return Reported(sample, _results(ctx, patient, held))
