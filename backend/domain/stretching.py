"""Stretching: a patient's wearing-off before and after the interval became longer, and whether before was usual."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import groupby, takewhile
from statistics import fmean, median

from backend.domain.drugs import drug
from backend.domain.errors import ClinicError
from backend.domain.spans import Span
from backend.domain.wearing_off import DEFAULT, Settings

_DIGITS = 9  # kept of a mean, so that what is equal is found equal


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of the comparison (DOMAIN.md, What clinicians look at): `count` closed intervals on either side.

    `needed` of them must be assessable. For a cohort: fewer than `min_patients` show no pattern, and `alpha` is the
    level of its tests. Raises ClinicError `out-of-bounds` for numbers that make no sense.
    """

    count: int = 3
    needed: int = 2
    min_patients: int = 10
    alpha: float = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.needed <= self.count or self.min_patients < 2 or not 0 < self.alpha < 1:
            raise ClinicError("out-of-bounds", "The settings of the comparison make no sense.")


RULE = Rule()


class State(StrEnum):
    """How one period compares with an earlier one; `new` is wearing-off where there was none."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NEW = "new"
    NOT_ASSESSABLE = "not-assessable"


class Why(StrEnum):
    """Why a patient's stretching is not assessable.

    `not-kept`: back at the old length, or shorter, before as many intervals as needed were over.
    """

    NEVER_STRETCHED = "never-stretched"
    NOT_KEPT = "not-kept"
    TOO_FEW_BEFORE = "too-few-before"
    TOO_FEW_AFTER = "too-few-after"


@dataclass(frozen=True, slots=True)
class Period:
    """Up to `count` closed intervals of one length, by their numbers, taken together.

    `wearing_off`: at least half of the assessable ones had it; None when fewer than needed are assessable.
    `mean_difference` (points) is over the assessable ones, `median_onset_day` (from the dose) over those with an onset.
    """

    weeks: int
    intervals: tuple[int, ...]
    n_assessable: int
    n_wearing_off: int
    wearing_off: bool | None
    mean_difference: float | None
    median_onset_day: float | None


@dataclass(frozen=True, slots=True)
class Stretching:
    """A patient before and after stretching; no test, since it is one patient.

    `before` are the last intervals at the old length, `after` the first at the new, from `stretched_on` on; `earlier`
    those right before `before`, at the old length too. `state` compares before with after, `earlier_to_before` tells
    whether before was usual, `against_earlier` compares earlier with after. `returned` (None when one of them is not
    assessable) is true where before stood out from earlier and after is as earlier again: chance may have changed.
    `passed_over` intervals of steps that were too short-lived lie between; `route_switch`: the routes used differ.
    """

    state: State
    why: tuple[Why, ...]
    old_weeks: int | None
    new_weeks: int | None
    stretched_on: date | None
    passed_over: int
    route_switch: bool
    before: Period | None
    after: Period | None
    earlier: Period | None
    earlier_to_before: State
    against_earlier: State
    returned: bool | None
    settings: Settings
    rule: Rule

    @property
    def definition(self) -> str:
        """What is compared, in one sentence."""
        return definition(self.settings, self.rule)


def definition(settings: Settings, rule: Rule) -> str:
    """Return what is compared, in one sentence."""
    return (
        f"The last {rule.count} closed intervals at the old length against the first {rule.count} at the first longer "
        f"length that was kept, at least {rule.needed} assessable on either side; wearing-off in at least half of "
        f"these; where in both, worse or better from {settings.threshold:g} point(s) of mean difference."
    )


@dataclass(frozen=True, slots=True)
class _Lengthening:
    """The closed intervals at the old length and at the new; how many between were passed over.

    `kept` when enough of the new are assessable, `left` when the patient was back at the old length too soon for that.
    """

    old: tuple[Span, ...]
    new: tuple[Span, ...]
    passed_over: int
    kept: bool
    left: bool


def stretching(spans: Sequence[Span], settings: Settings = DEFAULT, rule: Rule = RULE) -> Stretching:
    """Return the comparison before and after stretching of one patient's spans, in order.

    Of all times the planned interval became longer under one drug, the first is taken that has enough assessable
    intervals on either side. A patient stretched step by step may pass lengths too quickly to judge them: the new
    length is then the first longer than the old that was kept, and the steps between are passed over. When no time
    qualifies the first that was kept, else the first, says why not. Intervals without planned whole weeks, and another
    drug, begin anew. `settings` are those the spans were made with.
    """
    found = list(_lengthenings(spans, rule))
    if not found:
        return _nothing(settings, rule)
    enough = [one for one in found if one.kept and _assessable(one.old[-rule.count :]) >= rule.needed]
    kept = [one for one in found if one.kept]
    return _compared((enough or kept or found)[0], settings, rule)


def compare(first: Period | None, second: Period | None, threshold: float) -> State:
    """Return how the second period compares with the first; not assessable unless both are."""
    if first is None or second is None or first.wearing_off is None or second.wearing_off is None:
        return State.NOT_ASSESSABLE
    if first.wearing_off is not second.wearing_off:
        return State.BETTER if first.wearing_off else State.NEW
    change = change_of(first, second)
    if not first.wearing_off or change is None or abs(change) < threshold:
        return State.SAME
    return State.WORSE if change > 0 else State.BETTER


def change_of(first: Period, second: Period) -> float | None:
    """Return how much the mean difference rose from the first period to the second, in points."""
    if first.mean_difference is None or second.mean_difference is None:
        return None
    return round(second.mean_difference - first.mean_difference, _DIGITS)


def _lengthenings(spans: Sequence[Span], rule: Rule) -> Iterator[_Lengthening]:
    for stretch in _stretches(spans):
        runs = [tuple(run) for _, run in groupby(stretch, key=_weeks)]
        for at, old in enumerate(runs):
            longer = list(takewhile(partial(_longer, old), runs[at + 1 :]))
            if longer:
                yield _lengthening(old, longer, rule, over=at + 1 + len(longer) < len(runs))


def _longer(old: Sequence[Span], run: Sequence[Span]) -> bool:
    return _weeks(run[0]) > _weeks(old[0])


def _lengthening(old: tuple[Span, ...], longer: Sequence[tuple[Span, ...]], rule: Rule, *, over: bool) -> _Lengthening:
    kept = [at for at, run in enumerate(longer) if _assessable(run[: rule.count]) >= rule.needed]
    at = kept[0] if kept else len(longer) - 1
    brief = all(len(run) < rule.needed for run in longer)
    return _Lengthening(old, longer[at], sum(map(len, longer[:at])), kept=bool(kept), left=over and brief)


def _stretches(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Return the closed intervals with planned whole weeks, cut where something else or another drug lies between."""
    closed = (span for span in spans if span.interval.length_days is not None)
    for (known, _), group in groupby(closed, key=lambda span: (span.interval.planned_weeks is not None, _drug(span))):
        if known:
            yield list(group)


def _drug(span: Span) -> str:
    """Return the substance: from infusion to injection is no other drug (DOMAIN.md)."""
    return drug(span.interval.drug_key).substance


def _weeks(span: Span) -> int:
    return span.interval.planned_weeks or 0


def _assessable(spans: Iterable[Span]) -> int:
    return sum(span.diary.assessable for span in spans)


def _compared(found: _Lengthening, settings: Settings, rule: Rule) -> Stretching:
    used, first = found.old[-rule.count :], found.new[: rule.count]
    before, after = _period(used, rule), _period(first, rule)
    rest = found.old[: -rule.count][-rule.count :]
    earlier = _period(rest, rule) if rest else None
    state = compare(before, after, settings.threshold)
    usual = compare(earlier, before, settings.threshold)
    against = compare(earlier, after, settings.threshold)
    return Stretching(
        state=state,
        why=_why(found, before, after),
        old_weeks=before.weeks,
        new_weeks=after.weeks,
        stretched_on=first[0].interval.opened_on,
        passed_over=found.passed_over,
        route_switch=len({span.interval.route for span in (*used, *first)}) > 1,
        before=before,
        after=after,
        earlier=earlier,
        earlier_to_before=usual,
        against_earlier=against,
        returned=_returned(state, usual, against),
        settings=settings,
        rule=rule,
    )


def _period(spans: Sequence[Span], rule: Rule) -> Period:
    judged = [span.diary for span in spans if span.diary.assessable]
    felt = sum(result.wearing_off is True for result in judged)
    differences = [result.difference for result in judged if result.difference is not None]
    onsets = [result.onset_day for result in judged if result.onset_day is not None]
    return Period(
        weeks=_weeks(spans[0]),
        intervals=tuple(span.interval.number for span in spans),
        n_assessable=len(judged),
        n_wearing_off=felt,
        wearing_off=2 * felt >= len(judged) if len(judged) >= rule.needed else None,
        mean_difference=round(fmean(differences), _DIGITS) if differences else None,
        median_onset_day=float(median(onsets)) if onsets else None,
    )


def _why(found: _Lengthening, before: Period, after: Period) -> tuple[Why, ...]:
    why = [Why.TOO_FEW_BEFORE] if before.wearing_off is None else []
    if after.wearing_off is None:
        why.append(Why.NOT_KEPT if found.left else Why.TOO_FEW_AFTER)
    return tuple(why)


def _returned(state: State, usual: State, against: State) -> bool | None:
    if State.NOT_ASSESSABLE in {state, usual, against}:
        return None
    return against is State.SAME and State.SAME not in {state, usual}


def _nothing(settings: Settings, rule: Rule) -> Stretching:
    never = State.NOT_ASSESSABLE
    why = (Why.NEVER_STRETCHED,)
    return Stretching(never, why, None, None, None, 0, False, None, None, None, never, never, None, settings, rule)
