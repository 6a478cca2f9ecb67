"""The two instruments of wearing-off, read by interval: what the diary rates and what was recalled, never merged."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain import symptoms as diary
from backend.domain.linking import Chain, place
from backend.domain.occasions import About, about_interval
from backend.domain.recall import FORM, RecallResult, recall
from backend.domain.wearing_off import RatedDay
from backend.services.context import Context
from backend.storage import questionnaires, symptoms


@dataclass(frozen=True, slots=True)
class Rated:
    """The rated entries of one interval: each with its local day, and how many entries there were in all."""

    days: tuple[tuple[date, RatedDay], ...]
    entries: int


def rated(ctx: Context, patient_id: UUID, line: Chain, since: datetime | None = None) -> dict[int, Rated]:
    """Return a patient's rated entries by interval number; those before the first dose belong to none.

    With `since` (aware) earlier entries are left out.
    """
    days: dict[int, list[tuple[date, RatedDay]]] = defaultdict(list)
    entries: dict[int, int] = defaultdict(int)
    for row in symptoms.of_patient(ctx.session, patient_id, since):
        where = place(symptoms.moment(row), row.planned_on, line)
        if where.interval is None or where.day_since_dose is None:
            continue
        entries[where.interval] += 1
        rating, flagged = diary.rated(row.content)
        if rating is not None:
            day = RatedDay(where.day_since_dose, where.days_before_actual, rating, flagged)
            days[where.interval].append((row.occurred_on, day))
    return {number: Rated(tuple(days[number]), count) for number, count in entries.items()}


def recalled(ctx: Context, patient_id: UUID, line: Chain) -> dict[int, tuple[RecallResult, ...]]:
    """Return the completed end-of-interval forms by the number of the interval they are about, oldest first."""
    found: dict[int, list[RecallResult]] = defaultdict(list)
    for row in questionnaires.of_patient(ctx.session, patient_id):
        if row.form == FORM and row.completed:
            falls_in = place(questionnaires.moment(row), row.planned_on, line).interval
            number = about_interval(falls_in, About(row.about))
            if number is not None:
                found[number].append(recall(row.answers))
    return {number: tuple(forms) for number, forms in found.items()}
