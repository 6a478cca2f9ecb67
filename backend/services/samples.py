"""Samples: order, log and correct the steps of a finger prick, each sample told where it stands in the interval."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from backend.domain import reports
from backend.domain import samples as chain
from backend.domain.dosing import Dose
from backend.domain.errors import ClinicError
from backend.domain.linking import Place
from backend.domain.moments import Occurred, at_instant, local
from backend.domain.reports import Report
from backend.domain.samples import Matrix, Problem, State, Step, Unusable
from backend.domain.treatment import Expected
from backend.domain.troughs import Trough, trough
from backend.services import events, feed, gate, intervals, records, reminders, words
from backend.services.context import Context
from backend.services.feed import Kind
from backend.services.intervals import Line
from backend.storage import samples
from backend.storage.occurrences import as_json
from backend.storage.patients import PatientRow
from backend.storage.samples import SampleRow

KIND = "sample"
STAFF_STATES = (
    State.KIT_SENT,
    State.COLLECTED,
    State.RECEIVED,
    State.REJECTED,
    State.ANALYSED,
    State.CANCELLED,
    State.LOST,
    State.EXPIRED,
)
"""What staff log; `collected` is for blood drawn in the clinic."""
PHONE_STATES = (State.KIT_RECEIVED, State.COLLECTED, State.POSTED)


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a sample, as told: its state, when, and what belongs to it."""

    state: State
    occurred: Occurred
    reason: str | None = None
    drops: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it is shown: its steps with every correction, and what follows from their times.

    `ordered_for` is the day of the dose that was coming when it was registered; `place` None until it was collected.
    """

    id: UUID
    version: int
    matrix: Matrix
    state: State
    ordered_for: date | None
    collected: Occurred | None
    place: Place | None
    trough: Trough
    unusable: tuple[Unusable, ...]
    steps: tuple[Step, ...]
    duplicate: bool = False


def log(
    ctx: Context, report: Report, matrix: Matrix, drops: int | None = None, problems: Sequence[Problem] = ()
) -> Sample:
    """Store a sample the acting patient took, once. Raises ClinicError `id-in-use`, and what times and drops refuse."""
    patient = gate.own(ctx, "own-samples:write", lock=True)
    reports.checked(report, ctx.now)
    told = Happened(State.COLLECTED, report.occurred, drops=drops, problems=tuple(problems))
    return _create(ctx, "own-samples:write", patient, report.id, matrix, told, report.recorded_at)


def order(ctx: Context, patient_id: UUID, sample_id: UUID | None, matrix: Matrix) -> Sample:
    """Order a sample for a patient's coming dose. Raises ClinicError `not-found`, `id-in-use`."""
    patient = gate.patient(ctx, "samples:write", patient_id, lock=True)
    told = Happened(State.ORDERED, at_instant(ctx.now, patient.zone))
    return _create(ctx, "samples:write", patient, sample_id or uuid4(), matrix, told, ctx.now)


def log_step(ctx: Context, report: Report, told: Happened) -> Sample:
    """Log what the acting patient did with a sample; a retry is answered with what is stored, marked `duplicate`.

    The report bears the sample's id. Raises ClinicError `not-found`, `wrong-state` for a move the chain does not know,
    and what the fields refuse.
    """
    patient = gate.own(ctx, "own-samples:write", lock=True)
    reports.checked(report, ctx.now)
    return _append(ctx, "own-samples:write", patient, report.id, told, report.recorded_at)


def add_step(ctx: Context, patient_id: UUID, sample_id: UUID, told: Happened) -> Sample:
    """Log what the clinic or the lab did with a sample. Raises as `log_step`."""
    patient = gate.patient(ctx, "samples:write", patient_id, lock=True)
    _check_staff_time(ctx, patient, sample_id, told.occurred)
    return _append(ctx, "samples:write", patient, sample_id, told, ctx.now)


def correct_step(
    ctx: Context, patient_id: UUID, sample_id: UUID, version: int, corrects: int, told: Happened
) -> Sample:
    """Append the correction of a step, `withdrawn` when it never happened; the step itself stays on record.

    Raises ClinicError `not-found`, `stale-version`, `wrong-state`, `invalid` without a reason.
    """
    patient = gate.patient(ctx, "samples:write", patient_id, lock=True)
    _check_staff_time(ctx, patient, sample_id, told.occurred)
    row = stored(ctx, patient, sample_id)
    named(row, version)
    steps = samples.steps(ctx.session, patient.id)[sample_id]
    add(ctx, "samples:write", patient, row, steps, _step(ctx, told, ctx.now, corrects))
    return shown(ctx, patient, sample_id)


def of_patient(ctx: Context, patient_id: UUID) -> list[Sample]:
    """Return a patient's samples, oldest first, without results."""
    patient = gate.patient(ctx, "samples:read", patient_id)
    events.note(ctx, "samples:read", patient.id)
    return every(ctx, patient)


def every(ctx: Context, patient: PatientRow, line: Line | None = None) -> list[Sample]:
    """Return all samples of a patient who is within reach; `line` is the whole one, where it was read already."""
    line = line or intervals.whole_line(ctx, patient.id)
    taken, against = samples.steps(ctx.session, patient.id), _against(line)
    return [_sample(ctx, patient, row, taken[row.id], against) for row in samples.of_patient(ctx.session, patient.id)]


def shown(ctx: Context, patient: PatientRow, sample_id: UUID, *, duplicate: bool = False) -> Sample:
    """Return one sample of a patient who is within reach."""
    row = stored(ctx, patient, sample_id)
    steps = samples.steps(ctx.session, patient.id)[sample_id]
    return _sample(ctx, patient, row, steps, _against(intervals.whole_line(ctx, patient.id)), duplicate=duplicate)


def stored(ctx: Context, patient: PatientRow, sample_id: UUID) -> SampleRow:
    """Return the row of a patient's sample, locked for writing. Raises ClinicError `not-found`."""
    row = samples.get(ctx.session, patient.id, sample_id, lock=True)
    if row is None:
        raise ClinicError("not-found")
    return row


def named(row: SampleRow, version: int) -> None:
    """Pass when a correction names the standing version. Raises ClinicError `stale-version`."""
    if row.version != version:
        raise ClinicError("stale-version", f"The version is {row.version} now.")


def add(ctx: Context, permission: str, patient: PatientRow, row: SampleRow, steps: Sequence[Step], step: Step) -> None:
    """Append one step to a sample, move the patient's reminders, and note it. Raises as `samples.advance`."""
    chain.advance(steps, step)
    position = len(steps)
    held = words.hidden(ctx, patient, step, row.id, position)
    samples.append_step(ctx.session, patient.id, row.id, position, held)
    reminders.replan(ctx, patient)
    events.note(ctx, permission, patient.id, row.id, {"state": step.state.value})
    feed.touch(ctx, patient.id, Kind.SAMPLE, row.id)


def _create(
    ctx: Context, permission: str, patient: PatientRow, sample_id: UUID, matrix: Matrix, told: Happened, at: datetime
) -> Sample:
    mark = _mark(ctx, matrix, told)
    step = _step(ctx, told, at)
    chain.advance((), step)
    values = {
        "patient_id": patient.id,
        "id": sample_id,
        "matrix": matrix.value,
        "created_mark": mark,
        "created_at": ctx.now,
        "version": 0,
    }
    if not samples.add(ctx.session, values):
        reports.same_upload(stored(ctx, patient, sample_id).created_mark, mark)
        events.note(ctx, permission, patient.id, sample_id, {"duplicate": True})
        return shown(ctx, patient, sample_id, duplicate=True)
    add(ctx, permission, patient, stored(ctx, patient, sample_id), (), step)
    return shown(ctx, patient, sample_id)


def _append(
    ctx: Context, permission: str, patient: PatientRow, sample_id: UUID, told: Happened, recorded_at: datetime
) -> Sample:
    row = stored(ctx, patient, sample_id)
    steps = _readable(ctx, patient, sample_id, samples.steps(ctx.session, patient.id)[sample_id])
    step = _step(ctx, told, recorded_at)
    if any(_same(step, earlier) for earlier in steps):
        events.note(ctx, permission, patient.id, sample_id, {"duplicate": True})
        return shown(ctx, patient, sample_id, duplicate=True)
    add(ctx, permission, patient, row, steps, step)
    return shown(ctx, patient, sample_id)


def _same(step: Step, earlier: Step) -> bool:
    """Tell whether a step is the retry of an earlier one, even of one corrected since."""
    content = (step.state, step.at, step.by, step.reason, step.drops, step.problems, step.corrects)
    return content == (
        earlier.state,
        earlier.at,
        earlier.by,
        earlier.reason,
        earlier.drops,
        earlier.problems,
        earlier.corrects,
    )


def _step(ctx: Context, told: Happened, recorded_at: datetime, corrects: int | None = None) -> Step:
    by = f"{ctx.who.role}:{ctx.who.id}"
    return Step(told.state, told.occurred, by, recorded_at, ctx.now, told.reason, told.drops, told.problems, corrects)


def _check_staff_time(ctx: Context, patient: PatientRow, sample_id: UUID, occurred: Occurred) -> None:
    reports.checked(Report(sample_id, occurred, local(ctx.now, patient.zone)), ctx.now)


def _mark(ctx: Context, matrix: Matrix, told: Happened) -> bytes:
    # An order is the same order whenever it is sent again; a prick has its own time.
    when = None if told.state is State.ORDERED else as_json(told.occurred)
    problems = [problem.value for problem in told.problems]
    content = {"state": told.state.value, "occurred": when, "matrix": matrix.value, "drops": told.drops}
    return records.mark(ctx, KIND, content | {"problems": problems})


def _known_at(collected: Step | None, row: SampleRow) -> Report:
    """Return when the plan that counts for a sample was known: at the prick, before that when it was registered.

    At most when the step came in: its `recorded_at` is the phone's own clock, which may be wrong.
    """
    if collected is None:
        return Report(row.id, at_instant(row.created_at, "UTC"), row.created_at)
    return Report(row.id, collected.at, collected.received_at)


def _readable(ctx: Context, patient: PatientRow, sample_id: UUID, steps: Sequence[Step]) -> tuple[Step, ...]:
    return tuple(words.shown(ctx, patient, step, sample_id, position) for position, step in enumerate(steps))


@dataclass(frozen=True, slots=True)
class _Against:
    """What samples are measured against: the dosing line, the doses that open intervals, and the one that is coming."""

    line: Line
    openers: list[Dose]
    coming: Expected | None


def _against(line: Line) -> _Against:
    ids = {interval.opened_by for interval in line.chain.intervals}
    return _Against(line, [dose for dose in line.doses if dose.id in ids], line.coming)


def _sample(
    ctx: Context,
    patient: PatientRow,
    row: SampleRow,
    steps: tuple[Step, ...],
    against: _Against,
    *,
    duplicate: bool = False,
) -> Sample:
    step = chain.find(steps, State.COLLECTED)
    collected, line = step.at if step else None, against.line
    ordered_for = intervals.planned_on(ctx, row.patient_id, line, _known_at(None, row))
    planned_on = ordered_for if step is None else intervals.planned_on(ctx, row.patient_id, line, _known_at(step, row))
    return Sample(
        id=row.id,
        version=row.version,
        matrix=samples.matrix(row),
        state=chain.state(steps) or State.WITHDRAWN,
        ordered_for=ordered_for,
        collected=collected,
        place=line.place(collected, planned_on) if collected else None,
        trough=trough(collected, against.openers, against.coming),
        unusable=chain.validity(steps),
        steps=_readable(ctx, patient, row.id, steps),
        duplicate=duplicate,
    )
