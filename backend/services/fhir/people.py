"""Patients as FHIR finds them: oneself, one within reach, or all one cares for; and who looked at one's own record."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.fhir import ids, people, trails
from backend.domain.fhir.dates import of_instant
from backend.domain.fhir.telling import plain
from backend.services import access_log, events, gate, patients
from backend.services.context import Context
from backend.services.fhir.found import Found, reach
from backend.storage import patients as enrolled
from backend.storage import records
from backend.storage.patients import PatientRow

OWN, CARE, LIST = "own-profile:read", "patients:read", "patients:list"
_KIND = "patient"
_MOST = 1_000_000


def persons(ctx: Context, patient_id: UUID | None, key: str | None) -> Iterator[Found]:
    """Yield who somebody is; staff who name nobody get all they care for, each noted when shown."""
    if key is not None:
        patient_id = _named(key)
    permission = CARE if ctx.who.patient_id is None else OWN
    whose = patient_id or ctx.who.patient_id
    if whose is not None:
        row = reach(ctx, permission, whose)
        events.note(ctx, permission, row.id, detail={"fhir": "Patient"})
        yield from _persons(ctx, [row], "")
        return
    actor = gate.permit(ctx, LIST)
    if actor.staff_id is None:
        raise ClinicError("not-found")
    yield from _persons(ctx, enrolled.within_reach(ctx.session, actor.staff_id, ctx.now, None, _MOST), LIST)


def _named(key: str) -> UUID:
    try:
        named = UUID(key)
    except ValueError as error:
        raise ClinicError("not-found") from error
    if str(named) != key:  # an id has one form only
        raise ClinicError("not-found")
    return named


def _persons(ctx: Context, rows: Sequence[PatientRow], noted: str) -> Iterator[Found]:
    replaced = records.last_replaced(ctx.session, _KIND, [row.id for row in rows])
    for row in rows:
        updated = replaced.get(row.id, row.enrolled_at)
        tell = partial(_told, ctx, row, updated, noted)
        yield Found(str(row.id), row.enrolled_at, None, updated, row.zone, tell)


def _told(ctx: Context, row: PatientRow, updated: datetime, noted: str) -> dict[str, Any]:
    if noted:
        events.note(ctx, noted, row.id, detail={"fhir": "Patient"})
    found = patients.opened(ctx, row)
    who, contact = found.identity, found.contact
    return people.patient(
        row.id,
        row.version,
        updated,
        site_id=row.site_id,
        name=who.name,
        birth_on=who.birth_on,
        hospital_number=who.hospital_number,
        language=contact.language,
        telecom=(("phone", contact.phone), ("email", contact.email)),
    )


def looks(ctx: Context, patient: PatientRow) -> Iterable[Found]:
    """Yield what others did with the acting patient's record."""
    told = plain(patient.id)
    for number, look in access_log.numbered(ctx, patient):
        key = f"{ids.short(patient.id)}.{number:010}"  # of one moment, the later comes first
        tell = partial(
            trails.audit_event, told, key,
            at=look.at, who=look.who, role=look.role, act=look.act, refused=look.refused,
        )  # fmt: skip
        yield Found(key, look.at, of_instant(look.at), look.at, patient.zone, tell)
