"""Confirmed worsening: from a clinician's tests, a change from baseline that still stands months later.

By test, from the baseline. EDSS: up by 1.5 from 0, by 1.0 from 1.0-5.5, by 0.5 from 6.0 on, confirmed over at least
three months (Lorscheider 2016, in doi 10.1111/ene.15593, table 1). Timed 25-foot walk and nine-hole peg test, each
hand: slower by at least 20 % (Cadavid 2017, EDSS-Plus). SDMT: 4 points fewer (a difference between groups; one person
varies by 8, Strober 2022, doi 10.1016/j.msard.2021.103405) or 10 % fewer. Shown as a derived fact; it decides nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from backend.domain.findings import Kind
from backend.domain.moments import add_months


class Measure(StrEnum):
    """What is followed; the two hands of the peg test each by itself."""

    EDSS = "edss"
    SDMT = "sdmt"
    T25FW = "t25fw"
    NHPT_DOMINANT = "nhpt-dominant"
    NHPT_OTHER = "nhpt-other"


class Course(StrEnum):
    """What the visits say: too few of them, no worsening that stands, one still to be confirmed, or one confirmed."""

    NOT_ASSESSABLE = "not-assessable"
    NONE = "none"
    AWAITING = "awaiting"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Settings:
    """How it is judged.

    Calendar months until a later visit confirms (12 weeks and 3 months are both in use; a month keeps the day);
    percent slower for the timed tests; SDMT points and percent fewer, either of which is enough and one of which may
    be None. ValueError for what cannot be.
    """

    confirm_months: int = 3
    slower_percent: int = 20
    sdmt_points: int | None = 4
    sdmt_percent: int | None = 10

    def __post_init__(self) -> None:
        told = (self.confirm_months, self.slower_percent, self.sdmt_points, self.sdmt_percent)
        if any(number is not None and number < 1 for number in told):
            raise ValueError("every setting is at least 1")
        if self.sdmt_points is None and self.sdmt_percent is None:
            raise ValueError("the SDMT needs points or percent")


@dataclass(frozen=True, slots=True)
class Visit:
    """One result on its local day: EDSS points, SDMT correct answers, or seconds."""

    on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Worsening:
    """What the visits say of one measure, with all it rests on.

    `event` is the first visit of the worsening, `confirmed_on` the day of the visit that confirmed it, `definition`
    the rule in words with its numbers filled in.
    """

    measure: Measure
    course: Course
    baseline: Visit | None
    event: Visit | None
    confirmed_on: date | None
    definition: str
    settings: Settings


def visits(measure: Measure, found: Iterable[tuple[Kind, date, Mapping[str, Any]]]) -> list[Visit]:
    """Return the results of a measure among findings, given as kind, day and checked values, in order of their days.

    Of a walk done twice the mean counts. Where two were entered for one day, the later in the order given counts.
    """
    kind, value = _ENTERED[measure]
    by_day = {on: Visit(on, value(values)) for entered, on, values in found if entered is kind}
    return [by_day[on] for on in sorted(by_day)]


def worsening(measure: Measure, seen: Sequence[Visit], settings: Settings | None = None) -> Worsening:
    """Return the first confirmed worsening among visits in order of their days, the first of which is the baseline.

    Worsening at a visit is confirmed when it holds at every visit from then on until one at least so many months
    later, that one included. What holds so far, and has no such visit yet, awaits it.
    """
    settings = settings or Settings()
    definition = _definition(measure, settings)
    if len(seen) < 2:
        baseline = seen[0] if seen else None
        return Worsening(measure, Course.NOT_ASSESSABLE, baseline, None, None, definition, settings)
    baseline, later = seen[0], seen[1:]
    worse = _WORSE[measure]
    holds = [worse(baseline.value, visit.value, settings) for visit in later]
    course, event, confirmed_on = _first(later, holds, settings.confirm_months)
    return Worsening(measure, course, baseline, event, confirmed_on, definition, settings)


def _first(later: Sequence[Visit], holds: Sequence[bool], months: int) -> tuple[Course, Visit | None, date | None]:
    """Walk the visits once: a worsening begins where it holds and is given up where it does not."""
    event: Visit | None = None
    for visit, worse in zip(later, holds, strict=True):
        if not worse:
            event = None
        elif event is None:
            event = visit
        elif visit.on >= add_months(event.on, months):
            return Course.CONFIRMED, event, visit.on
    return (Course.AWAITING if event else Course.NONE), event, None


def edss_step(baseline: Decimal) -> Decimal:
    """Return by how many points the EDSS must rise from a baseline; 0.5 does not exist and counts as 0."""
    if baseline < 1:
        return Decimal("1.5")
    return Decimal("1.0") if baseline < 6 else Decimal("0.5")


def _edss(baseline: Decimal, now: Decimal, _: Settings) -> bool:
    return now - baseline >= edss_step(baseline)


def _slower(baseline: Decimal, now: Decimal, settings: Settings) -> bool:
    return (now - baseline) * 100 >= baseline * settings.slower_percent


def _fewer(baseline: Decimal, now: Decimal, settings: Settings) -> bool:
    lost = baseline - now
    by_points = settings.sdmt_points is not None and lost >= settings.sdmt_points
    # From a baseline of 0 nothing can be lost, and 10 % of it is nothing.
    by_percent = settings.sdmt_percent is not None and lost > 0 and lost * 100 >= baseline * settings.sdmt_percent
    return by_points or by_percent


def _definition(measure: Measure, settings: Settings) -> str:
    limits = {"points": settings.sdmt_points, "%": settings.sdmt_percent}
    fewer = " or ".join(f"{number} {unit}" for unit, number in limits.items() if number is not None)
    change = {
        Measure.EDSS: "up by 1.5 from a baseline of 0, by 1.0 from 1.0-5.5, by 0.5 from 6.0 on",
        Measure.SDMT: f"at least {fewer} fewer correct than at baseline",
    }.get(measure, f"at least {settings.slower_percent} % slower than at baseline")
    return f"{change}; at every visit until one at least {settings.confirm_months} calendar months later"


def _number(value: Any) -> Decimal:
    return Decimal(str(value))


def _walked(values: Mapping[str, Any]) -> Decimal:
    walks = [_number(values[key]) for key in ("seconds_1", "seconds_2") if values.get(key) is not None]
    return sum(walks, Decimal(0)) / len(walks)


_ENTERED: Mapping[Measure, tuple[Kind, Callable[[Mapping[str, Any]], Decimal]]] = {
    Measure.EDSS: (Kind.EDSS, lambda values: _number(values["score"])),
    Measure.SDMT: (Kind.SDMT, lambda values: _number(values["correct"])),
    Measure.T25FW: (Kind.T25FW, _walked),
    Measure.NHPT_DOMINANT: (Kind.NHPT, lambda values: _number(values["dominant_s"])),
    Measure.NHPT_OTHER: (Kind.NHPT, lambda values: _number(values["other_s"])),
}
"""As which finding each measure is entered, and what counts of it."""
_WORSE: Mapping[Measure, Callable[[Decimal, Decimal, Settings], bool]] = {
    Measure.EDSS: _edss,
    Measure.SDMT: _fewer,
    Measure.T25FW: _slower,
    Measure.NHPT_DOMINANT: _slower,
    Measure.NHPT_OTHER: _slower,
}
