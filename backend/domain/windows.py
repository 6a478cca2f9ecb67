"""Windows of a study: the days on which the published design it follows asks its patients something."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from backend.domain.assignment_days import Course, counted, leg_days
from backend.domain.assignment_templates import Template, templates
from backend.domain.assignments import Doses
from backend.domain.legs import legs
from backend.domain.linking import Chain
from backend.domain.schedule import Window


@cache
def designs() -> Mapping[str, Template]:
    """Return the designs a study can follow by key: the templates whose days all hang on doses, as their source has."""
    return MappingProxyType({key: one for key, one in templates().items() if one.around_doses})


def windows(design: Template, subject: str, line: Chain, coming_on: date | None, since: date) -> tuple[Window, ...]:
    """Return the windows of a design in the running interval and the one before it, in their order.

    `subject` names what asks (opaque, up to 50 characters), `coming_on` is the day of the expected dose, `since` the
    day somebody joined. The days are those of an assignment that asks for anything at all.
    """
    course = Course(legs(line, coming_on), since, since)
    asked = [
        (leg, place, leg_days(when, leg))
        for place, one in enumerate(design.windows)
        if isinstance(when := one.told.when, Doses)
        for leg in counted(when, course, one.told.cycles)
    ]
    late = len(line.intervals) - 1
    return tuple(
        Window(f"{subject}:{place}:{leg.opened_by}", 0, *days)
        for leg, place, days in sorted(asked, key=lambda one: (one[0].number, one[1]))
        if leg.number >= late and days is not None and days[1] >= since
    )


def unanswered(found: Iterable[Window], days: Collection[date]) -> tuple[Window, ...]:
    """Return the windows in which nothing was answered, given the days on which something was."""
    return tuple(one for one in found if not any(one.opens_on <= on <= one.closes_on for on in days))
