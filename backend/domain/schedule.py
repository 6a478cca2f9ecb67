"""What falls due for a patient, and when: the next dose, the finger prick, the form, the checks. Pure, of no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from backend.domain.dosing import Dose, given
from backend.domain.drugs import monitoring_due, open_before_dose
from backend.domain.linking import Chain
from backend.domain.occasions import is_asked, opens_on
from backend.domain.samples import State
from backend.domain.treatment import Expected, Treatment, expected, loggable_at_home, next_expected

KIT_DAYS = 10
"""The kit should be at home so many days before the dose (DOMAIN.md, Finger prick)."""
POST_NUDGE_DAYS = 1
FORM_NUDGE_DAYS = 2


class Kind(StrEnum):
    """What sort of thing falls due."""

    DOSE = "dose"
    DOSE_EXPECTED = "dose-expected"
    HOME_DOSE = "home-dose"
    SAMPLE_KIT = "sample-kit"
    SAMPLE = "sample"
    SAMPLE_POST = "sample-post"
    FORM = "form"
    MONITORING = "monitoring"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that falls due: its opaque subject, the local day, the moment where one is known (aware, UTC).

    `version` grows with every change of what stands behind it.
    """

    kind: Kind
    subject: str
    version: int
    on: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PendingSample:
    """A sample still under way: its state, and the day it was taken once it was."""

    id: UUID
    state: State
    collected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides what falls due for one patient.

    `answered` holds the numbers of the intervals whose end-of-interval form is completed; `checks` the last day of
    each check by treatment; `opened` those treatments whose next dose nobody planned that the site lets be given at
    home.
    """

    treatments: Sequence[Treatment]
    doses: Sequence[Dose]
    chain: Chain
    samples: Iterable[PendingSample] = ()
    answered: frozenset[int] = frozenset()
    checks: Mapping[UUID, Mapping[str, date]] = field(default_factory=dict)
    opened: frozenset[UUID] = frozenset()


def due(facts: Facts) -> tuple[Due, ...]:
    """Return what falls due, by day and subject; the same facts always give the same."""
    found: list[Due] = []
    for treatment in facts.treatments:
        coming = expected(treatment, facts.doses)
        found += _checks(treatment, facts.doses, coming, facts.checks.get(treatment.id, {}))
        if coming is not None and treatment.opens_intervals:
            found += _dose(treatment, coming, opened=treatment.id in facts.opened)
    # Tablets every day open no interval: a finger prick and a form wait for none of them.
    following = next_expected((t for t in facts.treatments if t.opens_intervals), facts.doses)
    for sample in facts.samples:
        found += _sample(sample, following)
    found += _forms(facts.chain, following, facts.answered)
    return tuple(sorted(found, key=lambda d: (d.on, d.kind, d.subject)))


def _dose(treatment: Treatment, coming: Expected, *, opened: bool) -> list[Due]:
    """A dose of one's own is told at its time, an appointment as such, and a day that is the plan's own guess as one.

    Where the site lets the clinic's own dose be given at home, that guess is told on the day itself too: without an
    appointment it may be today's.
    """
    if loggable_at_home(treatment.drug, treatment.versions[-1].route):
        return [_coming(Kind.HOME_DOSE, coming, coming.at)]
    if coming.certain:
        return [_coming(Kind.DOSE, coming, coming.at)]
    # Without an appointment the day is the plan's own guess: no clock time is told.
    guess = _coming(Kind.DOSE_EXPECTED, coming, None)
    return [guess, _coming(Kind.HOME_DOSE, coming, coming.at)] if opened else [guess]


def _coming(kind: Kind, coming: Expected, at: datetime | None) -> Due:
    return Due(kind, coming.subject, coming.version, coming.on, at)


def _sample(sample: PendingSample, coming: Expected | None) -> list[Due]:
    subject = f"sample:{sample.id}"
    if sample.state is State.COLLECTED and sample.collected_on is not None:
        return [Due(Kind.SAMPLE_POST, subject, 1, sample.collected_on + timedelta(days=POST_NUDGE_DAYS))]
    if coming is None or sample.state not in {State.ORDERED, State.KIT_SENT, State.KIT_RECEIVED}:
        return []
    # Just before the dose (DOMAIN.md); a day that is the plan's own guess has no clock time.
    at = coming.at if coming.certain else None
    prick = Due(Kind.SAMPLE, subject, coming.version, coming.on, at)
    if sample.state is State.KIT_RECEIVED:
        return [prick]
    kit = Due(Kind.SAMPLE_KIT, subject, coming.version, coming.on - timedelta(days=KIT_DAYS))
    return [kit, prick]


def _forms(line: Chain, coming: Expected | None, answered: frozenset[int]) -> list[Due]:
    """The form of the running interval opens before its end; the one just ended is asked for once more after it."""
    found: list[Due] = []
    for interval in line.intervals[-2:]:
        subject = f"end-of-interval:{interval.opened_by}"
        if interval.number in answered or not is_asked(interval, coming.on if coming else None):
            continue
        if interval.closed_on is not None:
            found.append(Due(Kind.FORM, subject, 0, interval.closed_on + timedelta(days=FORM_NUDGE_DAYS)))
        elif coming is not None:
            found.append(Due(Kind.FORM, subject, coming.version, opens_on(coming.on)))
    return found


def _checks(
    treatment: Treatment, doses: Iterable[Dose], coming: Expected | None, done: Mapping[str, date]
) -> list[Due]:
    days = [d.given.on for d in given(d for d in doses if d.treatment_id == treatment.id) if d.given]
    last = days[-1] if days else None
    dated = monitoring_due(treatment.drug, treatment.started_on, done, last, treatment.stopped_on)
    found = [Due(Kind.MONITORING, f"check:{treatment.id}:{item.key}", 1, on) for item, on in dated]
    if coming is not None:
        found += [
            Due(Kind.MONITORING, f"check:{treatment.id}:{item.key}", coming.version, coming.on)
            for item in open_before_dose(treatment.drug, done, last)
        ]
    return found
