"""The two instruments of wearing-off, read by interval: what the diary rates and what was recalled, never merged."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from backend.domain import symptoms as diary
from backend.domain.apart import NONE, Apart, flagged_days
from backend.domain.linking import Chain, Place, place
from backend.domain.occasions import About, about_interval
from backend.domain.recall import FORM, RecallResult, recall
from backend.domain.wearing_off import RatedDay
from backend.services.context import Context
from backend.storage import findings, questionnaires, symptoms
from backend.storage.questionnaires import ResponseRow


@dataclass(frozen=True, slots=True)
class Rated:
    """The rated entries of one interval: each with its local day, and how many entries there were in all."""

    days: tuple[tuple[date, RatedDay], ...]
    entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One diary entry in its place: its local day, what it says (no free words), its mean rating, and whether flagged.

    `rating` (0-10) is None for an entry that rates nothing.
    """

    on: date
    place: Place
    content: Mapping[str, Any]
    rating: float | None
    flagged: bool


def rated(ctx: Context, patient_id: UUID, line: Chain, since: datetime | None = None) -> dict[int, Rated]:
    """Return a patient's rated entries by interval number; those before the first dose belong to none.

    A day is flagged where the patient named a cause that sets it apart, or a finding of the clinic does (`apart`). With
    `since` (aware) earlier entries are left out.
    """
    return by_interval(entries(ctx, patient_id, line, since))


def entries(ctx: Context, patient_id: UUID, line: Chain, since: datetime | None = None) -> list[Entry]:
    """Return a patient's standing entries in the order of their moments, each placed once; `since` as `rated`."""
    set_apart = apart(ctx, [patient_id]).get(patient_id, NONE)
    found = []
    for row in symptoms.said(ctx.session, patient_id, since):
        rating, flagged = diary.rated(row.content)
        where = place(symptoms.moment(row), row.planned_on, line)
        found.append(Entry(row.occurred_on, where, row.content, rating, flagged or row.occurred_on in set_apart))
    return found


def by_interval(told: Iterable[Entry]) -> dict[int, Rated]:
    """Return placed entries by the number of their interval; those before the first dose belong to none."""
    days: dict[int, list[tuple[date, RatedDay]]] = defaultdict(list)
    counts: dict[int, int] = defaultdict(int)
    for entry in told:
        where = entry.place
        if where.interval is None or where.day_since_dose is None:
            continue
        counts[where.interval] += 1
        if entry.rating is not None:
            day = RatedDay(where.day_since_dose, where.days_before_actual, entry.rating, entry.flagged)
            days[where.interval].append((entry.on, day))
    return {number: Rated(tuple(days[number]), count) for number, count in counts.items()}


def apart(ctx: Context, patient_ids: Sequence[UUID]) -> Mapping[UUID, Apart]:
    """Return the days that relapses, courses of steroids and infections set apart, of patients who have any."""
    found = findings.setting_apart(ctx.session, patient_ids)
    return {patient_id: flagged_days(of_one) for patient_id, of_one in found.items()}


def recalled(ctx: Context, patient_id: UUID, line: Chain) -> dict[int, tuple[RecallResult, ...]]:
    """Return the completed end-of-interval forms by the number of the interval they are about, oldest first."""
    return by_subject((row, about(row, line)) for row in questionnaires.of_patient(ctx.session, patient_id))


def about(row: ResponseRow, line: Chain) -> int | None:
    """Return the number of the interval a response is about, None for one about none."""
    return about_interval(place(questionnaires.moment(row), row.planned_on, line).interval, About(row.about))


def by_subject(told: Iterable[tuple[ResponseRow, int | None]]) -> dict[int, tuple[RecallResult, ...]]:
    """Return the completed end-of-interval forms among responses, given with the interval each is about, as above."""
    found: dict[int, list[RecallResult]] = defaultdict(list)
    for row, number in told:
        if row.form == FORM and row.completed and number is not None:
            found[number].append(recall(row.answers))
    return {number: tuple(forms) for number, forms in found.items()}
