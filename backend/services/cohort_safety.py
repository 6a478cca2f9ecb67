"""What a cohort needs watched: JC-virus tests that are overdue, and relapses among those on an extended interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.extension import NATALIZUMAB, RULES
from backend.domain.findings import Kind
from backend.domain.moments import add_months
from backend.domain.monitoring import due_since
from backend.domain.statistics import Share, clopper_pearson, wilson
from backend.domain.treatment import Treatment
from backend.services.cohort_dosing import Extensions
from backend.services.cohort_members import Subject
from backend.services.context import Context
from backend.storage import findings, monitoring

JC_VIRUS_CHECK = "jcv-antibody"
JC_VIRUS = (
    "Patients whose treatment with natalizumab runs, and of these those whose JC-virus antibody test was due before "
    "today by the drug catalogue's schedule; the days are counted from the day it was due."
)
RELAPSES = (
    "Patients with at least one relapse entered by the clinic that began in the months the definition looks back over, "
    "of those it calls extended today, with the exact (Clopper-Pearson) interval, which says what zero can rule out."
)
MONTHS = {"by_infusions": RULES.months, "by_mean": RULES.mean_months, "by_delay": RULES.late_months}


@dataclass(frozen=True, slots=True)
class Overdue:
    """One patient whose test was due so many days ago; `last_done_on` is None where none was ever recorded."""

    patient_id: UUID
    due_on: date
    days_overdue: int
    last_done_on: date | None


@dataclass(frozen=True, slots=True)
class JcVirus:
    """The overdue of all on natalizumab, the longest overdue first; `n_without` have no such treatment running."""

    share: Share
    n_without: int
    overdue: tuple[Overdue, ...]


@dataclass(frozen=True, slots=True)
class Relapsed:
    """Patients with a relapse of those extended by a definition, within its `months`; `events` counts relapses."""

    by: str
    share: Share
    events: int
    months: int


def jc_virus(ctx: Context, subjects: Sequence[Subject]) -> JcVirus:
    """Return who of the patients on natalizumab waits for the JC-virus test; one statement for all."""
    done = monitoring.last_done_of(ctx.session, [one.id for one in subjects], JC_VIRUS_CHECK)
    treated = [(one, running) for one in subjects if (running := _running(one))]
    found = (_overdue(one, running, done) for one, running in treated)
    overdue = sorted((one for one in found if one is not None), key=lambda one: (one.due_on, one.patient_id))
    return JcVirus(wilson(len(overdue), len(treated)), len(subjects) - len(treated), tuple(overdue))


def _running(one: Subject) -> list[Treatment]:
    treatments = one.followed.line.treatments
    return [each for each in treatments if each.stopped_on is None and each.drug.substance == NATALIZUMAB]


def _overdue(one: Subject, running: Sequence[Treatment], done: Mapping[UUID, date]) -> Overdue | None:
    """Return the test that waits longest of a patient, None where none does."""
    waiting = []
    for treatment in running:
        done_on = done.get(treatment.id)
        coming_on = next((told.on for told in one.followed.expected if told.treatment_id == treatment.id), None)
        told = {} if done_on is None else {JC_VIRUS_CHECK: done_on}
        given = [each.opened_on for each in one.followed.line.chain.intervals if each.treatment_id == treatment.id]
        due_on = due_since(treatment, given[-1] if given else None, coming_on, told).get(JC_VIRUS_CHECK)
        if due_on is not None and due_on < one.today:
            waiting.append(Overdue(one.id, due_on, (one.today - due_on).days, done_on))
    return min(waiting, key=lambda found: found.due_on, default=None)


def relapses(ctx: Context, subjects: Sequence[Subject], extended: Extensions) -> tuple[Relapsed, ...]:
    """Return how many patients extended by each definition had a relapse; one statement for all."""
    told = findings.setting_apart(ctx.session, [one.id for one in subjects])
    found = {who: [one.on for one in theirs if one.kind is Kind.RELAPSE] for who, theirs in told.items()}
    return tuple(_relapsed(subjects, extended, found, by) for by in MONTHS)


def _relapsed(
    subjects: Sequence[Subject], extended: Extensions, found: Mapping[UUID, Sequence[date]], by: str
) -> Relapsed:
    those = [one for one in subjects if one.id in extended.patients[by]]
    since = {one.id: add_months(one.today, -MONTHS[by]) for one in those}
    counts = [sum(since[one.id] < on <= one.today for on in found.get(one.id, ())) for one in those]
    return Relapsed(by, clopper_pearson(sum(map(bool, counts)), len(counts)), sum(counts), MONTHS[by])
