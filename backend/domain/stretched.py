"""Stretched: a cohort before and after stretching, and against the time before that, which shows chance at work."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from backend.domain.comparisons import McNemar, Wilcoxon, mcnemar_exact, wilcoxon
from backend.domain.statistics import Quartiles, quartiles
from backend.domain.stretching import RULE, Period, Rule, State, Stretching, Why, change_of, definition
from backend.domain.wearing_off import DEFAULT, Settings


class Pattern(StrEnum):
    """What the cohort shows; it names no cause.

    `earlier-when-stretched`: more wearing-off, or an earlier onset, after than before and after than earlier.
    `less-when-stretched`: less of it, by both comparisons. `regression-to-mean`: it changed from before to after, not
    from earlier to after, and before stood out from earlier the other way. `no-change`: no test reached its level,
    which is no proof of sameness. `not-assessable`: see `pattern_why`.
    """

    EARLIER = "earlier-when-stretched"
    NO_CHANGE = "no-change"
    REGRESSION = "regression-to-mean"
    LESS = "less-when-stretched"
    NOT_ASSESSABLE = "not-assessable"


class Unclear(StrEnum):
    """Why a cohort shows no pattern.

    `too-few-patients` before and after; `too-few-earlier`: a change, and too few patients to tell whether before was
    usual; `unclear-against-earlier`: a change that neither stands against earlier nor is undone by it;
    `tests-disagree`: a smaller difference with an earlier onset.
    """

    TOO_FEW_PATIENTS = "too-few-patients"
    TOO_FEW_EARLIER = "too-few-earlier"
    AGAINST_EARLIER = "unclear-against-earlier"
    TESTS_DISAGREE = "tests-disagree"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two periods of the `n` patients in whom both are assessable.

    `n_first` and `n_second` had wearing-off in the first and the second; `mcnemar.b` went from no to yes. `differences`
    tests, and `change` sums up, how much the mean difference rose (points); `onsets` and `onset_change` how much later
    the median onset came (days since the dose), in patients who have one in both periods.
    """

    n: int
    n_first: int
    n_second: int
    mcnemar: McNemar
    differences: Wilcoxon
    change: Quartiles | None
    onsets: Wilcoxon
    onset_change: Quartiles | None


@dataclass(frozen=True, slots=True)
class Stretched:
    """A cohort: patients by state, why the rest is not assessable, and the three comparisons with their tests.

    `n` counts all, also who was never stretched; a patient can have several reasons.
    """

    n: int
    counts: Mapping[State, int]
    not_assessable: Mapping[Why, int]
    before_after: Comparison
    earlier_after: Comparison
    earlier_before: Comparison
    pattern: Pattern
    pattern_why: tuple[Unclear, ...]
    settings: Settings
    rule: Rule

    @property
    def definition(self) -> str:
        """What is compared, in one sentence."""
        return definition(self.settings, self.rule)


def stretched(patients: Sequence[Stretching], settings: Settings = DEFAULT, rule: Rule = RULE) -> Stretched:
    """Return the cohort's comparison of patients, each compared under the same settings.

    The pattern rests on Wilcoxon's test of two things, the mean difference and the onset day, each at half of
    `rule.alpha` (Bonferroni). A later onset alone is no "less": a longer interval leaves more room for it. The yes and
    no of McNemar is shown beside it and decides nothing, since it forgets how much.
    """
    told = [one for one in patients if one.before and one.after and one.state is not State.NOT_ASSESSABLE]
    before_after = _compared((one.before, one.after) for one in told)
    earlier_after = _compared((one.earlier, one.after) for one in told)
    earlier_before = _compared((one.earlier, one.before) for one in told)
    pattern, why = _pattern(before_after, earlier_after, earlier_before, rule)
    states, reasons = Counter(one.state for one in patients), Counter(w for one in patients for w in one.why)
    return Stretched(
        n=len(patients),
        counts={state: states[state] for state in State},
        not_assessable={reason: reasons[reason] for reason in Why if reasons[reason]},
        before_after=before_after,
        earlier_after=earlier_after,
        earlier_before=earlier_before,
        pattern=pattern,
        pattern_why=why,
        settings=settings,
        rule=rule,
    )


def _compared(periods: Iterable[tuple[Period | None, Period | None]]) -> Comparison:
    pairs = [(a, b) for a, b in periods if a and b and a.wearing_off is not None and b.wearing_off is not None]
    changes = [change for a, b in pairs if (change := change_of(a, b)) is not None]
    later = [
        b.median_onset_day - a.median_onset_day
        for a, b in pairs
        if a.median_onset_day is not None and b.median_onset_day is not None
    ]
    began = sum(bool(b.wearing_off and not a.wearing_off) for a, b in pairs)
    ended = sum(bool(a.wearing_off and not b.wearing_off) for a, b in pairs)
    return Comparison(
        n=len(pairs),
        n_first=sum(bool(a.wearing_off) for a, _ in pairs),
        n_second=sum(bool(b.wearing_off) for _, b in pairs),
        mcnemar=mcnemar_exact(began, ended),
        differences=wilcoxon(changes),
        change=quartiles(changes),
        onsets=wilcoxon(later),
        onset_change=quartiles(later),
    )


def _pattern(
    before_after: Comparison, earlier_after: Comparison, earlier_before: Comparison, rule: Rule
) -> tuple[Pattern, tuple[Unclear, ...]]:
    way = _way(before_after, rule)
    why: Unclear | None = None
    if before_after.n < rule.min_patients:
        why = Unclear.TOO_FEW_PATIENTS
    elif way == 0:
        return Pattern.NO_CHANGE, ()
    elif way is None:
        why = Unclear.TESTS_DISAGREE
    elif earlier_after.n < rule.min_patients:
        why = Unclear.TOO_FEW_EARLIER
    elif _way(earlier_after, rule) == way:
        return (Pattern.EARLIER if way > 0 else Pattern.LESS), ()
    elif _way(earlier_before, rule) == -way:
        return Pattern.REGRESSION, ()
    return Pattern.NOT_ASSESSABLE, (why or Unclear.AGAINST_EARLIER,)


def _way(comparison: Comparison, rule: Rule) -> int | None:
    """Return 1 for more or earlier wearing-off in the second period, -1 for less, 0 for neither; None for both."""
    more = _sign(comparison.differences, rule)
    earlier = _sign(comparison.onsets, rule) < 0
    if more < 0 and earlier:
        return None
    return 1 if earlier else more


def _sign(test: Wilcoxon, rule: Rule) -> int:
    if test.p is None or test.positive is None or test.p > rule.alpha / 2:
        return 0
    return 1 if test.statistic != test.positive else -1
