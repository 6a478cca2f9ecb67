"""The rows of a study's windows and visits: when each was asked for, how it stands, and the diary of its days."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import fmean
from typing import Any

from backend.domain.adherence import State
from backend.domain.assignments import Anchor
from backend.domain.rounds import Round
from backend.domain.study_days import Days
from backend.domain.visits import Planned
from backend.domain.visits import State as Visit
from backend.services import assigned, instruments, study_places
from backend.services.assigned import Assigned
from backend.services.subjects import Subject


def windows(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per round of the study's own assignments that may be told."""
    found = [one for one in assigned.of_patient(who.ctx, who.patient_id, who.line) if one.row.study_id == who.study_id]
    if not found:
        return
    rated = instruments.rated(who.ctx, who.patient_id, who.line.chain)
    days = [(on, day.rating) for told in rated.values() for on, day in told.days]
    for one in found:
        if _dates(who, on_dates=any(version.told.anchor is Anchor.DATES for version in one.told)):
            continue
        for number, each in enumerate(one.rounds, start=1):
            if _told(who, each):
                yield _row(who, one, number, each, days)


def visits(who: Subject) -> Iterator[dict[str, Any]]:
    """Yield a row per visit that may be told."""
    numbers: Counter[str] = Counter()
    for visit in study_places.of_subject(who.ctx, who.patient_id, who.study_id, who.line):
        one = visit.planned
        numbers[one.key] += 1
        if _visit_told(who, one) and not _dates(who, on_dates=visit.on_dates):
            yield {
                "subject": who.pseudonym,
                "visit": one.key,
                "visit_turn": numbers[one.key],
                "interval": one.interval,
                **who.told.cells(one.opens_on, "opens"),
                **who.told.cells(one.closes_on, "closes"),
                "visit_state": one.state,
                **who.told.cells(one.on, "held"),
                "visit_timing": one.timing,
            }


def _told(who: Subject, one: Round) -> bool:
    """Whether a round is told: what was completed stands, and so does what was over before the last dose."""
    if who.told.days is Days.CALENDAR:
        return one.state is not State.NOT_OPEN
    return one.completed_by is not None or _over(who, one.grace_on)


def _visit_told(who: Subject, one: Planned) -> bool:
    """Whether a visit is told: what was said of one stands, and so does what was over before the last dose."""
    if who.told.days is Days.CALENDAR:
        return one.state is not Visit.AHEAD
    return one.state in {Visit.HELD, Visit.MISSED} or _over(who, one.grace_on)


def _dates(who: Subject, *, on_dates: bool) -> bool:
    """Whether something on days of the calendar, which the plan tells, would date a study that counts days."""
    return on_dates and who.told.days is not Days.CALENDAR


def _over(who: Subject, grace_on: date) -> bool:
    """Whether days were over before the last dose.

    Where days are counted nothing may move with the day of the pull, which would date all the others.
    """
    line = who.line.chain.intervals
    return bool(line) and grace_on < line[-1].opened_on


def _row(who: Subject, one: Assigned, number: int, each: Round, days: Sequence[tuple[date, float]]) -> dict[str, Any]:
    ratings: dict[date, list[float]] = {}
    for on, rating in days:
        if each.opens_on <= on <= each.closes_on:
            ratings.setdefault(on, []).append(rating)
    return {
        "subject": who.pseudonym,
        "assignment": who.keyed(one.row.id),
        "round": number,
        "form": one.row.questionnaire,
        "interval": each.interval,
        **who.told.cells(each.opens_on, "opens"),
        **who.told.cells(each.closes_on, "closes"),
        "window_state": each.state,
        "late": each.late,
        "response": who.keyed(each.completed_by) if each.completed_by else None,
        **who.told.cells(each.completed_on, "completed"),
        "rated_days": len(ratings),
        "mean_rating": fmean(map(fmean, ratings.values())) if ratings else None,
    }
