"""Needs: what follows from a patient's record that somebody has to look into, by one rule for each kind; pure."""

from bisect import bisect_right
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from backend.domain.adherence import OVERDUE, by_interval
from backend.domain.dosing import Status
from backend.domain.linking import Chain, place
from backend.domain.moments import at_wall, local_date
from backend.domain.monitoring import due_days
from backend.domain.occasions import CLOSES_DAYS
from backend.domain.recall import FORM
from backend.domain.regimens import Courses, Cycle, Unit
from backend.domain.samples import ASIDE, State, Step, ValiditySettings, find, state, validity
from backend.domain.treatment import Expects, Treatment
from backend.domain.worklist import Facts, Item, Kind, Taken, order

FORM_WEEKS = 4
"""So long after its last day a form that was not completed is asked after; later the patient no longer knows."""

AT_THE_VISIT = frozenset({"blood-pressure"})
"""Checks before every dose that are done at the visit itself: nothing is to be arranged."""

OPEN_ORDERS = frozenset({State.ORDERED, State.KIT_SENT, State.KIT_RECEIVED})
"""States of a sample that was ordered and not taken."""
_UNDER_WAY = frozenset({State.COLLECTED, State.POSTED})


def needs(facts: Facts, kinds: Collection[Kind] = frozenset(Kind)) -> tuple[Item, ...]:
    """Return what follows from a patient's record, of some kinds, what has waited longest first."""
    coming = facts.coming
    found: list[Item] = []
    for kind, rule in _RULES.items():
        if kind in kinds:
            found += rule(facts, coming)
    return tuple(sorted(found, key=order))


def enough(treatment: Treatment, kept: int) -> bool:
    """Tell whether the newest `kept` given doses tell as much of what comes next as all of them do.

    So it is where the next dose follows from the last one, once loading is over: not for courses, which are counted,
    nor for months, which are counted from the first dose on (`regimens.next_due`).
    """
    for plan in treatment.versions:
        pattern = treatment.drug.regimen(plan.regimen).pattern
        if isinstance(pattern, Courses):
            return False
        if isinstance(pattern, Cycle):
            in_weeks = plan.interval_weeks is not None or (pattern.every is not None and _even(pattern.every.unit))
            if not in_weeks or kept < len(pattern.loading) + 2:
                return False
    return True


def _even(unit: Unit) -> bool:
    return unit is not Unit.MONTH


def _missed(facts: Facts, coming: Expects) -> Iterator[Item]:
    """The newest missed dose of a treatment of which nothing is expected: somebody has to say how it goes on."""
    for treatment in facts.treatments:
        if treatment.stopped_on is not None or coming[treatment.id] is not None:
            continue
        own = [dose for dose in facts.doses if dose.treatment_id == treatment.id]
        last_on = max((dose.on for dose in own if dose.status is Status.GIVEN), default=date.min)
        missed = [dose for dose in own if dose.status is Status.MISSED and dose.on > last_on]
        if missed:
            dose = max(missed, key=lambda one: (one.on, one.id))
            detail = _of(treatment) | {"dose_id": dose.id, "route": dose.route, "planned_on": dose.on}
            yield Item(Kind.DOSE_MISSED, f"{dose.id}:{dose.version}", dose.recorded_at, dose.on, detail)


def _overdue(facts: Facts, coming: Expects) -> Iterator[Item]:
    """An expected dose whose day has passed where it was to be given, with nothing written down."""
    zones = {dose.id: dose.planned.zone for dose in facts.doses if dose.planned is not None}
    for treatment in facts.treatments:
        dose = coming[treatment.id]
        if dose is None or not treatment.opens_intervals:
            continue
        zone = treatment.zone if dose.dose_id is None else zones.get(dose.dose_id, treatment.zone)
        if dose.on < local_date(facts.now, zone):
            since = max(_after(dose.on, zone), treatment.versions[0].recorded_at)
            route = treatment.plan_before(dose.on).route
            detail = _of(treatment) | {"dose_id": dose.dose_id, "route": route, "planned_on": dose.on}
            yield Item(Kind.DOSE_OVERDUE, f"{dose.subject}:{dose.on}", since, dose.on, detail)


def _missing(facts: Facts, _: Expects) -> Iterator[Item]:
    """A sample that did not come to the lab in time, or an order whose dose was given without a prick."""
    for sample in facts.samples:
        standing = state(sample.steps)
        if standing in _UNDER_WAY:
            step = find(sample.steps, State.COLLECTED) or find(sample.steps, State.POSTED)
            due_on = step.at.on + timedelta(days=ValiditySettings().lab_days) if step else None
            subject, ordered_for = f"{sample.id}:lab", None
        elif standing in OPEN_ORDERS:
            due_on, dose_id = _unpricked(sample, facts)
            subject, ordered_for = f"{sample.id}:{dose_id}", due_on
        else:
            continue
        if due_on is not None and due_on < facts.today:
            detail = _sample(sample) | {"state": standing, "ordered_for": ordered_for}
            yield Item(Kind.SAMPLE_MISSING, subject, _after(due_on, facts.zone), due_on, detail)


def _unpricked(ordered: Taken, facts: Facts) -> tuple[date | None, UUID | None]:
    """Return day and id of the dose an order was for, given by now, if no sample was taken in the interval it ended.

    The patient has the dose's own day to tell of a prick.
    """
    number = bisect_right(facts.line.anchors, ordered.created_at)
    if number == len(facts.line.intervals):
        return None, None
    if any(find(one.steps, State.COLLECTED) and _interval(one, facts.line) == number for one in facts.samples):
        return None, None
    following = facts.line.intervals[number]
    return following.opened_on, following.opened_by


def _rejected(facts: Facts, _: Expects) -> Iterator[Item]:
    """A rejected sample of the running interval or the one before, with no newer one for that dose or ordered since."""
    for sample in facts.samples:
        step = find(sample.steps, State.REJECTED)
        if step is None or state(sample.steps) is not State.REJECTED:
            continue
        late = _interval(sample, facts.line) < len(facts.line.intervals) - 1
        if not late and not any(_replaces(other, sample, step, facts.line) for other in facts.samples):
            detail = _sample(sample) | {"reasons": list(validity(sample.steps))}
            yield Item(Kind.SAMPLE_REJECTED, str(sample.id), step.received_at, None, detail)


def _replaces(other: Taken, sample: Taken, rejected: Step, line: Chain) -> bool:
    if other.id == sample.id or state(other.steps) in {None, *ASIDE}:
        return False
    same_dose = _interval(other, line) == _interval(sample, line)
    return other.created_at > rejected.received_at or (same_dose and _begun(other) > _begun(sample))


def _begun(sample: Taken) -> tuple[datetime, UUID]:
    collected = find(sample.steps, State.COLLECTED)
    return collected.at.anchor if collected else sample.created_at, sample.id


def _interval(sample: Taken, line: Chain) -> int:
    """Return the number of the interval a sample was taken, or else registered, in; 0 before the first dose."""
    collected = find(sample.steps, State.COLLECTED)
    if collected is not None:
        return place(collected.at, None, line).interval or 0
    return bisect_right(line.anchors, sample.created_at)


def _withheld(facts: Facts, _: Expects) -> Iterator[Item]:
    samples = {sample.id: sample for sample in facts.samples}
    for one in facts.withheld:
        subject = f"{one.sample_id}:{one.analyte}:{one.position}"
        detail = _sample(samples[one.sample_id]) | {"analyte": one.analyte}
        yield Item(Kind.RESULT_TO_RELEASE, subject, one.recorded_at, None, detail)


def _forms(facts: Facts, _: Expects) -> Iterator[Item]:
    """The form about the latest interval that ended, once its days are over, for some weeks."""
    for ended in facts.line.intervals[-2:-1]:
        closes_on = (ended.closed_on or facts.today) + timedelta(days=CLOSES_DAYS)
        if not closes_on < facts.today <= closes_on + timedelta(weeks=FORM_WEEKS):
            continue
        stands = by_interval(facts.line, None, facts.said, facts.today, last=2)[ended.number]
        if stands in OVERDUE:
            days = {"opened_on": ended.opened_on, "closed_on": ended.closed_on}
            detail: dict[str, Any] = {"state": stands, "instrument": FORM} | days
            yield Item(Kind.FORM_OVERDUE, f"{FORM}:{ended.opened_by}", _after(closes_on, facts.zone), closes_on, detail)


def _checks(facts: Facts, coming: Expects) -> Iterator[Item]:
    """A check whose day has passed, or comes so soon that it is to be arranged now."""
    ahead = timedelta(days=facts.ahead_days)
    for treatment in facts.treatments:
        dose = coming[treatment.id]
        done = facts.checks.get(treatment.id, {})
        days = due_days(treatment, facts.doses, dose.on if dose else None, done)
        for check, on in days.items():
            if check in AT_THE_VISIT or facts.today < on - ahead:
                continue
            # Nobody could know of it before the treatment was known here.
            since = max(at_wall(on - ahead, time(0), facts.zone), treatment.versions[0].recorded_at)
            detail = _of(treatment) | {"check": check, "last_on": done.get(check), "overdue": on < facts.today}
            yield Item(Kind.MONITORING_DUE, f"{treatment.id}:{check}:{on}", since, on, detail)


_RULES = {
    Kind.DOSE_MISSED: _missed,
    Kind.DOSE_OVERDUE: _overdue,
    Kind.SAMPLE_MISSING: _missing,
    Kind.SAMPLE_REJECTED: _rejected,
    Kind.RESULT_TO_RELEASE: _withheld,
    Kind.FORM_OVERDUE: _forms,
    Kind.MONITORING_DUE: _checks,
}

DERIVED = frozenset(_RULES)
"""Kinds that follow from the record and come and go with it."""


def _of(treatment: Treatment) -> dict[str, Any]:
    return {"treatment_id": treatment.id, "drug": treatment.drug_key}


def _sample(sample: Taken) -> dict[str, Any]:
    collected = find(sample.steps, State.COLLECTED)
    collected_on = collected.at.on if collected else None
    return {"sample_id": sample.id, "matrix": sample.matrix, "collected_on": collected_on}


def _after(on: date, zone: str) -> datetime:
    """Return the moment a local day is over (aware, UTC)."""
    return at_wall(on + timedelta(days=1), time(0), zone)
