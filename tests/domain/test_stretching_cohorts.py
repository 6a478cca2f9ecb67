"""Cohorts whose truth is known, made of daily ratings: the comparison before and after tells them apart."""

from collections import Counter
from collections.abc import Callable
from random import Random
from statistics import fmean

import pytest

from backend.domain.spans import Span, spans
from backend.domain.stretched import Pattern, Stretched, Unclear, stretched
from backend.domain.stretching import State, Stretching, Why, stretching
from backend.domain.wearing_off import RatedDay, diary_based
from tests.factories.spans import weekly

OLD, NEW = 28, 42
SEEDS = range(8)
USUAL = 8  # intervals at the old length, of which the last six are looked at
KEPT = 5  # intervals at the new length
Felt = Callable[[Random, int, float], tuple[float, int]]
"""From the length of an interval and how often the patient wears off: by how many points, from which day."""
Spell = Callable[[list[float]], bool]
"""Whether the differences of the last three intervals make the clinic stretch."""


def before_the_dose(rng: Random, length: int, often: float) -> tuple[float, int]:
    """Wear off in the last days before the dose, whatever the length: stretching changes nothing."""
    return (2.5 if rng.random() < often else 0), length - rng.randint(4, 9)


def more_when_long(rng: Random, length: int, often: float) -> tuple[float, int]:
    """Wear off more often once stretched, and from the third week on."""
    if length == OLD:
        return before_the_dose(rng, length, often)
    return (2.5 if rng.random() < often + 0.35 else 0), rng.randint(15, 22)


def sooner_when_long(rng: Random, length: int, often: float) -> tuple[float, int]:
    """Wear off in every interval by as much, plainly, and once stretched four days sooner after the dose."""
    return 4.5, 19 - (4 if length == NEW else 0) + rng.randint(-1, 1)


def less_when_long(rng: Random, length: int, often: float) -> tuple[float, int]:
    """Wear off less often once stretched."""
    return before_the_dose(rng, length, often + (0.3 if length == OLD else -0.3))


def ratings(rng: Random, length: int, low: float, felt: tuple[float, int], filled_in: float) -> list[RatedDay]:
    """Rate a share of the days from 0 to 10 in whole points: the usual, more from the onset on, and noise."""
    rise, onset = felt
    return [
        RatedDay(day, length - day, float(min(10, max(0, round(low + (rise if day >= onset else 0) + noise)))))
        for day in range(1, length)
        for noise in [rng.gauss(0, 0.8)]
        if rng.random() < filled_in
    ]


def person(rng: Random, felt: Felt, chosen: Spell | None, filled_in: float, usual: int) -> tuple[Span, ...] | None:
    """Return a patient stretched from 4 to 6 weeks; None for one the clinic would not have chosen."""
    low, often = rng.uniform(1, 3), rng.choice([0.1, 0.3, 0.5, 0.7])
    days: dict[int, list[RatedDay]] = {}

    def live(numbers: range, length: int) -> None:
        for number in numbers:
            days[number] = ratings(rng, length, low, felt(rng, length, often), filled_in)

    live(range(usual - 2, usual + 1), OLD)  # what the clinic looks at comes first, since most are not chosen
    last = [result for number in days if (result := diary_based(days[number], OLD).difference) is not None]
    if chosen is not None and not chosen(last):
        return None
    live(range(1, usual - 2), OLD)
    live(range(usual + 1, usual + KEPT + 1), NEW)
    return spans(weekly(*[4] * usual, *[6] * KEPT), days, {})


def cohort(
    seed: int, felt: Felt, n: int = 40, chosen: Spell | None = None, filled_in: float = 0.6, usual: int = USUAL
) -> Stretched:
    """Return the comparison of `n` patients, by chance or chosen after a spell."""
    rng = Random(seed)
    patients: list[Stretching] = []
    while len(patients) < n:
        told = person(rng, felt, chosen, filled_in, usual)
        if told is not None:
            patients.append(stretching(told))
    return stretched(patients)


def good_spell(last: list[float]) -> bool:
    """Choose after three intervals with next to no wearing-off."""
    return len(last) == 3 and fmean(last) < 0.3


def bad_spell(last: list[float]) -> bool:
    """Choose after three intervals with much of it."""
    return len(last) == 3 and fmean(last) > 1.4


def patterns(felt: Felt, chosen: Spell | None = None) -> Counter[Pattern]:
    return Counter(cohort(seed, felt, chosen=chosen).pattern for seed in SEEDS)


@pytest.mark.parametrize("felt", [more_when_long, sooner_when_long])
def test_a_cohort_that_wears_off_more_or_sooner_when_stretched_is_seen_as_such(felt: Felt) -> None:
    assert patterns(felt)[Pattern.EARLIER] >= len(SEEDS) - 1


def test_a_cohort_that_does_not_change_is_not_said_to() -> None:
    assert patterns(before_the_dose)[Pattern.NO_CHANGE] >= len(SEEDS) - 1


def test_a_cohort_that_wears_off_less_when_stretched_is_seen_as_such() -> None:
    assert patterns(less_when_long)[Pattern.LESS] >= len(SEEDS) - 1


@pytest.mark.parametrize("spell", [good_spell, bad_spell])
def test_patients_chosen_after_a_chance_spell_are_seen_to_return_to_their_usual(spell: Spell) -> None:
    assert patterns(before_the_dose, spell)[Pattern.REGRESSION] >= len(SEEDS) - 1


def test_a_chance_spell_does_not_hide_a_true_change() -> None:
    assert patterns(more_when_long, good_spell)[Pattern.EARLIER] >= len(SEEDS) - 1


def test_a_chance_good_spell_looks_like_a_change_until_the_time_before_is_looked_at() -> None:
    made = cohort(1, before_the_dose, chosen=good_spell)
    assert made.before_after.mcnemar.b > made.before_after.mcnemar.c
    assert made.before_after.mcnemar.p < 0.01
    assert made.earlier_after.mcnemar.p > 0.05
    assert made.counts[State.NEW] > made.counts[State.BETTER]
    assert made.before_after.change is not None
    assert made.earlier_after.change is not None
    assert made.before_after.change.median > 0.25 > made.earlier_after.change.median


def test_a_change_that_stays_stands_against_the_time_before_as_well() -> None:
    made = cohort(1, more_when_long, n=80)
    assert made.before_after.mcnemar.p < 0.01
    assert made.earlier_after.mcnemar.p < 0.01
    assert made.earlier_before.mcnemar.p > 0.05


def test_thin_diaries_are_not_assessable_and_it_says_so() -> None:
    made = cohort(1, more_when_long, filled_in=0.1)
    assert made.pattern is Pattern.NOT_ASSESSABLE
    assert made.pattern_why == (Unclear.TOO_FEW_PATIENTS,)
    assert made.counts[State.NOT_ASSESSABLE] > 30
    assert set(made.not_assessable) <= {Why.TOO_FEW_BEFORE, Why.TOO_FEW_AFTER}


def test_few_patients_show_no_pattern_however_much_they_change() -> None:
    made = cohort(1, more_when_long, n=9)
    assert (made.pattern, made.pattern_why) == (Pattern.NOT_ASSESSABLE, (Unclear.TOO_FEW_PATIENTS,))


def test_without_the_time_before_a_change_is_not_told_from_chance() -> None:
    made = cohort(1, more_when_long, usual=3)
    assert made.before_after.differences.p is not None
    assert made.before_after.differences.p < 0.01
    assert (made.pattern, made.pattern_why) == (Pattern.NOT_ASSESSABLE, (Unclear.TOO_FEW_EARLIER,))


def test_the_same_seed_makes_the_same_cohort() -> None:
    assert cohort(3, before_the_dose, n=5) == cohort(3, before_the_dose, n=5)
