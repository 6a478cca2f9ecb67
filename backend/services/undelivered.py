"""Undelivered: what reached nobody is a worklist of those who care; each item has an age and an owner until settled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.domain.errors import ClinicError, invalid
from backend.domain.requests import Outcome
from backend.services import events, gate, health
from backend.services.context import Context
from backend.services.paging import Page, cut
from backend.storage import undelivered
from backend.storage.people import StaffRow
from backend.storage.undelivered import UndeliveredRow

Carers = Mapping[UUID, Mapping[UUID, StaffRow]]
"""Who cares, by patient and then by the ids of staff."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who is to look at an item."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a patient was not told: of which kind, about which day, why, and since when it waits.

    `owner` is None where nobody is to look at it, or whoever was no longer cares for the patient: it belongs to whoever
    opens it. `outcome` says what became of it; `later` leaves it open.
    """

    id: UUID
    patient_id: UUID
    reminder_id: UUID | None
    kind: str
    due: str
    why: str
    since: datetime
    owner: Owner | None
    escalated_at: datetime | None
    outcome: Outcome | None
    settled_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether reminders go out, and how much reached nobody.

    `delayed_since` is None where they do; `undelivered` counts what is open for the reader's own patients, `unowned`
    what is open at the site for patients whom nobody cares for.
    """

    delayed_since: datetime | None
    undelivered: int
    unowned: int


def waiting(ctx: Context, after: tuple[datetime, UUID] | None, limit: int) -> Page[Item]:
    """Return a page of what reached nobody among the patients the actor cares for, the oldest first."""
    actor = gate.permit(ctx, "undelivered:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    rows, more = cut(undelivered.listed(ctx.session, actor.staff_id, ctx.now, after, limit + 1), limit)
    theirs = {row.patient_id for row in rows}
    for patient_id in theirs:
        events.note(ctx, "undelivered:list", patient_id)
    carers = _carers(ctx, theirs)
    last = (rows[-1].since, rows[-1].id) if more else None
    return Page([_item(row, carers) for row in rows], last)


def open_of(ctx: Context, patient_ids: Collection[UUID]) -> list[Item]:
    """Return what reached nobody among patients who are within reach, the oldest first."""
    rows = undelivered.open_of(ctx.session, patient_ids, ctx.now)
    carers = _carers(ctx, {row.patient_id for row in rows})
    return [_item(row, carers) for row in rows]


def settle(ctx: Context, item_id: UUID, version: int, owner_id: UUID | None, outcome: Outcome | None) -> Item:
    """Give an open item to a colleague, or say what became of it; `later` leaves it open and takes it on.

    Raises ClinicError `not-found`, also for a patient out of reach, `invalid` for an owner who does not care for the
    patient or where nothing is said, `wrong-state` for what is settled, and `stale-version`.
    """
    row = _open(ctx, item_id)
    carers = _carers(ctx, {row.patient_id})
    if owner_id is None and outcome is None:
        raise invalid("/outcome", "Say what became of it, or who is to look at it.")
    if owner_id is not None and owner_id not in carers[row.patient_id]:
        raise invalid("/owner_id", "Nobody who cares for this patient.")
    if row.settled_at is not None:
        raise ClinicError("wrong-state", "It is settled.")
    if row.version != version:
        raise ClinicError("stale-version", f"The version is {row.version} now.")
    _write(ctx, row, owner_id, outcome)
    return _item(row, carers)


def standing(ctx: Context) -> Standing:
    """Return whether reminders go out, and how much reached nobody, for every page that staff have open."""
    actor = gate.permit(ctx, "reminders:standing")
    mine = 0 if actor.staff_id is None else undelivered.count(ctx.session, actor.staff_id, ctx.now)
    unowned = undelivered.count_of_nobody(ctx.session, gate.own_site(ctx), ctx.now)
    return Standing(health.delayed_since(ctx), mine, unowned)


def _open(ctx: Context, item_id: UUID) -> UndeliveredRow:
    """Return an item on the list of the actor's patients; what only counts later is on no list."""
    gate.permit(ctx, "undelivered:write")
    row = undelivered.get(ctx.session, item_id, lock=True)
    if row is None or row.since > ctx.now:
        raise ClinicError("not-found")
    gate.patient(ctx, "undelivered:write", row.patient_id)
    return row


def _write(ctx: Context, row: UndeliveredRow, owner_id: UUID | None, outcome: Outcome | None) -> None:
    if owner_id is not None:
        row.owner_id = owner_id
    elif outcome is Outcome.LATER:
        row.owner_id = ctx.who.staff_id
    if outcome is not None:
        row.outcome = outcome.value
    if outcome not in {None, Outcome.LATER}:
        row.settled_at, row.settled_by = ctx.now, ctx.who.staff_id
    row.version += 1
    ctx.session.flush()
    detail = {"version": row.version, "outcome": None if outcome is None else outcome.value}
    events.note(ctx, "undelivered:write", row.patient_id, row.id, detail)


def _carers(ctx: Context, patient_ids: Collection[UUID]) -> Carers:
    return undelivered.carers(ctx.session, patient_ids, ctx.now)


def _item(row: UndeliveredRow, carers: Carers) -> Item:
    owner = None if row.owner_id is None else carers[row.patient_id].get(row.owner_id)
    return Item(
        id=row.id,
        patient_id=row.patient_id,
        reminder_id=row.reminder_id,
        kind=row.kind,
        due=row.due,
        why=row.why,
        since=row.since,
        owner=None if owner is None else Owner(owner.id, owner.name),
        escalated_at=row.escalated_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        settled_at=row.settled_at,
        version=row.version,
    )
