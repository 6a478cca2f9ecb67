"""Scores: what became of one scale, or why there is none, and the rounding they leave by."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

_HALF = Fraction(1, 2)


class WhyNot(StrEnum):
    """Why a scale has no score."""

    TOO_FEW = "too-few-answered"
    NOT_SUPPLIED = "site-has-not-supplied"
    NOT_IN_TABLE = "not-in-table"
    IMPORT_ONLY = "import-only"
    ENTERED_ONLY = "entered-only"
    NOT_IN_WORK = "not-in-work"
    NO_HOURS = "no-hours"


@dataclass(frozen=True, slots=True)
class Score:
    """What became of one scale: a `value`, or None and `why_not`.

    A value is a number rounded for show, or the digits of a profile; `exact` is the number before rounding.
    `prorated` says that answered items stand in for some that were left out. `n_answered` is None for a score made
    elsewhere. `scoring_version` names instrument and rule; it changes whenever the rule does.
    """

    scale: str
    value: Decimal | str | None
    why_not: WhyNot | None
    n_answered: int | None
    n_items: int
    prorated: bool
    scoring_version: str
    exact: Fraction | None = None


def rounded(exact: Fraction, decimals: int) -> Decimal:
    """Return a number to so many decimals (0 or more), a half upwards: 2.345 is 2.35, and -0.5 is 0."""
    return Decimal(floor(exact * 10**decimals + _HALF)).scaleb(-decimals)
