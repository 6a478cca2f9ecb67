"""A cohort's dosing: who is extended by which definition, how many doses that saved, and how far pricks agree."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from backend.domain.agreement import Agreement, Measured, Pair, bland_altman, paired
from backend.domain.extension import (
    BY_DELAY,
    BY_INFUSIONS,
    BY_MEAN,
    RULES,
    Avoided,
    Rules,
    Verdict,
    avoided,
    extension,
)
from backend.domain.linking import Chain
from backend.services.cohort_members import Subject

SOURCES = {"by_infusions": BY_INFUSIONS, "by_mean": BY_MEAN, "by_delay": BY_DELAY}
"""The definitions, each with where it stands."""
NO_CHAIN = Chain((), (), ())
EVERY_DAYS = 28
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Extended:
    """How many patients are extended by one definition, how many not, and of how many it says nothing and why.

    A patient can have several reasons. `source` is where the definition stands.
    """

    yes: int
    no: int
    unknown: int
    why: Mapping[str, int]
    source: str


@dataclass(frozen=True, slots=True)
class Extensions:
    """All three definitions over `n` patients, and which patients each calls extended."""

    n: int
    counts: Mapping[str, Extended]
    patients: Mapping[str, frozenset[UUID]]
    definition: str
    rules: Rules


@dataclass(frozen=True, slots=True)
class Saved:
    """Natalizumab doses avoided by `n` patients together; signed, so that an extra dose counts against it.

    `per_patient_year` is over the `days` of closed intervals (a year has 365.25), None where there were none.
    """

    n: int
    n_without: int
    doses: int
    expected: int
    given: int
    days: int
    pauses: int
    per_patient_year: float | None
    every_days: int
    definition: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """Finger pricks against veins: the pairs with whose they are, and what was left out.

    `unusable` counts samples, `censored` and `alone` days with a finger prick (see `agreement.Paired`).
    """

    pairs: tuple[tuple[UUID, Pair], ...]
    unusable: int
    censored: int
    alone: int
    agreement: Agreement


def extensions(subjects: Sequence[Subject], on: date) -> Extensions:
    """Return how many patients are extended today, each by the whole course; `on` is the day where nobody is."""
    told = [(one.id, extension(one.followed.line.chain, one.today, RULES)) for one in subjects]
    counts = {name: _extended([getattr(found, name) for _, found in told], source) for name, source in SOURCES.items()}
    patients = {name: frozenset(who for who, found in told if getattr(found, name).extended) for name in SOURCES}
    return Extensions(len(told), counts, patients, extension(NO_CHAIN, on, RULES).definition, RULES)


def _extended(verdicts: Sequence[Verdict], source: str) -> Extended:
    answers = Counter(one.extended for one in verdicts)
    why = Counter(reason.value for one in verdicts for reason in one.why)
    return Extended(answers[True], answers[False], answers[None], dict(sorted(why.items())), source)


def saved(subjects: Sequence[Subject], on: date) -> Saved:
    """Return the natalizumab doses that all patients together avoided, each over the whole course."""
    found = [avoided(one.followed.line.chain, one.today, EVERY_DAYS, RULES) for one in subjects]
    told = [one for one in found if one is not None]
    doses, days = sum(one.avoided for one in told), sum(one.days for one in told)
    return Saved(
        n=len(told),
        n_without=len(found) - len(told),
        doses=doses,
        expected=sum(one.expected for one in told),
        given=sum(one.given for one in told),
        days=days,
        pauses=sum(one.n_pauses for one in told),
        per_patient_year=doses / (days / YEAR_DAYS) if days else None,
        every_days=EVERY_DAYS,
        definition=Avoided(0, 0, 0, 0, 0, EVERY_DAYS, on).definition,
    )


def agreed(subjects: Sequence[Subject]) -> Agreed:
    """Return how finger pricks agree with veins: usable samples of the intervals asked for, both measured exactly."""
    pairs: list[tuple[UUID, Pair]] = []
    unusable = censored = alone = 0
    for one in subjects:
        numbers = one.numbers
        measured = []
        for prick in one.followed.pricks:
            if prick.interval not in numbers or prick.value is None or prick.comparator is None:
                continue
            unusable += bool(prick.unusable)
            if not prick.unusable:
                measured.append(Measured(prick.collected.on, prick.matrix, prick.value, prick.comparator))
        found = paired(measured)
        pairs += [(one.id, pair) for pair in found.pairs]
        censored, alone = censored + found.n_censored, alone + found.n_alone
    return Agreed(tuple(pairs), unusable, censored, alone, bland_altman([pair for _, pair in pairs]))
