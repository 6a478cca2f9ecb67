"""The roster: how each patient somebody cares for stands, read for all of them at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from backend.domain.adherence import State, states
from backend.domain.errors import ClinicError
from backend.domain.extension import Extension, extension
from backend.domain.moments import local_date
from backend.domain.permissions import allows
from backend.domain.regimens import Route
from backend.domain.treatment import Expected, Treatment, class_weeks
from backend.services import events, gate, outlines, patients
from backend.services.context import Context
from backend.services.outlines import Outline
from backend.services.patients import Identity
from backend.storage import patients as enrolled
from backend.storage import symptoms
from backend.storage.patients import PatientRow

MOST = 5_000
"""Patients in one answer."""
LAST = 6
"""Intervals whose adherence is shown."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a patient is on: the drug, and by today's plan its route and interval in weeks; `stopped_on` if it was."""

    drug_key: str
    route: Route
    interval_weeks: int | None
    stopped_on: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """How one patient stands on their own local day.

    `days_since_dose` counts whole days from `last_dose_on`; `adherence` holds the number of each of the last intervals
    with how it stands with the form about it, oldest first.
    """

    patient_id: UUID
    identity: Identity
    plan: Plan | None
    last_dose_on: date | None
    days_since_dose: int | None
    coming: Expected | None
    last_entry_on: date | None
    adherence: tuple[tuple[int, State], ...]
    extension: Extension


@dataclass(frozen=True, slots=True)
class Roster:
    """All patients somebody cares for, by when they were enrolled, made at a moment."""

    rows: list[Row]
    generated_at: datetime


def standing(ctx: Context) -> Roster:
    """Return how every patient stands whom the actor cares for, at most `MOST`."""
    actor = gate.permit(ctx, "roster:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    found = enrolled.within_reach(ctx.session, actor.staff_id, ctx.now, None, MOST)
    for row in found:
        events.note(ctx, "roster:list", row.id)
    return Roster(_rows(ctx, found), ctx.now)


def _rows(ctx: Context, found: Sequence[PatientRow]) -> list[Row]:
    ids = [row.id for row in found]
    forms = allows("responses:read", ctx.who.role)
    lines = outlines.of_patients(ctx, ids, answers=forms)
    # A list tells no more than the record would: somebody of logistics sees neither diary nor forms.
    written = symptoms.newest(ctx.session, ids) if allows("entries:read", ctx.who.role) else {}
    return [_row(ctx, row, lines[row.id], written, forms=forms) for row in found]


def _row(ctx: Context, row: PatientRow, line: Outline, written: Mapping[UUID, date], *, forms: bool) -> Row:
    today, coming = local_date(ctx.now, row.zone), line.coming
    last_on = line.chain.days[-1] if line.chain.days else None
    coming_on = coming.on if coming else None
    adherence = states(line.chain, coming_on, line.answers, today, LAST) if forms else {}
    return Row(
        patient_id=row.id,
        identity=patients.identity(ctx, row),
        plan=_plan(line, today),
        last_dose_on=last_on,
        days_since_dose=None if last_on is None else max((today - last_on).days, 0),
        coming=coming,
        last_entry_on=written.get(row.id),
        adherence=tuple(adherence.items()),
        extension=extension(line.chain, today),
    )


def _plan(line: Outline, today: date) -> Plan | None:
    """Return what a patient is on: the treatment of the running interval, else the last that was started."""
    treatment = _current(line)
    if treatment is None:
        return None
    plan = treatment.plan_on(today)
    return Plan(treatment.drug_key, plan.route, class_weeks(treatment, plan), treatment.stopped_on)


def _current(line: Outline) -> Treatment | None:
    running = [one for one in line.treatments if one.stopped_on is None]
    last = line.chain.intervals[-1].treatment_id if line.chain.intervals else None
    found = running or line.treatments
    return next((one for one in found if one.id == last), found[-1] if found else None)
