"""Values and courses for tests of dosing rules: levels at the ends of intervals of so many weeks."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from backend.domain.levels import Comparator, TroughClass
from backend.domain.protocols import protocol
from backend.domain.regimens import Route
from backend.domain.rules import evaluate
from backend.domain.verdicts import Analyte, Condition, Course, Measured, Span, Verdict

START = date(2026, 1, 5)


def told(text: str) -> tuple[Decimal, Comparator]:
    """Return value and comparator of a result as a lab writes it, like `16` or `<0.4`."""
    sign = text[0] if text[0] in "<>" else "="
    return Decimal(text.lstrip("<>")), Comparator(sign)


def level(text: str, interval: int = 1, weeks: int | None = 4, **columns: Any) -> Measured:
    """A trough of an interval, as a lab writes it."""
    value, comparator = told(text)
    on = columns.pop("on", START + timedelta(weeks=interval * (weeks or 4)))
    columns = {"route": Route.IV, "trough_class": TroughClass.TROUGH, **columns}
    return Measured(
        kind=columns.pop("kind", Analyte.LEVEL),
        value=value,
        unit=columns.pop("unit", "ug/mL"),
        comparator=comparator,
        on=on,
        at=None,
        source=columns.pop("source", f"sample:{interval}"),
        reported_at=datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(days=7),
        interval=interval,
        planned_weeks=weeks,
        **columns,
    )


def antibodies(text: str) -> Measured:
    """Antibodies, as a lab writes them."""
    return level(text, kind=Analyte.ANTIBODIES, unit="AU/mL", trough_class=None, source="sample:antibodies")


def cd19(text: str, on: date) -> Measured:
    """A count of CD19 cells."""
    return level(text, kind=Analyte.CD19, unit="cells/uL", on=on, trough_class=None, source=f"finding:{on}")


def course(
    *weeks: int | None, current: int | None = None, route: Route = Route.IV, routes: str = "", **columns: Any
) -> Course:
    """Intervals that were planned for so many weeks and took as long; the plan is as the last, unless told."""
    ways = [Route.SC if sign == "s" else Route.IV for sign in routes] or [Route.IV] * len(weeks)
    spans = tuple(
        Span(number, one, 7 * (one or 4), way) for number, (one, way) in enumerate(zip(weeks, ways, strict=True), 1)
    )
    fallen = current if current is not None else (weeks[-1] if weeks else None)
    return Course(spans, columns.pop("missed_on", ()), fallen, route, **columns)


def said(key: str, line: Course | None, measured: Sequence[Measured], **settings: Any) -> Verdict:
    """What a protocol says."""
    return evaluate(protocol(key), settings, line, measured)


def of(verdict: Verdict, key: str) -> Condition:
    """One condition of a verdict."""
    return next(one for one in verdict.conditions if one.key == key)


def failing(verdict: Verdict) -> dict[str, str | None]:
    """The conditions that do not hold, each with why."""
    return {one.key: one.why for one in verdict.conditions if one.holds is False}


def unknown(verdict: Verdict) -> dict[str, str | None]:
    """The conditions of which it is not known, each with why."""
    return {one.key: one.why for one in verdict.conditions if one.holds is None}
