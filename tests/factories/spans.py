"""Spans for tests: a patient's intervals of planned weeks, with ratings that are low at first and high at the end."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from backend.domain.linking import Chain, Interval
from backend.domain.recall import RecallResult
from backend.domain.regimens import Route
from backend.domain.spans import Span, spans
from backend.domain.wearing_off import DEFAULT, RatedDay, Settings

START = date(2023, 1, 2)


def dosed(
    days: Sequence[int],
    weeks: Sequence[int | None] | None = None,
    drugs: Sequence[str] | str = "natalizumab_iv",
    *,
    start: date = START,
    routes: Sequence[Route] | None = None,
    open_weeks: int | None = 4,
    stopped: bool = False,
) -> Chain:
    """Return a chain of closed intervals of so many days and an open one; planned weeks are the whole weeks in them."""
    opened = [start + timedelta(sum(days[:at])) for at in range(len(days) + 1)]
    planned = [*(weeks or [length // 7 for length in days]), open_weeks]
    keys = [drugs] * len(opened) if isinstance(drugs, str) else drugs
    ways = routes or [Route.IV] * len(opened)
    anchors = [datetime.combine(day, time(9), UTC) for day in opened]
    intervals = [
        Interval(
            number=at + 1,
            treatment_id=UUID(int=1),
            drug_key=keys[at],
            route=ways[at],
            opened_by=UUID(int=100 + at),
            opened_on=opened[at],
            opened_at=anchors[at],
            closed_by=UUID(int=101 + at) if at < len(days) else None,
            closed_on=opened[at + 1] if at < len(days) else None,
            closed_at=anchors[at + 1] if at < len(days) else None,
            planned_end_on=opened[at + 1] if at < len(days) else None,
            planned_weeks=planned[at],
            stopped=stopped and at == len(days),
            closing_route=ways[at + 1] if at < len(days) else None,
        )
        for at in range(len(opened))
    ]
    return Chain(tuple(intervals), tuple(anchors), tuple(opened))


def weekly(
    *weeks: int | None, drugs: Sequence[str] | str = "natalizumab_iv", routes: Sequence[Route] | None = None
) -> Chain:
    """Return a chain of closed intervals of so many planned weeks (None: four, without a class) and an open one."""
    return dosed([7 * (one or 4) for one in weeks], weeks, drugs, routes=routes)


def rated(length: int, rise: float, low: float = 2.0, onset: int | None = None) -> list[RatedDay]:
    """Return a rating for every day between two doses: `low`, and `rise` more from `onset` or in the last week."""
    begins = length - 7 if onset is None else onset
    return [RatedDay(day, length - day, low + (rise if day >= begins else 0)) for day in range(1, length)]


def felt(line: Chain, rises: Sequence[float | None], settings: Settings = DEFAULT) -> tuple[Span, ...]:
    """Return the spans of a chain whose ratings rise by so much in each interval; None is one without a diary."""
    days = {
        interval.number: rated(interval.length_days or 28, rise)
        for interval, rise in zip(line.intervals, rises, strict=False)
        if rise is not None
    }
    return spans(line, days, {}, settings)


def form(experienced: str | None, days: int | None = None, band: str | None = None) -> RecallResult:
    """Return a form about an interval: whether it was felt, and since how many days before the dose."""
    return RecallResult(None, experienced, None, days, band, None, None, None)
