"""Work productivity: the percentages of the WPAI, which depend on whether and how long somebody worked.

Source: Reilly Associates, WPAI scoring (reillyassociates.net/WPAI_Scoring.html), of the version for one named problem.
"""

from collections.abc import Mapping
from fractions import Fraction

from backend.domain.scores import WhyNot

IN_WORK, MISSED, WORKED, AFFECTED = "q1", "q2", "q4", "q5"
"""In paid work (1 or 0), hours missed through the problem, hours worked, and how much it affected work (0-10)."""

_PERCENT = 100


def barred(answers: Mapping[str, Fraction]) -> WhyNot | None:
    """Return why there is nothing to work out however much was answered: the person is not in paid work."""
    return WhyNot.NOT_IN_WORK if answers.get(IN_WORK) == 0 else None


def missed(answers: Mapping[str, Fraction]) -> Fraction | WhyNot:
    """Return the work time missed (0-100 %), from checked answers; no hours at all are no share of anything."""
    hours = answers[MISSED] + answers[WORKED]
    return _PERCENT * answers[MISSED] / hours if hours else WhyNot.NO_HOURS


def impaired(answers: Mapping[str, Fraction]) -> Fraction | WhyNot:
    """Return the impairment while working (0-100 %)."""
    return _PERCENT * answers[AFFECTED] / 10


def overall(answers: Mapping[str, Fraction]) -> Fraction | WhyNot:
    """Return the overall work impairment (0-100 %): the time missed, and of the rest the part that was impaired."""
    away = missed(answers)
    if isinstance(away, WhyNot):
        return away
    return away + (_PERCENT - away) * answers[AFFECTED] / 10
