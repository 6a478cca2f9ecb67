"""Wishes: what a patient wants to hear and when not; what they are told moves along, and what was said is kept."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import invalid
from backend.services import events, feed, gate, reminders, words
from backend.services.context import Context
from backend.services.reminders import NOTHING, Moved
from backend.storage import records, wishes
from backend.storage.patients import PatientRow
from backend.storage.wishes import WishesRow
from notifications.policy import OWN, RULES

KIND = "wishes"
KINDS = tuple(kind for kind in RULES if kind not in OWN)
"""What a patient may stop, each by itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """Nothing is told from `paused_from` up to `paused_until` (aware; None is until further notice), nor of `stopped`.

    `nudges`: to be asked for the diary on the evenings on which it matters.
    """

    paused_from: datetime | None = None
    paused_until: datetime | None = None
    stopped: frozenset[str] = frozenset()
    nudges: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What stands, and since when; version 0 for somebody who never said anything."""

    version: int
    said: Said
    changed_at: datetime | None


def own(ctx: Context) -> Wishes:
    """Return the acting patient's wishes."""
    patient = gate.own(ctx, "own-reminders:read")
    events.note(ctx, "own-reminders:read", patient.id, KIND)
    return standing(ctx, patient)


def of_patient(ctx: Context, patient_id: UUID) -> Wishes:
    """Return the wishes of a patient."""
    patient = gate.patient(ctx, "reminders:read", patient_id)
    events.note(ctx, "reminders:read", patient.id, KIND)
    return standing(ctx, patient)


def standing(ctx: Context, patient: PatientRow) -> Wishes:
    """Return the wishes of a patient who is within reach."""
    row = wishes.of_patient(ctx.session, patient.id)
    return Wishes(0, Said(), None) if row is None else Wishes(row.version, _said(row), row.changed_at)


def change(ctx: Context, said: Said) -> tuple[Wishes, Moved]:
    """Replace the acting patient's wishes; the same again is nothing new. What stood is kept (P08).

    Raises ClinicError `invalid`, and `contradiction` for a pause that is over before it begins.
    """
    patient = gate.own(ctx, "own-reminders:write", lock=True)
    said = _checked(said)
    before = standing(ctx, patient)
    if before.said == said:
        events.note(ctx, "own-reminders:write", patient.id, KIND, {"duplicate": True})
        return before, NOTHING
    row = wishes.of_patient(ctx.session, patient.id)
    if row is None:
        row = WishesRow(patient_id=patient.id, version=0)
        ctx.session.add(row)
    else:
        _keep(ctx, patient, before)
    row.version, row.changed_at = before.version + 1, ctx.now
    row.paused_from, row.paused_until = said.paused_from, said.paused_until
    row.stopped, row.nudges = " ".join(sorted(said.stopped)), said.nudges
    ctx.session.flush()
    events.note(ctx, "own-reminders:write", patient.id, KIND, {"version": row.version})
    feed.touch(ctx, patient.id, feed.Kind.PROFILE)
    return Wishes(row.version, said, ctx.now), reminders.replan(ctx, patient)


def as_json(said: Said) -> dict[str, Any]:
    """Return wishes as they are kept and taken along; moments in ISO 8601."""
    return {
        "paused_from": None if said.paused_from is None else said.paused_from.isoformat(),
        "paused_until": None if said.paused_until is None else said.paused_until.isoformat(),
        "stopped": sorted(said.stopped),
        "nudges": said.nudges,
    }


def _said(row: WishesRow) -> Said:
    return Said(row.paused_from, row.paused_until, frozenset(row.stopped.split()), row.nudges)


def _checked(said: Said) -> Said:
    """Return wishes that can be kept, their moments in UTC."""
    if not said.stopped <= frozenset(KINDS):
        raise invalid("/stopped", f"Must be some of: {', '.join(KINDS)}.")
    begins, ends = (at and at.astimezone(UTC) for at in (said.paused_from, said.paused_until))
    if ends is not None and begins is None:
        raise invalid("/paused_from", "A pause that ends needs a beginning.")
    if ends is not None and begins is not None and ends <= begins:
        raise invalid("/paused_until", "A pause ends after it began.", "contradiction")
    return replace(said, paused_from=begins, paused_until=ends)


def _keep(ctx: Context, patient: PatientRow, before: Wishes) -> None:
    records.keep_version(
        ctx.session,
        patient_id=patient.id,
        kind=KIND,
        record_id=patient.id,
        version=before.version,
        content=as_json(before.said),
        note_sealed=None,
        replaced_at=ctx.now,
        replaced_by=ctx.who.id,
        device_at=ctx.now,
        reason=words.sealed(ctx, patient, "own choice", words.of_version(KIND, patient.id, before.version)),
    )
