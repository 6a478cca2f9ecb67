"""What the clinic entered as FHIR finds it: findings, and each change as Provenance of what it made."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir import findings as observed
from backend.domain.fhir import laboratory, trails
from backend.domain.fhir.dates import of_instant, of_moment
from backend.domain.fhir.telling import Head, Telling, plain
from backend.services import findings, history, intervals
from backend.services.changed import Change, What
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.services.history import Told
from backend.storage import findings as stored
from backend.storage import records
from backend.storage.patients import PatientRow

_DONE = frozenset({"given", "missed"})


def found(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield a patient's findings, those retracted as taken back."""
    line, told = intervals.line(ctx, patient.id), plain(patient.id)
    kept = records.all_versions(ctx.session, patient.id, (findings.KIND,))
    received = {row.id: row.received_at for row in stored.of_patient(ctx.session, patient.id, retracted=True)}
    for one in findings.every(ctx, patient, line, retracted=True):
        replaced = [row.replaced_at for row in kept.get((findings.KIND, one.id), ())]
        head = Head(one.id, one.version, max([received[one.id], *replaced]), one.retracted)
        tell = partial(
            observed.observation, told, head, one.kind,
            occurred=one.occurred, ended_on=one.ended_on, issued=one.recorded_at, values=one.values, note=one.note,
            place=one.place,
        )  # fmt: skip
        key, span = told.key(one.id) + observed.suffix(), of_moment(one.occurred)
        yield Found(key, one.occurred.anchor, span, head.updated, patient.zone, tell, one.retracted)


def changes(ctx: Context, patient: PatientRow) -> Iterator[Found]:
    """Yield the changes to what is a resource here; care, requests and decisions are not."""
    told = plain(patient.id)
    for one in history.every(ctx, patient):
        targets = _targets(told, one.change)
        if targets:
            change = one.change
            head = Head(change.id, 1, change.at)
            tell = partial(
                trails.provenance, told, head,
                targets=targets, act=f"{change.what}:{change.act}", first=change.version == 1, by=_by(one),
                reason=change.reason,
            )  # fmt: skip
            yield Found(told.key(change.id), change.at, of_instant(change.at), change.at, patient.zone, tell)


def _by(one: Told) -> tuple[UUID, str | None, str] | None:
    return None if one.by is None else (one.by.id, one.by.name, one.by.role)


def _targets(told: Telling, change: Change) -> list[dict[str, str]]:
    """Return what a change made a version of, as far as that is a resource here."""
    key, held = told.key(change.subject), change.after or change.before or {}
    kind = {What.PLAN: "MedicationRequest", What.FINDING: "Observation"}.get(change.what)
    if change.what is What.IDENTITY:
        return [fhir.subject(told)]
    if kind is not None:
        return [fhir.reference(kind, key + (observed.suffix() if change.what is What.FINDING else ""))]
    if change.what is What.RESULT:
        return [fhir.reference("Observation", key + laboratory.suffix(held["analyte"]))]
    return _of_dose(key, change) if change.what is What.DOSE else []


def _of_dose(key: str, change: Change) -> list[dict[str, str]]:
    """Return the slot where one was planned, and the administration where one was recorded or taken back."""
    held: list[dict[str, Any]] = [one for one in (change.before, change.after) if one]
    slot = [fhir.reference("Appointment", key)] if any(one["planned"] for one in held) else []
    done = any(one["status"] in _DONE for one in held)
    return slot + ([fhir.reference("MedicationAdministration", key)] if done else [])
