"""Troughs: which dose a sample is measured against, and so which part of the interval it stands for."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.dosing import Dose, given
from backend.domain.levels import TroughClass, TroughSettings, trough_class
from backend.domain.moments import Occurred, at_moment
from backend.domain.treatment import Expected


@dataclass(frozen=True, slots=True)
class Trough:
    """The class of a sample; `provisional` while only the expected dose, not yet the given one, could be used."""

    trough_class: TroughClass
    provisional: bool


def trough(
    collected: Occurred | None,
    doses: Sequence[Dose],
    coming: Expected | None,
    settings: TroughSettings | None = None,
) -> Trough:
    """Return the class against the dose that ends the interval the sample was taken in (DOMAIN.md, Finger prick).

    That is the first given dose after it, or the expected one while there is none. Far from it, but after the start
    of a dose of the same day, is after that start: not a trough.
    """
    if collected is None:
        return Trough(TroughClass.UNKNOWN, provisional=False)
    opening, closing = around(collected, doses)
    provisional = closing is None and coming is not None
    if coming is not None and closing is None:
        closing = Occurred(coming.at, coming.on, collected.zone)
    found = trough_class(collected, closing, settings)
    just_dosed = opening is not None and _same_day(opening, collected)
    if just_dosed and (closing is None or found is TroughClass.EARLY):
        return Trough(TroughClass.NOT_A_TROUGH, provisional=False)
    return Trough(found, provisional)


def around(collected: Occurred, doses: Sequence[Dose]) -> tuple[Occurred | None, Occurred | None]:
    """Return when the doses that open and end the interval of a sample were given, each None while there is none."""
    done = given(doses)
    index = bisect_right([dose.anchor for dose in done], collected.anchor)
    return done[index - 1].given if index else None, done[index].given if index < len(done) else None


def hours_before(collected: Occurred, dose: Occurred | None) -> float | None:
    """Return the hours from a sample to a dose, negative after it; None unless both are known to the minute."""
    if collected.at is None or dose is None or dose.at is None:
        return None
    return round((dose.at - collected.at).total_seconds() / 3600, 2)


def _same_day(dose: Occurred, collected: Occurred) -> bool:
    """Tell whether both fall on one calendar day, counted where the dose was given."""
    if collected.at is None or dose.at is None:
        return dose.on == collected.on
    return at_moment(collected.at.astimezone(dose.at.tzinfo), dose.zone).on == dose.on
