"""The rows of a study's windows: each round of its assignments, how it stands, and the diary of its days."""

from collections.abc import Iterator, Sequence
from datetime import date
from statistics import fmean
from typing import Any

from backend.domain.adherence import State
from backend.domain.rounds import Round
from backend.domain.study_days import Days
from backend.services import assigned, instruments
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
        for number, each in enumerate(one.rounds, start=1):
            if _told(who, each):
                yield _row(who, one, number, each, days)


def _told(who: Subject, one: Round) -> bool:
    """Whether a round is told: where days are counted, nothing may move with the day of the pull, which would date all.

    What was completed stands, and so does what was over before the last dose.
    """
    if who.told.days is Days.CALENDAR:
        return one.state is not State.NOT_OPEN
    line = who.line.chain.intervals
    return one.completed_by is not None or (bool(line) and one.grace_on < line[-1].opened_on)


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
