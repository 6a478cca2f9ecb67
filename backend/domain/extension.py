"""Extension: whether a patient's dosing counts as extended, by three published definitions, and the doses it saved."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import takewhile

from backend.domain.drugs import drug
from backend.domain.linking import Chain, Interval
from backend.domain.moments import add_months

NATALIZUMAB = "natalizumab"
OCRELIZUMAB = "ocrelizumab"
_WEEK = 7
_FEWEST = 2  # intervals that make a mean
EARLY_DAYS = 3
"""A dose given up to so many days early stands for that of its day, or a slot moved forward would pass for an extra."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the definitions (dosing_protocols.json; DOMAIN.md, Intervals and linking).

    By infusions: at most `max_infusions` in the last `months`, none if an interval is under `shortest_weeks` or over
    `longest_weeks`. By mean: `mean_weeks` or more between doses, over the last `mean_months` (the source followed its
    patients for two years). By delay: `late_weeks` or more beyond `standard_months`, once in the last `late_months`
    (the source looked at one year).
    """

    months: int = 18
    max_infusions: int = 15
    shortest_weeks: int = 3
    longest_weeks: int = 12
    mean_months: int = 24
    mean_weeks: int = 5
    standard_months: int = 6
    late_weeks: int = 4
    late_months: int = 12


RULES = Rules()


class Why(StrEnum):
    """Why a definition says nothing of a patient."""

    OTHER_DRUG = "other-drug"
    STOPPED = "stopped"
    TOO_SHORT_ON_DRUG = "under-18-months"
    INTERVAL_TOO_SHORT = "interval-under-3-weeks"
    INTERVAL_TOO_LONG = "interval-over-12-weeks"
    TOO_FEW_INTERVALS = "too-few-intervals"


BY_INFUSIONS = "Zhovtis Ryerson 2019, Neurology 93:e1452"
BY_MEAN = "Neurotherapeutics, doi 10.1007/s13311-019-00776-7 (PMC7007494)"
BY_DELAY = "Rolfes 2021, Neurol Neuroimmunol Neuroinflamm 8:e1035 (PMC8362352)"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one definition says: extended, not, or None with the reasons why.

    `value` is what it looked at, also where it says nothing: infusions, mean weeks, or the longest delay in weeks.
    """

    extended: bool | None
    value: float | None
    why: tuple[Why, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Extension:
    """All three definitions as of the day `on`; the reader chooses."""

    by_infusions: Verdict
    by_mean: Verdict
    by_delay: Verdict
    infusions_18m: int | None
    mean_weeks: float | None
    on: date
    rules: Rules

    @property
    def definition(self) -> str:
        """What the three are, in one sentence."""
        told = self.rules
        return (
            f"Extended: at most {told.max_infusions} natalizumab doses in the last {told.months} months with no "
            f"interval under {told.shortest_weeks} or over {told.longest_weeks} weeks; or a mean of {told.mean_weeks} "
            f"weeks or more between them over {told.mean_months} months; or ocrelizumab {told.late_weeks} weeks or "
            f"more beyond {told.standard_months} months in the last {told.late_months}."
        )


def extension(line: Chain, on: date, rules: Rules = RULES) -> Extension:
    """Return what each definition says of a patient's chain of intervals on a day; doses after that day do not count.

    Only the last unbroken row of doses of the drug counts: a definition says nothing (`other-drug`) of a patient who
    was given another since. A dose event counts once, however many parts it had; a route switch breaks nothing.
    """
    row = _row(line, NATALIZUMAB, on)
    lengths = _lengths(row, on, rules.mean_months)
    return Extension(
        by_infusions=_by_infusions(row, on, rules),
        by_mean=_by_mean(row, lengths, rules),
        by_delay=_by_delay(_row(line, OCRELIZUMAB, on), on, rules),
        infusions_18m=_infusions(row, on, rules) if row else None,
        mean_weeks=_mean_weeks(lengths),
        on=on,
        rules=rules,
    )


def _row(line: Chain, substance: str, on: date) -> tuple[Interval, ...]:
    """Return the last intervals of one drug, without another between; none when another was given last."""
    known = [interval for interval in line.intervals if interval.opened_on <= on]
    own = list(takewhile(lambda interval: _is(interval, substance), reversed(known)))
    return tuple(reversed(own))


def _end(interval: Interval, on: date) -> date | None:
    """Return the day an interval was closed, None while it is open on the day asked about."""
    return interval.closed_on if interval.closed_on is not None and interval.closed_on <= on else None


def _lengths(row: Iterable[Interval], on: date, months: int) -> tuple[int, ...]:
    """Return the days of each interval that was closed in the last months."""
    since = add_months(on, -months)
    ends = ((interval, _end(interval, on)) for interval in row)
    return tuple((end - interval.opened_on).days for interval, end in ends if end is not None and end > since)


def _infusions(row: Iterable[Interval], on: date, rules: Rules) -> int:
    since = add_months(on, -rules.months)
    return sum(interval.opened_on > since for interval in row)


def _standing(row: Sequence[Interval]) -> list[Why]:
    """Return why nothing is said of a patient who is not on the drug."""
    if not row:
        return [Why.OTHER_DRUG]
    return [Why.STOPPED] if row[-1].stopped else []


def _by_infusions(row: Sequence[Interval], on: date, rules: Rules) -> Verdict:
    why = _standing(row)
    if row and row[0].opened_on > add_months(on, -rules.months):
        why.append(Why.TOO_SHORT_ON_DRUG)
    lengths = _lengths(row, on, rules.months)
    waiting = (on - row[-1].opened_on).days if row else 0
    if any(days < rules.shortest_weeks * _WEEK for days in lengths):
        why.append(Why.INTERVAL_TOO_SHORT)
    if any(days > rules.longest_weeks * _WEEK for days in (*lengths, waiting)):
        why.append(Why.INTERVAL_TOO_LONG)
    count = _infusions(row, on, rules)
    return Verdict(None if why else count <= rules.max_infusions, count if row else None, tuple(why), BY_INFUSIONS)


def _by_mean(row: Sequence[Interval], lengths: Sequence[int], rules: Rules) -> Verdict:
    why = _standing(row)
    if row and len(lengths) < _FEWEST:
        why.append(Why.TOO_FEW_INTERVALS)
    extended = None if why else sum(lengths) >= rules.mean_weeks * _WEEK * len(lengths)
    return Verdict(extended, _mean_weeks(lengths), tuple(why), BY_MEAN)


def _mean_weeks(lengths: Sequence[int]) -> float | None:
    return sum(lengths) / len(lengths) / _WEEK if lengths else None


def _by_delay(row: Sequence[Interval], on: date, rules: Rules) -> Verdict:
    """Return whether a dose came so late, or is so late on the day itself, in the months looked at."""
    why = _standing(row)
    since = add_months(on, -rules.late_months)
    ends = [(interval.opened_on, _end(interval, on)) for interval in row]
    delays = [(end - add_months(opened, rules.standard_months)).days for opened, end in ends if end and end > since]
    if row and ends[-1][1] is None:
        waiting = (on - add_months(ends[-1][0], rules.standard_months)).days
        delays += [waiting] if waiting >= 0 else []
    if row and not delays:
        why.append(Why.TOO_FEW_INTERVALS)
    longest = max(delays, default=None)
    extended = None if why or longest is None else longest >= rules.late_weeks * _WEEK
    return Verdict(extended, None if longest is None else longest / _WEEK, tuple(why), BY_DELAY)


@dataclass(frozen=True, slots=True)
class Avoided:
    """How many natalizumab doses fewer were given than every `every_days` days would have been.

    Below 0 when more were given. `expected` and `given` count over `days` of closed intervals: what runs saves nothing
    yet, since whether a dose was skipped or is about to be recorded shows only when the next is there. A closed
    interval longer than twelve weeks is a pause, not a stretched interval: the `n_pauses` are left out, as is the time
    before another drug.
    """

    avoided: int
    expected: int
    given: int
    days: int
    n_pauses: int
    every_days: int
    on: date

    @property
    def definition(self) -> str:
        """What the number is, in one sentence."""
        return (
            f"Closed intervals only, so up to the last given dose: doses expected every {self.every_days} days since "
            f"the first (one given up to {EARLY_DAYS} days early stands for it), less those given; pauses left "
            "out. Below 0 when more were given."
        )


def avoided(line: Chain, on: date, every_days: int = 28, rules: Rules = RULES) -> Avoided | None:
    """Return the natalizumab doses avoided up to a day, None without any natalizumab.

    In every unbroken piece of treatment one dose is expected on its first day and on every 28th day from it on, as far
    as its last given dose, or a few days beyond where that came early.
    """
    pieces = list(_pieces(line, on, rules))
    if not pieces:
        return None
    given = sum(piece.given for piece in pieces)
    expected = sum((piece.days + EARLY_DAYS) // every_days + 1 for piece in pieces)
    return Avoided(
        avoided=expected - given,
        expected=expected,
        given=given,
        days=sum(piece.days for piece in pieces),
        n_pauses=sum(piece.paused for piece in pieces),
        every_days=every_days,
        on=on,
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of treatment from dose to dose without a pause: its days, its doses, and whether a pause ended it."""

    days: int
    given: int
    paused: bool


def _pieces(line: Chain, on: date, rules: Rules) -> Iterator[_Piece]:
    first, given = None, 0
    for interval, following in zip(line.intervals, [*line.intervals[1:], None], strict=False):
        if interval.opened_on > on or not _is(interval, NATALIZUMAB):
            continue
        first, given = first or interval.opened_on, given + 1
        end = _end(interval, on)
        again = following is not None and end is not None and _is(following, NATALIZUMAB)
        paused = again and end is not None and (end - interval.opened_on).days > rules.longest_weeks * _WEEK
        if not again or paused:
            yield _Piece((interval.opened_on - first).days, given, paused)
            first, given = None, 0


def _is(interval: Interval, substance: str) -> bool:
    return drug(interval.drug_key).substance == substance
