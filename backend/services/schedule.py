"""The schedule: everything that decides what falls due for a patient, read once for `domain.schedule.due`."""

from datetime import date
from uuid import UUID

from backend.domain import nudges as evening
from backend.domain.linking import Interval
from backend.domain.moments import local_date
from backend.domain.nudges import Nudges
from backend.domain.occasions import answered
from backend.domain.recall import FORM
from backend.domain.samples import State, Step, find, state
from backend.domain.schedule import Facts, PendingSample, Window
from backend.domain.treatment import loggable_at_home
from backend.domain.wearing_off import diary_based
from backend.domain.windows import designs, unanswered, windows
from backend.services import assigned, at_home, instruments, intervals
from backend.services.context import Context
from backend.services.intervals import Line
from backend.storage import monitoring, questionnaires, research, samples, symptoms, wishes


def facts(ctx: Context, patient_id: UUID) -> Facts:
    """Return everything that decides what falls due for a patient; reach was checked by the caller."""
    line = intervals.line(ctx, patient_id)
    taken = samples.steps(ctx.session, patient_id)
    certain = {coming.treatment_id: coming.certain for coming in line.expected}
    awaited = [line.treatment(treatment_id) for treatment_id in certain]
    own = {course.id for course in awaited if loggable_at_home(course.drug, course.versions[-1].route)}
    asked = at_home.opened(ctx, patient_id, [one for one in awaited if one.id in own or not certain[one.id]])
    return Facts(
        treatments=line.treatments,
        doses=line.doses,
        chain=line.chain,
        samples=[_pending(sample_id, steps) for sample_id, steps in taken.items()],
        answered=answered(questionnaires.completed(ctx.session, patient_id, FORM), line.chain),
        checks=monitoring.last_done(ctx.session, patient_id),
        opened=frozenset(asked),
        checklists=frozenset(course for course, checklist in asked.items() if checklist.asked.items),
        windows=(*_windows(ctx, patient_id, line), *assigned.windows(ctx, patient_id, line)),
        nudges=_nudges(ctx, patient_id, line),
    )


def follows_diary(ctx: Context, patient_id: UUID) -> bool:
    """Tell whether a diary entry, written, corrected or retracted, can change what falls due for a patient."""
    return _wants_nudges(ctx, patient_id) or bool(research.windows_of(ctx.session, patient_id, ctx.now))


def _wants_nudges(ctx: Context, patient_id: UUID) -> bool:
    said = wishes.of_patient(ctx.session, patient_id)
    return said is not None and said.nudges


def _nudges(ctx: Context, patient_id: UUID, line: Line) -> Nudges | None:
    """Return what evening nudges rest on, None for somebody who does not want them: then nothing is read."""
    if not _wants_nudges(ctx, patient_id):
        return None
    coming, seen = line.coming, Nudges(evening.onset_days(_seen(ctx, patient_id, line)))
    days = evening.evenings(line.chain.intervals[-1], coming.on, seen) if coming and line.chain.intervals else ()
    return Nudges(seen.onset_days, symptoms.days(ctx.session, patient_id, days[0], days[-1])) if days else seen


def _seen(ctx: Context, patient_id: UUID, line: Line) -> list[evening.Seen]:
    """Return what both instruments say of the latest intervals that ended, oldest first."""
    ended: list[Interval] = [one for one in line.chain.intervals if one.closed_on is not None][-evening.LOOKED_BACK :]
    if not ended:
        return []
    days = instruments.rated(ctx, patient_id, line.chain, ended[0].opened_at)
    forms = instruments.recalled(ctx, patient_id, line.chain)
    none = instruments.Rated((), 0)
    return [
        (
            diary_based([day for _, day in days.get(one.number, none).days], one.length_days),
            forms.get(one.number, ()),
        )
        for one in ended
    ]


def _windows(ctx: Context, patient_id: UUID, line: Line) -> tuple[Window, ...]:
    """Return the windows of the published designs that a patient's studies follow, and that nothing was answered in."""
    coming_on = line.coming.on if line.coming else None
    found: list[Window] = []
    for study_id, key, consented_at, until_at in research.windows_of(ctx.session, patient_id, ctx.now):
        design = designs().get(key)
        if design is not None and line.treatments:
            zone = line.treatments[-1].zone
            since = local_date(consented_at, zone)
            until = local_date(until_at, zone) if until_at else date.max
            named = windows(design, f"study:{study_id}", line.chain, coming_on, since)
            found += [one for one in named if one.opens_on < until]
    if not found:
        return ()
    stretch = min(one.opens_on for one in found), max(one.closes_on for one in found)
    return unanswered(found, _answered(ctx, patient_id, *stretch))


def _answered(ctx: Context, patient_id: UUID, first: date, last: date) -> frozenset[date]:
    """Return the days of a stretch on which a patient wrote in the diary or completed a form."""
    logged = symptoms.days(ctx.session, patient_id, first, last)
    return logged | questionnaires.days(ctx.session, patient_id, first, last)


def _pending(sample_id: UUID, steps: tuple[Step, ...]) -> PendingSample:
    collected = find(steps, State.COLLECTED)
    return PendingSample(sample_id, state(steps) or State.ORDERED, collected.at.on if collected else None)
