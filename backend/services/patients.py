"""Patients: enrol, read and change who somebody is and how they want to be reached; identity is kept sealed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson

from backend.domain.errors import ClinicError
from backend.services import contact as reaching
from backend.services import events, feed, gate, reminders, words
from backend.services.contact import Contact
from backend.services.context import Context
from backend.services.paging import Page, cut
from backend.services.reminders import NOTHING, Moved
from backend.storage import patients, records
from backend.storage.patients import PatientRow
from backend.storage.people import SiteRow
from backend.storage.records import VersionRow
from backend.storage.sealing import Place

_IN_WORDS_OR_DAYS = (feed.Kind.PLAN, feed.Kind.FORMS, feed.Kind.REMINDERS)
_SEALED = {"name": "name", "birth_on": "birth_date", "hospital_number": "hospital_number"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is."""

    name: str | None
    birth_on: date | None
    hospital_number: str | None


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as shown to those who may; `duplicate` marks the answer to a retried enrolment.

    An address is `refused` since its provider said that it does not exist; `channels_offered` are those this
    installation can send by.
    """

    id: UUID
    version: int
    site_id: UUID
    enrolled_at: datetime
    identity: Identity
    contact: Contact
    channels_offered: tuple[str, ...]
    email_refused_at: datetime | None = None
    phone_refused_at: datetime | None = None
    duplicate: bool = False


def site_defaults(ctx: Context) -> tuple[str, str]:
    """Return zone and language of the actor's own site."""
    site = ctx.session.get_one(SiteRow, gate.own_site(ctx))
    return site.zone, site.language


def enrol(ctx: Context, identity: Identity, contact: Contact, patient_id: UUID | None = None) -> Patient:
    """Enrol a patient at the actor's own site; the enroller has a care relationship from then on.

    A retry under the same id gives what is stored, as a duplicate. Raises ClinicError `invalid`, `id-in-use`, and
    `already-exists` for a hospital number the site has.
    """
    actor = gate.permit(ctx, "patients:enrol")
    site_id = gate.own_site(ctx)
    contact = reaching.checked(ctx, contact)
    new_id = patient_id or uuid4()
    row = str(new_id)
    key = ctx.sealer.new_key(row)
    values = {
        "id": new_id,
        "site_id": site_id,
        "key": key,
        "enrolled_at": ctx.now,
        "version": 1,
        **_columns(ctx, site_id, row, key, identity, contact),
    }
    if not patients.add(ctx.session, values):
        return _existing(ctx, new_id, identity, contact)
    if actor.staff_id is not None:
        begun = {"starts_at": ctx.now, "granted_by": actor.staff_id}
        patients.add_care(ctx.session, id=uuid4(), patient_id=new_id, staff_id=actor.staff_id, **begun)
    events.note(ctx, "patients:enrol", new_id, new_id, {"version": 1})
    return Patient(new_id, 1, site_id, ctx.now, identity, contact, reaching.offered(ctx))


def numbered(ctx: Context, site_id: UUID, number: str) -> PatientRow | None:
    """Return the patient of a hospital number at a site; reach is checked by the caller."""
    mark = _mark(ctx, site_id, number)
    return None if mark is None else patients.by_mark(ctx.session, site_id, mark)


def normal(number: str) -> str:
    """Return a hospital number as it is compared: case and spaces do not matter."""
    return "".join(number.upper().split())


def page(ctx: Context, after: tuple[datetime, UUID] | None, limit: int) -> Page[Patient]:
    """Return a page of the patients the actor cares for, by when they were enrolled."""
    actor = gate.permit(ctx, "patients:list")
    if actor.staff_id is None:
        raise ClinicError("not-found")
    rows, more = cut(patients.within_reach(ctx.session, actor.staff_id, ctx.now, after, limit + 1), limit)
    for row in rows:
        events.note(ctx, "patients:list", row.id)
    return Page([opened(ctx, row) for row in rows], (rows[-1].enrolled_at, rows[-1].id) if more else None)


def get(ctx: Context, patient_id: UUID) -> Patient:
    """Return one patient."""
    row = gate.patient(ctx, "patients:read", patient_id)
    events.note(ctx, "patients:read", row.id)
    return opened(ctx, row)


def change(
    ctx: Context, patient_id: UUID, version: int, identity: Identity, contact: Contact, reason: str
) -> tuple[Patient, Moved]:
    """Replace who a patient is and how to reach them; what they are told moves with it, what stood is kept (P08).

    Raises ClinicError `stale-version`, `invalid`, and `already-exists` for a hospital number the site has.
    """
    row = gate.patient(ctx, "patients:write", patient_id, lock=True)
    if row.version != version:
        raise ClinicError("stale-version")
    mark = _mark(ctx, row.site_id, identity.hospital_number)
    other = patients.by_mark(ctx.session, row.site_id, mark) if mark is not None else None
    if other is not None and other.id != row.id:
        raise ClinicError("already-exists", "Your site has a patient with this hospital number.")
    return _replace(ctx, "patients:write", row, identity, reaching.checked(ctx, contact), reason)


def own(ctx: Context) -> tuple[PatientRow, Patient]:
    """Return the acting patient, as stored and readable."""
    row = gate.own(ctx, "own-profile:read")
    events.note(ctx, "own-profile:read", row.id)
    return row, opened(ctx, row)


def change_own(ctx: Context, contact: Contact) -> tuple[PatientRow, Patient, Moved]:
    """Change how the acting patient wants to be reached; what they are told moves along. Twice is nothing new."""
    row = gate.own(ctx, "own-profile:write", lock=True)
    contact = reaching.checked(ctx, contact)
    return row, *_replace(ctx, "own-profile:write", row, opened(ctx, row).identity, contact, "own choice")


def identity(ctx: Context, row: PatientRow) -> Identity:
    """Return who the patient of a row is; reach was checked by the caller."""
    told = {
        name: ctx.sealer.open(row.key, str(row.id), getattr(row, f"{column}_sealed"), _place(row.id, column))
        for name, column in _SEALED.items()
    }
    birth_on = None if told["birth_on"] is None else date.fromisoformat(told["birth_on"])
    return Identity(told["name"], birth_on, told["hospital_number"])


def opened(ctx: Context, row: PatientRow) -> Patient:
    """Return a patient's row with what is sealed in it readable; reach was checked by the caller."""
    return Patient(
        row.id,
        row.version,
        row.site_id,
        row.enrolled_at,
        identity(ctx, row),
        reaching.opened(ctx, row),
        reaching.offered(ctx),
        row.email_refused_at,
        row.phone_refused_at,
    )


def _existing(ctx: Context, patient_id: UUID, identity: Identity, contact: Contact) -> Patient:
    """Return what a retried enrolment made before, or say why this one cannot be: an id or a number in use."""
    row = patients.get(ctx.session, patient_id)
    if row is None:
        raise ClinicError("already-exists", "Your site has a patient with this hospital number.")
    try:
        stored = opened(ctx, gate.patient(ctx, "patients:read", patient_id))
    except ClinicError as error:
        raise ClinicError("id-in-use") from error
    if (stored.identity, stored.contact) != (identity, contact):
        raise ClinicError("id-in-use")
    events.note(ctx, "patients:read", row.id)
    return replace(stored, duplicate=True)


def _replace(
    ctx: Context, permission: str, row: PatientRow, identity: Identity, contact: Contact, reason: str
) -> tuple[Patient, Moved]:
    before = opened(ctx, row)
    if (before.identity, before.contact) == (identity, contact):
        events.note(ctx, permission, row.id, row.id, {"duplicate": True})
        return before, NOTHING
    _keep(ctx, row, before, reason)
    told = _columns(ctx, row.site_id, str(row.id), row.key, identity, contact)
    for column, value in {**told, **reaching.forgiven(before.contact, contact)}.items():
        setattr(row, column, value)
    row.version += 1
    ctx.session.flush()
    events.note(ctx, permission, row.id, row.id, {"version": row.version})
    feed.touch(ctx, row.id, feed.Kind.PROFILE)
    if (before.contact.language, before.contact.zone) != (contact.language, contact.zone):
        for kind in _IN_WORDS_OR_DAYS:
            feed.touch(ctx, row.id, kind)
    mended = reaching.mended(before.contact, contact)
    moved = reminders.replan(ctx, row, mended=mended) if before.contact != contact else NOTHING
    return opened(ctx, row), moved


def superseded(ctx: Context, row: PatientRow, kept: VersionRow) -> tuple[Identity, Contact]:
    """Return who a patient was, and how to be reached, in an earlier version; reach was checked by the caller."""
    told = orjson.loads(ctx.sealer.open(row.key, str(row.id), kept.note_sealed, _kept(row)) or "{}")
    birth_on = None if told["birth_on"] is None else date.fromisoformat(told["birth_on"])
    return Identity(told["name"], birth_on, told["hospital_number"]), reaching.kept(told)


def _kept(row: PatientRow) -> Place:
    return Place("record_versions", "patient", str(row.id))


def _keep(ctx: Context, row: PatientRow, before: Patient, reason: str) -> None:
    """Keep the version that is replaced; all of it sealed, since it says who somebody is."""
    held = orjson.dumps({**asdict(before.identity), **asdict(before.contact)}).decode()
    records.keep_version(
        ctx.session,
        patient_id=row.id,
        kind="patient",
        record_id=row.id,
        version=row.version,
        content={},
        note_sealed=ctx.sealer.seal(row.key, str(row.id), held, _kept(row)),
        replaced_at=ctx.now,
        replaced_by=ctx.who.id,
        device_at=ctx.now,
        reason=words.sealed(ctx, row, reason, words.of_version("patient", row.id, row.version)),
    )


def _columns(
    ctx: Context, site_id: UUID, row: str, key: bytes, identity: Identity, contact: Contact
) -> Mapping[str, Any]:
    told = {
        "name": identity.name,
        "birth_on": None if identity.birth_on is None else identity.birth_on.isoformat(),
        "hospital_number": identity.hospital_number,
    }
    sealed = {
        f"{column}_sealed": ctx.sealer.seal(key, row, told[name], _place(UUID(row), column))
        for name, column in _SEALED.items()
    }
    return {
        **sealed,
        "hospital_number_mark": _mark(ctx, site_id, identity.hospital_number),
        **reaching.columns(ctx, row, key, contact),
    }


def _mark(ctx: Context, site_id: UUID, number: str | None) -> bytes | None:
    """Return the keyed mark by which a hospital number is found again at its site."""
    if number is None:
        return None
    return ctx.sealer.fingerprint("hospital-number", f"{site_id}\x00{normal(number)}")


def _place(patient_id: UUID, column: str) -> Place:
    return Place("patients", column, str(patient_id))
