"""One patient of a cohort with everything that was given, written, answered and pricked, and that as text."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from backend.domain.adherence import Answer
from backend.domain.apart import NONE, Apart
from backend.domain.levels import Comparator, TroughClass
from backend.domain.linking import Interval
from backend.domain.moments import Occurred
from backend.domain.recall import RecallResult
from backend.domain.samples import Matrix, Unusable
from backend.domain.spans import Span, spans
from backend.domain.treatment import Expected
from backend.domain.wearing_off import RatedDay, Settings
from backend.services.outlines import Outline
from backend.storage.cohorts import Member
from backend.storage.feed import Head


@dataclass(slots=True)
class Written:
    """How the diary of one interval was kept: entries in all, late ones, and those that name only a day."""

    entries: int = 0
    late: int = 0
    only_day: int = 0


@dataclass(frozen=True, slots=True)
class Pricked:
    """One sample of which blood was taken: when, in which interval, what of it is usable, and the level if measured."""

    collected: Occurred
    interval: int | None
    matrix: Matrix
    trough_class: TroughClass
    unusable: tuple[Unusable, ...]
    value: Decimal | None
    comparator: Comparator | None


@dataclass(slots=True)
class Rated:
    """The rated entries of one interval, and beside each its local day as an ordinal, in order."""

    on: list[int] = field(default_factory=list)
    days: list[RatedDay] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Followed:
    """One patient with everything that was given, written, answered and pricked, by interval number.

    `rated` holds the rated entries with their local days, flagged where the patient named a cause; what the clinic's
    findings set apart comes on top of it when the spans are asked for. `early` counts entries before the first dose;
    `recalled` is what each of the answers of `line` says.
    """

    member: Member
    line: Outline
    rated: dict[int, Rated] = field(default_factory=dict)
    written: dict[int, Written] = field(default_factory=dict)
    early: int = 0
    recalled: tuple[RecallResult, ...] = ()
    pricks: tuple[Pricked, ...] = ()
    _spans: tuple[Settings, Apart, tuple[Span, ...]] | None = None

    @property
    def id(self) -> UUID:
        """Who it is."""
        return self.member.id

    @property
    def zone(self) -> str:
        """The zone whose calendar counts."""
        return self.member.zone

    @property
    def head(self) -> Head:
        """How far the feed had come."""
        return self.member.head

    @property
    def expected(self) -> tuple[Expected, ...]:
        """What each running treatment expects next, earliest first."""
        return self.line.expected

    @property
    def answers(self) -> tuple[tuple[int | None, Answer], ...]:
        """The answers to the end-of-interval form, each with the interval it is about."""
        return self.line.answers

    @property
    def coming_on(self) -> date | None:
        """The day of the dose that ends the open interval, None where none is expected."""
        opening = (one.on for one in self.expected if self.line.treatment(one.treatment_id).opens_intervals)
        return min(opening, default=None)

    def spans(self, settings: Settings, apart: Apart = NONE) -> tuple[Span, ...]:
        """Return the spans by these settings; the last are kept, since most questions repeat them."""
        kept = self._spans
        if kept is None or kept[:2] != (settings, apart):
            kept = self._spans = settings, apart, self._made(settings, apart)
        return kept[2]

    def _made(self, settings: Settings, apart: Apart) -> tuple[Span, ...]:
        days = {number: _set_apart(told, apart) for number, told in self.rated.items()}
        forms: dict[int, list[RecallResult]] = defaultdict(list)
        for (number, answer), recalled in zip(self.answers, self.recalled, strict=True):
            if number is not None and answer.completed:
                forms[number].append(recalled)
        entries = {number: written.entries for number, written in self.written.items()}
        return spans(self.line.chain, days, forms, settings, entries)


def _set_apart(told: Rated, apart: Apart) -> list[RatedDay]:
    if not apart.first:
        return told.days
    pairs = zip(told.on, told.days, strict=True)
    return [day if day.flagged or date.fromordinal(on) not in apart else _flagged(day) for on, day in pairs]


def _flagged(day: RatedDay) -> RatedDay:
    return RatedDay(day.day_since_dose, day.days_before_actual, day.rating, flagged=True)


def as_text(one: Followed) -> str:
    """Return what goes beyond a patient's outline as text: numbers, keys of lists, no word that anybody wrote.

    Of a rated entry only its day within the interval, its rating and whether it is flagged: all else follows.
    """
    intervals = one.line.chain.intervals
    diary = [[number, *_told(written)] for number, written in one.written.items()]
    rated = [[number, *_columns(told, intervals[number - 1])] for number, told in one.rated.items()]
    return orjson.dumps([one.early, diary, rated, [_fields(it) for it in one.recalled], [*_pricks(one)]]).decode()


def from_text(member: Member, line: Outline, text: str) -> Followed:
    """Return the patient of `as_text`."""
    early, diary, rated, recalled, pricks = orjson.loads(text)
    intervals = line.chain.intervals
    return Followed(
        member,
        line,
        {number: _rated(intervals[number - 1], *told) for number, *told in rated},
        {number: Written(*told) for number, *told in diary},
        early,
        tuple(RecallResult(*told) for told in recalled),
        tuple(_prick(*told) for told in pricks),
    )


def _told(written: Written) -> tuple[int, int, int]:
    return written.entries, written.late, written.only_day


def _columns(told: Rated, interval: Interval) -> tuple[list[int], list[float], list[int]]:
    first = interval.opened_on.toordinal()
    flagged = [at for at, day in enumerate(told.days) if day.flagged]
    return [on - first for on in told.on], [day.rating for day in told.days], flagged


def _rated(interval: Interval, days: Sequence[int], ratings: Sequence[float], flagged: Sequence[int]) -> Rated:
    first, length, apart = interval.opened_on.toordinal(), interval.length_days, set(flagged)
    made = [
        RatedDay(max(day, 0), None if length is None else max(length - day, 0), rating, at in apart)
        for at, (day, rating) in enumerate(zip(days, ratings, strict=True))
    ]
    return Rated([first + day for day in days], made)


def _fields(said: RecallResult) -> tuple[Any, ...]:
    return (
        said.ever,
        said.experienced,
        said.frequency,
        said.onset_days_before_dose,
        said.onset_band,
        said.relief_days,
        said.not_resolved,
        said.intensity,
    )


def _pricks(one: Followed) -> Iterator[tuple[Any, ...]]:
    for prick in one.pricks:
        when = prick.collected
        yield (
            when.at and when.at.isoformat(),
            when.on.toordinal(),
            when.zone,
            prick.interval,
            prick.matrix.value,
            prick.trough_class.value,
            [why.value for why in prick.unusable],
            None if prick.value is None else str(prick.value),
            prick.comparator and prick.comparator.value,
        )


def _prick(at: str | None, on: int, zone: str, interval: int | None, *told: Any) -> Pricked:
    matrix, trough_class, unusable, value, comparator = told
    return Pricked(
        Occurred(None if at is None else datetime.fromisoformat(at), date.fromordinal(on), zone),
        interval,
        Matrix(matrix),
        TroughClass(trough_class),
        tuple(Unusable(why) for why in unusable),
        None if value is None else Decimal(value),
        None if comparator is None else Comparator(comparator),
    )
