"""Who the invented patients are: name, drug, personal wearing-off pattern, habits of writing and of pricking."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

ZONE = "Europe/Amsterdam"
ONSET_DAY = 21.0
"""Median day of onset in a cycle of 28 days (Ratchford 2014, DOMAIN.md, wearing-off)."""
CYCLE_DAYS = 28
WITHOUT = 0.4
STAYS_AT_FOUR = 0.1
_FIRST = [
    "Anna",
    "Bas",
    "Chantal",
    "Daan",
    "Els",
    "Femke",
    "Gijs",
    "Hanna",
    "Iris",
    "Joost",
    "Karin",
    "Lotte",
    "Maarten",
    "Noor",
    "Oscar",
    "Petra",
    "Quinten",
    "Roos",
    "Sander",
    "Tess",
    "Ursula",
    "Vera",
    "Wouter",
    "Xandra",
    "Yvonne",
    "Zoë",
]
_LAST = [
    "van den Akker",
    "Bakker",
    "Coenen",
    "Dekker",
    "Evers",
    "Faber",
    "de Groot",
    "Hendriks",
    "van Iersel",
    "Jansen",
    "Kuipers",
    "van Loon",
    "Mulder",
    "Nijland",
    "Oosterhuis",
    "Peters",
    "Quist",
    "de Ruiter",
    "Smit",
    "Timmer",
    "Uil",
    "Visser",
    "de Wit",
    "IJzerman",
    "Zijlstra",
]


class Kind(StrEnum):
    """Which way somebody is treated."""

    INFUSION = "natalizumab_iv"
    INJECTION = "natalizumab_sc"
    SWITCHED = "switched"
    OCRELIZUMAB = "ocrelizumab_iv"
    OFATUMUMAB = "ofatumumab"

    @property
    def natalizumab(self) -> bool:
        """Whether the drug is natalizumab, by either route."""
        return self in {Kind.INFUSION, Kind.INJECTION, Kind.SWITCHED}


_I, _J, _S, _O, _A = Kind.INFUSION, Kind.INJECTION, Kind.SWITCHED, Kind.OCRELIZUMAB, Kind.OFATUMUMAB
_KINDS = (_I, _I, _O, _S, _A, _I, _I, _J, _I, _I)
"""The mix of treatments, repeated over the patients; the figures are ours, not a centre's."""
TRAVELLER = 1
STOPPED = 5


@dataclass(frozen=True, slots=True)
class WearingOff:
    """How a dose wears off: onset in days of a 28-day cycle, relief in days after the dose, and points worse.

    `by_day` says whether the onset keeps its day after the dose when the interval is stretched, or its distance
    to the next dose: the open question (DOMAIN.md), so half of the invented patients do the one, half the other.
    """

    onset_day: int
    relief_days: int
    worse: float
    by_day: bool

    def onset_in(self, length_days: int) -> int:
        """Return the first day of complaints in an interval of that length."""
        return self.onset_day if self.by_day else length_days - (CYCLE_DAYS - self.onset_day)


@dataclass(frozen=True, slots=True)
class Habit:
    """How somebody writes: chance per day, share of dateless-clock and late entries, and gaps of days in between."""

    chance: float
    only_date: float
    late: float
    gaps: tuple[tuple[date, date], ...]

    def silent(self, on: date) -> bool:
        """Whether a day lies in a gap."""
        return any(first <= on <= last for first, last in self.gaps)


@dataclass(frozen=True, slots=True)
class Person:
    """An invented patient. `weeks` is the interval in the end, `stretch_after` the doses given before it is stretched.

    `baseline` holds symptom and usual intensity (0-10); `elimination` is k per day and `trough` the starting
    trough in ug/mL; `abroad` the days of a journey.
    """

    number: int
    id: UUID
    name: str
    birth_on: date
    email: str
    hospital_number: str
    kind: Kind
    started_on: date
    slot: time
    weeks: int
    stretch_after: int
    stepwise: bool
    baseline: tuple[tuple[str, int], ...]
    wearing_off: WearingOff | None
    habit: Habit
    elimination: float
    trough: float
    pricks: float
    forms: float
    abroad: tuple[date, date] | None
    stops: bool
    consents: bool


def source(seed: int, what: str) -> Random:
    """Return the dice of one part of the story; each part has its own, so that changing one leaves the others."""
    return Random(f"{seed}:{what}")  # noqa: S311  # invented data, no secret


def identifier(rng: Random) -> UUID:
    """Return a random id from the story's own dice."""
    return UUID(int=rng.getrandbits(128), version=4)


def people(seed: int, count: int, now: datetime) -> tuple[Person, ...]:
    """Return the invented patients, the same for the same arguments; two years end at `now` (aware)."""
    with_pattern = _patterned(seed, count)
    return tuple(_person(seed, number, with_pattern.get(number), now) for number in range(count))


def _patterned(seed: int, count: int) -> dict[int, WearingOff]:
    """Return who feels the dose wear off: exactly six in ten, their onsets spread evenly around the median."""
    rng = source(seed, "patterns")
    chosen = rng.sample(range(count), count - round(count * WITHOUT))
    spread = (0, 1, -1, 2, -2, 0, 3, -3, 1, -1, 5, -5)
    return {
        number: WearingOff(
            onset_day=round(ONSET_DAY) + spread[place % len(spread)],
            relief_days=rng.choices((0, 1, 2, 3), (2, 5, 2, 1))[0],
            worse=rng.uniform(1.8, 4.0),
            by_day=place % 2 == 0,
        )
        for place, number in enumerate(chosen)
    }


def _person(seed: int, number: int, wearing_off: WearingOff | None, now: datetime) -> Person:
    rng = source(seed, f"person {number}")
    kind = _KINDS[number % len(_KINDS)]
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    started_on = workday(now.date() - timedelta(days=730 - rng.randrange(28)))
    return Person(
        number=number,
        id=identifier(rng),
        name=f"{first} {last}",
        birth_on=date(rng.randrange(1958, 2003), rng.randrange(1, 13), rng.randrange(1, 29)),
        email=f"patient{number + 1:02d}@voorbeeld.example",
        hospital_number=f"{7000000 + 137 * number}",
        kind=kind,
        started_on=started_on,
        slot=time(rng.randrange(9, 15), rng.choice((0, 30))),
        weeks=4 if rng.random() < STAYS_AT_FOUR else rng.choices((5, 6, 7, 8, 9), (25, 38, 17, 12, 8))[0],
        stretch_after=rng.randrange(5, 10),
        stepwise=rng.random() < 0.5,
        baseline=_baseline(rng),
        wearing_off=wearing_off,
        habit=_habit(rng, started_on, now.date()),
        elimination=rng.lognormvariate(-2.8134, 0.30),  # median 0.06 per day
        trough=rng.uniform(15, 40),
        pricks=rng.choice((0.3, 0.5, 0.8)),
        forms=rng.choice((0.5, 0.7, 0.9)),
        abroad=_abroad(number, started_on),
        stops=number == STOPPED,
        consents=number % 3 != 2,
    )


def workday(on: date) -> date:
    """Return a day, or the Monday after a weekend."""
    return on + timedelta(days=max(0, 7 - on.weekday()) if on.weekday() > 4 else 0)


def _abroad(number: int, started_on: date) -> tuple[date, date] | None:
    leaves_on = started_on + timedelta(days=300)
    return (leaves_on, leaves_on + timedelta(days=24)) if number == TRAVELLER else None


def _baseline(rng: Random) -> tuple[tuple[str, int], ...]:
    others = ("sensory", "walking", "cognition", "weakness", "pain", "balance_dizziness", "bladder_bowel", "mood")
    chosen: Sequence[str] = rng.sample(others, rng.choice((1, 2, 2, 3)))
    rated = ("fatigue", *chosen) if rng.random() < 0.94 else tuple(chosen)  # 93.7 % have fatigue (J Neurol 2023)
    return tuple((symptom, rng.choice((0, 1, 1, 2, 3))) for symptom in rated)


def _habit(rng: Random, first: date, last: date) -> Habit:
    gaps = []
    for _ in range(rng.choice((0, 1, 2, 3))):
        begin = first + timedelta(days=rng.randrange(30, max((last - first).days - 30, 31)))
        gaps.append((begin, begin + timedelta(days=rng.randrange(10, 45))))
    return Habit(
        chance=rng.uniform(0.2, 0.75), only_date=rng.uniform(0, 0.3), late=rng.uniform(0.02, 0.12), gaps=tuple(gaps)
    )
