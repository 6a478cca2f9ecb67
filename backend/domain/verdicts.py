"""Verdicts: what a dosing rule is given to look at, and the shape of what it says of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import takewhile
from uuid import UUID

from backend.domain.dosing import Dose, Status
from backend.domain.levels import PLAUSIBLE_MAX, Comparator, TroughClass
from backend.domain.linking import Chain, Interval
from backend.domain.regimens import Route
from backend.domain.samples import Unusable
from backend.domain.treatment import Treatment, planned_weeks

Params = Mapping[str, int | str | Sequence[str]]
CD19_MAX = Decimal(5000)
"""Cells per uL above which a count is not plausible (ten times the upper limit of healthy adults, rounded up)."""
_NO_TROUGH = {
    TroughClass.NEAR_TROUGH: "near-trough",
    TroughClass.EARLY: "early",
    TroughClass.NOT_A_TROUGH: "not-a-trough",
    TroughClass.UNKNOWN: "time-unknown",
}
_MAINTENANCE = 10**6
"""The index of a dose long after any loading."""


class Analyte(StrEnum):
    """What was measured: the drug's level (ug/mL), antibodies against it (AU/mL), or CD19 cells (cells/uL)."""

    LEVEL = "level"
    ANTIBODIES = "antibodies"
    CD19 = "cd19"


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value and where it stands.

    `on` is the local day it was taken, `at` the moment where that is known. `interval` is the number of the interval
    it was taken in, with that interval's planned whole weeks and route. `why_not` says why it cannot be used,
    `provisional` that the dose after it was not given yet. It can first change interval `changes_from_interval`.
    `source` names the record: `sample:<id>` or `finding:<id>`.
    """

    kind: Analyte
    value: Decimal
    unit: str
    comparator: Comparator
    on: date | None
    at: datetime | None
    source: str
    reported_at: datetime
    lloq: Decimal | None = None
    interval: int | None = None
    planned_weeks: int | None = None
    route: Route | None = None
    trough_class: TroughClass | None = None
    provisional: bool = False
    why_not: tuple[str, ...] = ()
    changes_from_interval: int | None = None

    @property
    def valid(self) -> bool | None:
        """Whether it can be used; None while that hangs on a dose not yet given."""
        if self.why_not:
            return False
        return None if self.provisional else True

    @property
    def outside(self) -> tuple[str, ...]:
        """Return in which way it lies outside the assay's range or what is plausible, empty when it does not."""
        quantified = self.lloq is None or self.value >= self.lloq
        below = self.comparator is Comparator.BELOW or not quantified
        most = {Analyte.LEVEL: PLAUSIBLE_MAX, Analyte.CD19: CD19_MAX}.get(self.kind)
        found = {
            "below-assay-range": below,
            "above-assay-range": self.comparator is Comparator.ABOVE,
            "implausible-value": most is not None and self.value > most,
        }
        return tuple(code for code, holds in found.items() if holds)

    @property
    def shown(self) -> str:
        """The value as the lab writes it, `<` or `>` before it where it is a bound."""
        sign = "" if self.comparator is Comparator.EQUAL else self.comparator.value
        return f"{sign}{self.value.normalize():f}"


@dataclass(frozen=True, slots=True)
class Span:
    """One interval as rules see it: its number, planned whole weeks, days from dose to dose (None: open), and route."""

    number: int
    planned_weeks: int | None
    days: int | None
    route: Route


@dataclass(frozen=True, slots=True)
class Course:
    """A running treatment as rules see it.

    Its intervals in order, the local days of missed doses, the interval in whole weeks and the route of the plan
    last decided (weeks None for a regimen without), and the local day of the last given dose.
    """

    spans: tuple[Span, ...]
    missed_on: tuple[date, ...]
    current_weeks: int | None
    route: Route
    last_dose_on: date | None = None

    @property
    def run_begins(self) -> int | None:
        """The number of the first interval of the row that was planned as the plan is now, None where there is none.

        An interval of that length from before a change to another says nothing of the present one.
        """
        row = list(takewhile(lambda span: span.planned_weeks == self.current_weeks, reversed(self.spans)))
        return row[-1].number if row else None

    def between(self, first: int, last: int) -> tuple[Span, ...]:
        """Return the intervals from one number to another, both included."""
        return tuple(span for span in self.spans if first <= span.number <= last)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: whether it holds, None where that is not known, and if it does not, why (a code)."""

    key: str
    holds: bool | None
    why: str | None = None
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says: its conditions, whether all hold, and a statement (a code with its numbers).

    `used` are the values it looked at; it can first change interval `changes_from_interval`. `outside` names what
    lies outside an assay's range, what is plausible, or the rule's own bounds.
    """

    conditions: tuple[Condition, ...]
    met: bool | None
    statement: str
    params: Params = field(default_factory=dict)
    used: tuple[Measured, ...] = ()
    outside: tuple[str, ...] = ()

    @property
    def changes_from_interval(self) -> int | None:
        """The first interval all its values together can change, None where nothing says so."""
        known = [one.changes_from_interval for one in self.used if one.changes_from_interval is not None]
        return max(known, default=None)


def met(conditions: Sequence[Condition]) -> bool | None:
    """Return False when any condition fails, True when all hold, None when it cannot be known or there are none."""
    if any(one.holds is False for one in conditions):
        return False
    return True if conditions and all(one.holds for one in conditions) else None


def failed(conditions: Iterable[Condition], key: str) -> bool:
    """Whether the condition of that key fails."""
    return any(one.key == key and one.holds is False for one in conditions)


def above(one: Measured, limit: int) -> bool | None:
    """Tell whether the true value is above a limit, strictly; None where a bound leaves that open."""
    return one.value > limit if one.comparator is Comparator.EQUAL else _bound(one, limit)


def at_least(one: Measured, limit: int) -> bool | None:
    """Tell whether the true value reaches a limit; None where a bound leaves that open."""
    return one.value >= limit if one.comparator is Comparator.EQUAL else _bound(one, limit)


def _bound(one: Measured, limit: int) -> bool | None:
    if one.comparator is Comparator.ABOVE:
        return True if one.value >= limit else None
    return False if one.value <= limit else None


def lowest_of_each_interval(measured: Iterable[Measured]) -> list[Measured]:
    """Return one level of each interval, in their order: the lowest of those that are not known to be unusable.

    Two samples before one dose tell of one trough, and where they differ the lower one is the careful reading.
    """
    found: dict[int, Measured] = {}
    for one in measured:
        if one.kind is Analyte.LEVEL and one.interval is not None and one.valid is not False:
            known = found.get(one.interval)
            found[one.interval] = one if known is None else min(known, one, key=_careful)
    return [found[number] for number in sorted(found)]


def newer_unusable(measured: Iterable[Measured], used: Measured) -> bool:
    """Tell whether a level of a later interval than the one used is known to be unusable: it may have been low."""
    levels = (one for one in measured if one.kind is Analyte.LEVEL and one.valid is False)
    return any((one.interval or 0) > (used.interval or 0) for one in levels)


_LOW = {Comparator.BELOW: 0, Comparator.EQUAL: 1, Comparator.ABOVE: 2}


def _careful(one: Measured) -> tuple[Decimal, int]:
    return one.value, _LOW[one.comparator]


def latest(measured: Iterable[Measured], kind: Analyte) -> Measured | None:
    """Return the usable value of a kind that was taken last, None while there is none."""
    usable = [one for one in measured if one.kind is kind and one.valid is not False and one.on is not None]
    return max(usable, key=lambda one: (one.on or date.min, one.reported_at, one.source), default=None)


def why_not(unusable: Iterable[Unusable], trough: TroughClass, interval: int | None) -> tuple[str, ...]:
    """Return why a level cannot be used as a trough: what is wrong with the sample, and with its time."""
    found = [code.value for code in unusable]
    if trough in _NO_TROUGH:
        found.append(_NO_TROUGH[trough])
    elif interval is None:
        found.append("before-first-dose")
    return tuple(found)


def course(running: Treatment, mine: Iterable[UUID], line: Chain, doses: Iterable[Dose]) -> Course:
    """Return a running treatment as rules see it; `mine` are the treatments with its substance.

    An interval that was opened by another drug is not in it.
    """
    own = frozenset(mine)
    every = tuple(doses)
    plan = running.versions[-1]
    spans = tuple(_span(one) for one in line.intervals if one.treatment_id in own)
    missed = sorted(dose.on for dose in every if dose.status is Status.MISSED and dose.treatment_id in own)
    given = [dose.on for dose in every if dose.status is Status.GIVEN and dose.treatment_id in own]
    weeks = planned_weeks(running, plan, _MAINTENANCE)
    return Course(spans, tuple(missed), weeks, plan.route, max(given, default=None))


def _span(interval: Interval) -> Span:
    return Span(interval.number, interval.planned_weeks, interval.length_days, interval.route)


def changes_from(
    taken_in: int, reported_at: datetime, line: Chain, doses: Iterable[Dose], planned_at: Mapping[UUID, datetime]
) -> int:
    """Return the first interval that a level taken in interval number `taken_in` can change (DOMAIN.md, Dosing rules).

    It is taken at the dose that ends that interval and opens the next, i; so it is i + 1, unless the level was
    reported before the plan for i was fixed: when the dose that ends i was first planned (`planned_at`, by dose), or,
    where nobody planned it, when i began.
    """
    of_dose = taken_in + 1
    fixed_at = _fixed_at(of_dose, line, doses, planned_at)
    return of_dose if fixed_at is None or reported_at < fixed_at else of_dose + 1


def _fixed_at(number: int, line: Chain, doses: Iterable[Dose], planned_at: Mapping[UUID, datetime]) -> datetime | None:
    """Return when the plan for an interval was fixed, None while it is not."""
    interval = line.intervals[number - 1] if number <= len(line.intervals) else None
    opened_at = interval.opened_at if interval else None
    if interval is not None and interval.closed_by is not None:
        return planned_at.get(interval.closed_by, opened_at)
    last_on = line.days[-1] if line.days else date.min
    ahead = sorted((d for d in doses if d.status is Status.PLANNED and d.on > last_on), key=lambda d: (d.anchor, d.id))
    place = number - len(line.intervals)
    return planned_at.get(ahead[place].id, opened_at) if place < len(ahead) else opened_at
