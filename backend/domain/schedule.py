"""What falls due for a patient, and when: doses, the finger prick, forms, the diary, checks. Pure, of no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from backend.domain.dosing import Dose, given
from backend.domain.drugs import monitoring_due, open_before_dose
from backend.domain.linking import Chain, Interval
from backend.domain.nudges import Nudges, evenings
from backend.domain.occasions import is_asked, stretch
from backend.domain.samples import State
from backend.domain.treatment import Expected, Treatment, expected, loggable_at_home, next_expected

KIT_DAYS = 10
"""The kit should be at home so many days before the dose (DOMAIN.md, Finger prick)."""
OWN_LATE_DAYS = 1
"""So many days after a dose of one's own was due and is not written down, it is asked for ..."""
WARD_LATE_DAYS = 2
"""... and after an appointment: the ward has a day to write it down."""


class Kind(StrEnum):
    """What sort of thing falls due."""

    DOSE = "dose"
    DOSE_EXPECTED = "dose-expected"
    DOSE_LATE = "dose-late"
    HOME_DOSE = "home-dose"
    HOME_DOSE_LATE = "home-dose-late"
    CHECKLIST = "checklist"
    SAMPLE_KIT = "sample-kit"
    SAMPLE = "sample"
    SAMPLE_POST = "sample-post"
    FORM = "form"
    DIARY = "diary"
    MONITORING = "monitoring"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that falls due: its opaque subject, the local day, the moment where one is known (aware, UTC).

    `version` grows with every change of what stands behind it. `since` is the day on which the stretch that ends
    with it began: the interval of a dose, the days on which a form can be answered.
    """

    kind: Kind
    subject: str
    version: int
    on: date
    at: datetime | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class PendingSample:
    """A sample still under way: its state, and the day it was taken once it was."""

    id: UUID
    state: State
    collected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Days, both inclusive, on which a study or protocol asks something that is still to be answered.

    `subject` is opaque and the same for as long as it is the same thing that is asked; `version` as in Due.
    """

    subject: str
    version: int
    opens_on: date
    closes_on: date
    kind: Kind = Kind.FORM


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides what falls due for one patient.

    `answered` holds the numbers of the intervals whose end-of-interval form is completed; `checks` the last day of
    each check by treatment; `opened` those treatments whose next dose nobody planned that the site lets be given at
    home, `checklists` those whose next dose at home asks for a checklist. `nudges` is None for somebody who does not
    want to be asked for the diary.
    """

    treatments: Sequence[Treatment]
    doses: Sequence[Dose]
    chain: Chain
    samples: Iterable[PendingSample] = ()
    answered: frozenset[int] = frozenset()
    checks: Mapping[UUID, Mapping[str, date]] = field(default_factory=dict)
    opened: frozenset[UUID] = frozenset()
    checklists: frozenset[UUID] = frozenset()
    windows: Sequence[Window] = ()
    nudges: Nudges | None = None


def due(facts: Facts) -> tuple[Due, ...]:
    """Return what falls due, by day and subject; the same facts always give the same."""
    found: list[Due] = []
    for treatment in facts.treatments:
        coming = expected(treatment, facts.doses)
        found += _checks(treatment, facts.doses, coming, facts.checks.get(treatment.id, {}))
        if coming is not None and treatment.opens_intervals:
            found += _dose(treatment, coming, facts)
    # Tablets every day open no interval: a finger prick and a form wait for none of them.
    following = next_expected((t for t in facts.treatments if t.opens_intervals), facts.doses)
    since = _since(following, facts.doses)
    for sample in facts.samples:
        found += _sample(sample, following, since)
    coming_on = following.on if following else None
    found += _forms(facts, coming_on)
    found += [Due(w.kind, w.subject, w.version, w.closes_on, since=w.opens_on) for w in facts.windows]
    found += _nudges(facts.chain, coming_on, facts.nudges)
    return tuple(sorted(found, key=lambda d: (d.on, d.kind, d.subject)))


def _dose(treatment: Treatment, coming: Expected, facts: Facts) -> list[Due]:
    """A dose of one's own is told at its time, an appointment as such, and a day that is the plan's own guess as one.

    Where the site lets the clinic's own dose be given at home, that guess is told on the day itself too: without an
    appointment it may be today's. What was agreed on and is not written down some days later is told once more, but
    never a guess of the clinic's: that says already that nobody was heard of.
    """
    since = _since(coming, facts.doses)
    own = loggable_at_home(treatment.drug, treatment.versions[-1].route)
    if not own and coming.certain:
        return [_coming(Kind.DOSE, coming, coming.at, since), _late(Kind.DOSE_LATE, coming, WARD_LATE_DAYS)]
    # Without an appointment the day is the plan's own guess: no clock time is told.
    found = [] if own else [_coming(Kind.DOSE_EXPECTED, coming, None, since)]
    if own or treatment.id in facts.opened:
        found += [_coming(Kind.HOME_DOSE, coming, coming.at, since)]
        found += [_late(Kind.HOME_DOSE_LATE, coming, OWN_LATE_DAYS)]
        found += [_coming(Kind.CHECKLIST, coming, None, since)] if treatment.id in facts.checklists else []
    return found


def _coming(kind: Kind, coming: Expected, at: datetime | None, since: date | None) -> Due:
    return Due(kind, coming.subject, coming.version, coming.on, at, since)


def _late(kind: Kind, coming: Expected, days: int) -> Due:
    return Due(kind, coming.subject, coming.version, coming.on + timedelta(days=days))


def _since(coming: Expected | None, doses: Iterable[Dose]) -> date | None:
    """Return the day of the dose before the one that is expected, of the same treatment; None before the first."""
    done = given(d for d in doses if coming is not None and d.treatment_id == coming.treatment_id)
    return done[-1].on if done else None


def _sample(sample: PendingSample, coming: Expected | None, since: date | None) -> list[Due]:
    subject = f"sample:{sample.id}"
    if sample.state is State.COLLECTED and sample.collected_on is not None:
        return [Due(Kind.SAMPLE_POST, subject, 1, sample.collected_on)]
    if coming is None or sample.state not in {State.ORDERED, State.KIT_SENT, State.KIT_RECEIVED}:
        return []
    # Just before the dose (DOMAIN.md); a day that is the plan's own guess has no clock time.
    at = coming.at if coming.certain else None
    prick = Due(Kind.SAMPLE, subject, coming.version, coming.on, at, since)
    if sample.state is State.KIT_RECEIVED:
        return [prick]
    kit = Due(Kind.SAMPLE_KIT, subject, coming.version, coming.on - timedelta(days=KIT_DAYS))
    return [kit, prick]


def _forms(facts: Facts, coming_on: date | None) -> list[Due]:
    """The form about the running interval, and about the one just ended, on the days on which each can be answered.

    Days alone tell its reminders apart, so its version stays: that the dose was given as expected is no reason to ask
    once more, and a dose that moves takes the days with it.
    """
    found: list[Due] = []
    for interval in facts.chain.intervals[-2:]:
        end_on = coming_on if interval.closed_on is None else _promised(interval, facts)
        days = stretch(interval, end_on)
        if days is not None and interval.number not in facts.answered and is_asked(interval, coming_on):
            first, last = days
            found.append(Due(Kind.FORM, f"end-of-interval:{interval.opened_by}", 0, last, since=first))
    return found


def _promised(ended: Interval, facts: Facts) -> date | None:
    """Return the day on which an interval that ended was to end: as planned, else as the plan would have it."""
    if ended.planned_end_on is not None:
        return ended.planned_end_on
    before = [d for d in given(facts.doses) if d.anchor <= ended.opened_at]
    coming = next_expected((t for t in facts.treatments if t.opens_intervals), before)
    return coming.on if coming else None


def _nudges(line: Chain, coming_on: date | None, nudges: Nudges | None) -> list[Due]:
    """One for each evening, of no version: when the dose moves, who was asked today is not asked again today."""
    if nudges is None or coming_on is None or not line.intervals:
        return []
    return [Due(Kind.DIARY, Kind.DIARY.value, 0, on) for on in evenings(line.intervals[-1], coming_on, nudges)]


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
