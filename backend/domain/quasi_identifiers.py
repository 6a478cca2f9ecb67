"""Quasi-identifiers: what of a subject others may know too, and what of that is withheld so that nobody is alone."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from backend.domain.withholding import FEWEST, Tally, together

Who = TypeVar("Who", bound=Hashable)
Value = str | None


class Known(StrEnum):
    """Whether somebody outside the study may know a column of `subjects`, and what follows from that."""

    NOT = "not"
    """Nobody outside knows it of somebody: it leaves as it is."""
    COURSE = "course"
    """It may be known, and every interval tells it again: it leaves as it is, and counts beside the others."""
    PERSON = "person"
    """It may be known, and says nothing of the course: it is withheld where too few share it and what counts beside."""


COLUMNS: Mapping[str, Known] = {
    "days": Known.NOT,  # the same for all
    "substance": Known.COURSE,  # what a study of intervals is about
    "treatment_state": Known.NOT,  # a day of the course, which leaves as the study tells days
    "arm": Known.NOT,  # drawn at random, and told to nobody but the patient and the clinic
    "age_band": Known.PERSON,
}
"""Each column of `subjects` that puts people into categories, in the order in which they are looked at."""
BESIDE: Sequence[str] = tuple(name for name, known in COLUMNS.items() if known is Known.COURSE)
WITHHELD: Sequence[str] = tuple(name for name, known in COLUMNS.items() if known is Known.PERSON)


def alone(values: Mapping[Who, Value], fewest: int = FEWEST) -> dict[Who, Value]:
    """Return the value of each as it may leave: None where it is not known, and where too few have it.

    Not of one value alone, which would follow from there being no other: never are fewer than `fewest` left out, unless
    that is everybody.
    """
    # In the order of their names: which of two as large is left out must not differ between two readings.
    groups = {value: Tally() for value in sorted({value for value in values.values() if value is not None})}
    for number, value in enumerate(values.values()):
        if value is not None:
            groups[value].add(str(number))
    few = together(groups, fewest)
    return {who: None if value in few else value for who, value in values.items()}


def suppressed(
    traits: Mapping[Who, Sequence[Value]], beside: int = len(BESIDE), fewest: int = FEWEST
) -> dict[Who, tuple[Value, ...]]:
    """Return the values of each as they may leave; the first `beside` leave in any case, the others or None.

    Local suppression in the order of the columns, earlier ones being kept the longest: a value stays where `fewest`
    share it and all that is told before it. So whoever has any of the later values told is one of `fewest` at least
    whom all that is told fits, where None fits everything: k-anonymity as Sweeney has it (2002, Int J Uncertain Fuzz
    10:571-588).
    """
    found = {who: tuple(values[:beside]) for who, values in traits.items()}
    for place in range(beside, max(map(len, traits.values()), default=0)):
        classes: dict[tuple[Value, ...], dict[Who, Value]] = defaultdict(dict)
        for who, before in found.items():
            classes[before][who] = traits[who][place]
        for before, values in classes.items():
            found |= {who: (*before, value) for who, value in alone(values, fewest).items()}
    return found
