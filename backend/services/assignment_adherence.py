"""Adherence to assignments: how the rounds of a study's assignment stand, per interval and over the participants."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from backend.domain.adherence import State
from backend.domain.assignment_days import counted
from backend.domain.assignments import Doses
from backend.domain.errors import ClinicError
from backend.services import assigned, events, gate, intervals
from backend.services.assigned import Assigned
from backend.services.context import Context
from backend.storage import assignments, cohorts
from backend.storage.research import StudyRow


@dataclass(frozen=True, slots=True)
class OfInterval:
    """How many rounds of an interval, by its number, stand in each of the eight states."""

    interval: int | None
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Adherence:
    """The same over all intervals, and of how many patients."""

    assignment_id: UUID
    patients: int
    states: Mapping[str, int]
    intervals: list[OfInterval]


def of_study(ctx: Context, study_id: UUID, assignment_id: UUID) -> Adherence:
    """Return how an assignment stands with those who take part in the study and whom the actor cares for.

    Raises ClinicError `not-found` for a study of another site, and for an assignment that is not the study's.
    """
    actor = gate.permit(ctx, "assignments:read")
    study, row = ctx.session.get(StudyRow, study_id), assignments.get(ctx.session, assignment_id)
    mine = study is not None and study.site_id == actor.site_id and row is not None and row.study_id == study_id
    if not mine or actor.staff_id is None:
        raise ClinicError("not-found")
    found: Counter[tuple[int | None, State]] = Counter()
    members = cohorts.within_reach(ctx.session, actor.staff_id, ctx.now, study_id)
    for member in members:
        events.note(ctx, "assignments:read", member.id, assignment_id)
        line = intervals.line(ctx, member.id)
        for one in assigned.of_patient(ctx, member.id, line):
            if one.row.id == assignment_id:
                found.update(stands(one))
    numbers = sorted({number for number, _ in found}, key=lambda number: (number is None, number or 0))
    by_interval = [OfInterval(number, {state.value: found[number, state] for state in State}) for number in numbers]
    total = {state.value: sum(one.states[state.value] for one in by_interval) for state in State}
    return Adherence(assignment_id, len(members), total, by_interval)


def stands(one: Assigned) -> list[tuple[int | None, State]]:
    """Return the interval and the state of each round; an interval that begun and is not asked about counts as such."""
    found = [(each.interval, each.state) for each in one.rounds]
    when, told = one.told[-1].told.when, {number for number, _ in found}
    if isinstance(when, Doses):
        legs = counted(when, one.course, one.told[-1].told.cycles)
        found += [(leg.number, State.NOT_ASKED) for leg in legs if not leg.to_come and leg.number not in told]
    return found
