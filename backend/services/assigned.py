"""Assigned: what a patient is asked by the assignments that concern them, and how each round of it stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from backend.domain.adherence import State
from backend.domain.assignment_days import Course
from backend.domain.assignments import read
from backend.domain.dosing import Dose, as_of
from backend.domain.legs import ahead, legs, stopped_on
from backend.domain.linking import chain
from backend.domain.moments import local_date
from backend.domain.rounds import Frame, Given, Overtaken, Round, Version, overtaken, rounds
from backend.domain.schedule import Window
from backend.domain.treatment import Treatment
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import assignments, doses, patients, questionnaires
from backend.storage.assignments import AssignmentRow, AssignmentVersionRow, Concerns

REMINDED = timedelta(days=60)
"""Windows that open later than so many days from now are planned once they come nearer: everybody's are, every day."""
ASKED = frozenset({State.OPEN, State.BEGUN})
"""What is asked now."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """One assignment for one patient: what was decided, what its days hang on, and its rounds in order.

    `zone` is the patient's own; `said` the standing answers to the questionnaire.
    """

    row: AssignmentRow
    versions: Sequence[AssignmentVersionRow]
    told: Sequence[Version]
    course: Course
    said: Sequence[Given]
    zone: str
    rounds: Sequence[Round] = ()

    def pinned(self, opens_on: date) -> int | None:
        """Return the version of the questionnaire that is pinned for a window that opens on a day, None for none."""
        return self.told[self._place(opens_on)].told.version

    def decided_at(self, opens_on: date) -> datetime:
        """Return when it was decided what is asked in a window that opens on a day."""
        return [one for one in self.versions if not one.ends][self._place(opens_on)].recorded_at

    def _place(self, opens_on: date) -> int:
        return max(sum(one.from_on <= opens_on for one in self.told), 1) - 1

    def stand(self, course: Course, today: date) -> tuple[Round, ...]:
        """Return its rounds as they stand on a day, over some doses."""
        said = [one for one in self.said if one.on <= today]
        return rounds(self.told, course, said, today, self.row.ended_on)


def of_patient(ctx: Context, patient_id: UUID, line: Line) -> list[Assigned]:
    """Return the assignments that concern a patient, those that ended too; reach was checked by the caller."""
    found = assignments.concerning(ctx.session, patient_id)
    if not found:
        return []
    zone = patients.zones(ctx.session, [patient_id])[patient_id]
    versions = assignments.versions(ctx.session, [one.row.id for one in found])
    said = questionnaires.given(ctx.session, patient_id, {one.row.questionnaire for one in found})
    return [_assigned(ctx, one, versions, said, line, zone) for one in found]


def windows(ctx: Context, patient_id: UUID, line: Line) -> tuple[Window, ...]:
    """Return the windows that a patient is to be reminded of: not over, not answered, not too far away."""
    return tuple(
        Window(f"assignment:{one.row.id}:{each.key}", 0, each.opens_on, each.closes_on)
        for one in of_patient(ctx, patient_id, line)
        for each in one.rounds
        if each.state in ASKED | {State.NOT_OPEN} and each.opens_on <= local_date(ctx.now, one.zone) + REMINDED
    )


def overtaken_of(ctx: Context, patient_id: UUID, one: Assigned, line: Line) -> tuple[Overtaken, ...]:
    """Return what was asked of a patient under earlier plans on other days, oldest first.

    Derived: every version of plans and doses is kept with the moment from which it was known.
    """
    kept = doses.versions(ctx.session, patient_id)
    decided = {version.recorded_at for course in line.treatments for version in course.versions}
    frames: list[Frame] = []
    for since, until in pairwise(sorted({dose.recorded_at for dose in kept} | decided)):
        until_on = local_date(until, one.zone)
        if until > one.versions[0].recorded_at and until_on >= one.course.joined_on:
            treatments = [found for found in (course.as_of(since) for course in line.treatments) if found is not None]
            course = _moved(one.course, treatments, as_of(kept, since))
            frames.append(Frame(until, until_on, one.stand(course, until_on)))
    return overtaken(frames, one.rounds)


def course(line: Line, joined_on: date, left_on: date | None = None) -> Course:
    """Return what the days of a study hang on for a patient who joined it on a day, over their doses."""
    return _moved(Course((), joined_on, joined_on, left_on), line.treatments, line.doses)


def _assigned(
    ctx: Context,
    found: Concerns,
    versions: Mapping[UUID, Sequence[AssignmentVersionRow]],
    said: Mapping[str, Sequence[Given]],
    line: Line,
    zone: str,
) -> Assigned:
    row = found.row
    consented_on = None if found.consented_at is None else local_date(found.consented_at, zone)
    left_on = None if found.left_at is None else local_date(found.left_at, zone)
    begun_on = row.starts_on if consented_on is None else max(row.starts_on, consented_on)
    bare = Course((), consented_on or row.starts_on, begun_on, left_on)
    told = [Version(read(one.told), one.from_on) for one in versions[row.id] if not one.ends]
    course = _moved(bare, line.treatments, line.doses)
    made = Assigned(row, versions[row.id], told, course, said[row.questionnaire], zone)
    return replace(made, rounds=made.stand(course, local_date(ctx.now, zone)))


def _moved(course: Course, treatments: Sequence[Treatment], known: Iterable[Dose]) -> Course:
    """Return a course over other doses."""
    line = Line(list(treatments), list(known), chain(treatments, known))
    coming = line.coming
    found = legs(line.chain, coming.on if coming else None, ahead(line.treatments, line.doses, line.chain))
    return replace(course, legs=found, stopped_on=stopped_on(line.treatments))
