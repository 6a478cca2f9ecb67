"""Assignments: a questionnaire put to patients on days that hang on their doses, on when they joined, or on dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from backend.domain.errors import ClinicError, invalid
from backend.domain.regimens import Unit

MOST_DATES = 100
MOST_TIMES = 50
MOST_DAYS = 400
"""So many days may lie between an anchor and an end of a window."""
FURTHEST_ON = 60
"""So many days after the next dose may a window that hangs on it still be open."""


class Anchor(StrEnum):
    """What the days hang on: each dose, the day somebody joined, or nothing but the calendar."""

    DOSE = "dose"
    ENROLMENT = "enrolment"
    DATES = "dates"


class From(StrEnum):
    """How one end of a window is told: whole days after the dose, whole days before the next, a part of the way."""

    AFTER_DOSE = "after-dose"
    BEFORE_NEXT = "before-next"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Edge:
    """One end of a window: `n` days after the dose, before the next one (below 0: after it), or percent of the way."""

    of: From
    n: int


@dataclass(frozen=True, slots=True)
class Doses:
    """A window around doses, both ends inclusive: from the `first` dose that counts on, and then every so many."""

    opens: Edge
    closes: Edge
    first: int = 1
    every: int = 1


@dataclass(frozen=True, slots=True)
class Series:
    """Days `at` so many units after somebody joined, and from the last of them on every so many, without end.

    Asked from `opens_days` after such a day to `closes_days` after it, both inclusive; below 0 is before it.
    """

    unit: Unit
    at: tuple[int, ...]
    every: int | None = None
    opens_days: int = 0
    closes_days: int = 0


@dataclass(frozen=True, slots=True)
class Dates:
    """Fixed stretches of local days, both ends inclusive, in order."""

    spans: tuple[tuple[date, date], ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is asked, when, and until when.

    `questionnaire` is the key of a form that ships or of the site's own; None asks for anything at all, a day of the
    diary too. `version` pins one of a site's own, else it is the newest published when a window opens. Within
    `grace_days` after a window an answer is still asked for, and is late. `daily` asks on every day of a window,
    `times` so many times within it. It ends after `cycles` windows, with those that open on `until`, or with treatment.
    """

    questionnaire: str | None
    when: Doses | Series | Dates
    version: int | None = None
    grace_days: int = 0
    daily: bool = False
    times: int | None = None
    cycles: int | None = None
    until: date | None = None
    ends_with_treatment: bool = False

    @property
    def anchor(self) -> Anchor:
        """What its days hang on."""
        kinds = {Doses: Anchor.DOSE, Series: Anchor.ENROLMENT, Dates: Anchor.DATES}
        return kinds[type(self.when)]

    @property
    def burst(self) -> bool:
        """Whether it is asked several times within one window."""
        return self.daily or self.times is not None


def read(told: Mapping[str, Any], pointer: str = "") -> Assignment:
    """Return the assignment that a checked form, or `written`, tells.

    Raises ClinicError `invalid` or `out-of-bounds` with a pointer below `pointer` where it cannot be meant: an anchor
    without its days or with those of another, a window that closes before it opens, stretches that overlap.
    """
    if told.get("anchor") is None:
        raise invalid(f"{pointer}/anchor", "Is missing.")
    anchor = Anchor(told["anchor"])
    names = {Anchor.DOSE: "window", Anchor.ENROLMENT: "series", Anchor.DATES: "dates"}
    for one, name in names.items():
        if (told.get(name) is None) == (one is anchor):
            why = "Is missing." if one is anchor else f"Does not go with the anchor {anchor.value}."
            raise invalid(f"{pointer}/{name}", why)
    if told.get("daily") and told.get("times") is not None:
        raise invalid(f"{pointer}/times", "Does not go with every day.")
    return Assignment(
        questionnaire=told["questionnaire"],
        version=told.get("version"),
        when=_when(anchor, told[names[anchor]], f"{pointer}/{names[anchor]}"),
        grace_days=told.get("grace_days", 0),
        daily=told.get("daily", False),
        times=told.get("times"),
        cycles=told.get("cycles"),
        until=_day(told.get("until")),
        ends_with_treatment=told.get("ends_with_treatment", False),
    )


def written(one: Assignment) -> dict[str, Any]:
    """Return an assignment as JSON, which `read` takes."""
    return {
        "questionnaire": one.questionnaire,
        "version": one.version,
        "anchor": one.anchor.value,
        "window": _doses_told(one.when) if isinstance(one.when, Doses) else None,
        "series": _series_told(one.when) if isinstance(one.when, Series) else None,
        "dates": _dates_told(one.when) if isinstance(one.when, Dates) else None,
        "grace_days": one.grace_days,
        "daily": one.daily,
        "times": one.times,
        "cycles": one.cycles,
        "until": None if one.until is None else one.until.isoformat(),
        "ends_with_treatment": one.ends_with_treatment,
    }


def _when(anchor: Anchor, told: Any, pointer: str) -> Doses | Series | Dates:
    if anchor is Anchor.DOSE:
        return _doses(told, pointer)
    return _series(told, pointer) if anchor is Anchor.ENROLMENT else _dates(told, pointer)


def _doses(told: Mapping[str, Any], pointer: str) -> Doses:
    opens, closes = (_edge(told[name], f"{pointer}/{name}") for name in ("opens", "closes"))
    backwards = opens.n < closes.n if opens.of is From.BEFORE_NEXT else opens.n > closes.n
    if opens.of is closes.of and backwards:
        raise invalid(f"{pointer}/closes", "Lies before the opening.")
    if opens.of is From.BEFORE_NEXT and closes.of is not From.BEFORE_NEXT and opens.n <= 0:
        raise invalid(f"{pointer}/closes", "Lies before the opening.")
    return Doses(opens, closes, told.get("first", 1), told.get("every", 1))


def _edge(told: Mapping[str, Any], pointer: str) -> Edge:
    edge = Edge(From(told["from"]), told["n"])
    low = -FURTHEST_ON if edge.of is From.BEFORE_NEXT else 0
    high = 100 if edge.of is From.PERCENT else MOST_DAYS
    if not low <= edge.n <= high:
        raise _outside(f"{pointer}/n", low, high)
    return edge


def _series(told: Mapping[str, Any], pointer: str) -> Series:
    at = tuple(told["at"])
    if list(at) != sorted(set(at)):
        raise invalid(f"{pointer}/at", "Must rise.")
    if told["opens_days"] > told["closes_days"]:
        raise invalid(f"{pointer}/closes_days", "Lies before the opening.")
    return Series(Unit(told["unit"]), at, told.get("every"), told["opens_days"], told["closes_days"])


def _dates(told: Sequence[Mapping[str, Any]], pointer: str) -> Dates:
    spans: list[tuple[date, date]] = []
    for index, one in enumerate(told):
        first, last = _day(one["opens_on"]), _day(one["closes_on"])
        if first is None or last is None or last < first:
            raise invalid(f"{pointer}/{index}/closes_on", "Lies before the opening.")
        if spans and first <= spans[-1][1]:
            raise invalid(f"{pointer}/{index}/opens_on", "Must lie after the stretch before it.")
        spans.append((first, last))
    return Dates(tuple(spans))


def _day(told: date | str | None) -> date | None:
    return date.fromisoformat(told) if isinstance(told, str) else told


def _doses_told(when: Doses) -> dict[str, Any]:
    ends = {"opens": when.opens, "closes": when.closes}
    told = {name: {"from": edge.of.value, "n": edge.n} for name, edge in ends.items()}
    return {**told, "first": when.first, "every": when.every}


def _series_told(when: Series) -> dict[str, Any]:
    days = {"opens_days": when.opens_days, "closes_days": when.closes_days}
    return {"unit": when.unit.value, "at": list(when.at), "every": when.every, **days}


def _dates_told(when: Dates) -> list[dict[str, str]]:
    return [{"opens_on": first.isoformat(), "closes_on": last.isoformat()} for first, last in when.spans]


def _outside(pointer: str, low: int, high: int) -> ClinicError:
    return invalid(pointer, f"Must lie from {low} to {high}.", "out-of-bounds")
