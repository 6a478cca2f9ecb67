"""Patients over HTTP: enrolment, identity and contact, one's own profile, pairing codes and phones."""

from typing import Any
from uuid import UUID

from flask import current_app
from marshmallow import Schema

from backend.api import fields, paging
from backend.api import reminder_wishes as wishes
from backend.api.access import qr
from backend.api.endpoint import Answer, Room, clock_text
from backend.api.reminder_wishes import WishesOut
from backend.api.reminders import MovedOut
from backend.api.shapes import PageIn
from backend.api.versions import etag
from backend.services import pairing, patients, profile
from backend.services.contact import CHANNELS, Contact
from backend.services.context import Context
from backend.services.patients import Identity, Patient
from backend.services.profile import Profile

room = Room("patients")

_SIGN = r"[^@.\s\x80-\xa0\u2028\u2029,;:<>()\[\]\"\\]"
"""What stands in an address: nothing that ends a header's line or makes several addresses of one."""
EMAIL = rf"({_SIGN}|\.){{1,64}}@{_SIGN}{{1,63}}(\.{_SIGN}{{1,63}}){{1,10}}"
PHONE = r"\+[0-9][0-9 -]{6,30}[0-9]"


def _channels(**told: Any) -> fields.Many:
    return fields.Many(fields.Words(*CHANNELS), fewest=1, most=len(CHANNELS), **told)


class ContactIn(Schema):
    """How somebody wants to be reached; quiet hours are on the clock of the zone and may cross midnight.

    `channels` are tried in order, each named once; sms needs a `phone`, with its country.
    """

    email = fields.Text(254, pattern=EMAIL, load_default=None, allow_none=True)
    language = fields.Words("nl", "en", required=True)
    zone = fields.Text(64, required=True)
    quiet_from = fields.Clock(load_default=None, allow_none=True)
    quiet_to = fields.Clock(load_default=None, allow_none=True)
    channels = _channels(load_default=lambda: ["email"])
    phone = fields.Text(33, pattern=PHONE, load_default=None, allow_none=True)


class IdentityIn(Schema):
    """Who somebody is."""

    name = fields.Text(200, required=True)
    birth_on = fields.Day(load_default=None, allow_none=True)
    hospital_number = fields.Text(40, load_default=None, allow_none=True)


class PatientIn(ContactIn, IdentityIn):
    """A new patient, if wished under an id the client made; language and zone are the site's where not given."""

    id = fields.Id(load_default=None)
    language = fields.Words("nl", "en")
    zone = fields.Text(64)


class PatientChangeIn(ContactIn, IdentityIn):
    """Everything about a patient as it should be from now on, and why."""

    reason = fields.Text(500, required=True)


class ContactOut(Schema):
    """How somebody wants to be reached; `..._refused_at` is since when an address is known not to exist.

    `channels_offered` are those this installation can send by.
    """

    email = fields.Text(254, required=True, allow_none=True)
    language = fields.Words("nl", "en", required=True)
    zone = fields.Text(64, required=True)
    quiet_from = fields.Clock(required=True, allow_none=True)
    quiet_to = fields.Clock(required=True, allow_none=True)
    channels = _channels(required=True)
    channels_offered = _channels(required=True)
    phone = fields.Text(16, required=True, allow_none=True)
    email_refused_at = fields.Instant(required=True, allow_none=True)
    phone_refused_at = fields.Instant(required=True, allow_none=True)


class PatientOut(ContactOut):
    """A patient: identity and contact."""

    id = fields.Id(required=True)
    version = fields.Integer(1, 1_000_000, required=True)
    site_id = fields.Id(required=True)
    enrolled_at = fields.Instant(required=True)
    duplicate = fields.Flag(required=True)
    name = fields.Text(200, required=True, allow_none=True)
    birth_on = fields.Day(required=True, allow_none=True)
    hospital_number = fields.Text(40, required=True, allow_none=True)


class PatientMovedOut(PatientOut):
    """A patient after a change, and the reminders it moved."""

    reminders = fields.Part(MovedOut, required=True)


class ProfileOut(PatientOut):
    """One's own profile, with what one wants to hear."""

    reminder_wishes = fields.Part(WishesOut, required=True)


class ProfileMovedOut(ProfileOut):
    """One's own profile after a change, and the reminders it moved."""

    reminders = fields.Part(MovedOut, required=True)


class PatientPage(Schema):
    """Patients, by when they were enrolled."""

    items = fields.Many(fields.Part(PatientOut), most=500, required=True)
    next = fields.Text(1000, required=True, allow_none=True)


class PairingOut(Schema):
    """A pairing code, shown this one time: scan the picture, or type the code."""

    id = fields.Id(required=True)
    secret = fields.Text(100, required=True)
    qr_svg = fields.Text(100_000, required=True)
    code = fields.Text(13, required=True)
    expires_at = fields.Instant(required=True)


class DeviceOut(Schema):
    """A patient's phone; `synced_at` is when it last sent and got everything, null where it never did."""

    id = fields.Id(required=True)
    name = fields.Text(100, required=True)
    paired_at = fields.Instant(required=True)
    seen_at = fields.Instant(required=True)
    synced_at = fields.Instant(required=True, allow_none=True)
    revoked_at = fields.Instant(required=True, allow_none=True)


class DeviceList(Schema):
    """Phones, the newest first."""

    items = fields.Many(fields.Part(DeviceOut), most=100_000, required=True)


@room.route(
    "POST", "/patients", permission="patients:enrol", takes=PatientIn, gives=PatientOut, status=201, also=(200,),
    problems=(409,),
)  # fmt: skip
def enrol_patient(ctx: Context, data: dict[str, Any]) -> Answer:
    """Enrol a patient at one's own site; whoever enrols has a care relationship from then on."""
    zone, language = patients.site_defaults(ctx)
    told = {"zone": zone, "language": language, **data}
    found = patients.enrol(ctx, _identity(told), _contact(told), data["id"])
    return Answer(shown(found), 200 if found.duplicate else 201, etag(found.version))


@room.route("GET", "/patients", permission="patients:list", asks=PageIn, gives=PatientPage)
def list_patients(ctx: Context, query: dict[str, Any]) -> dict[str, Any]:
    """List the patients one cares for."""
    return paging.page(patients.page(ctx, *paging.asked(query)), shown)


@room.route("GET", "/patients/<uuid:patient_id>", permission="patients:read", gives=PatientOut)
def get_patient(ctx: Context, patient_id: UUID) -> Answer:
    """Get a patient one cares for."""
    found = patients.get(ctx, patient_id)
    return Answer(shown(found), headers=etag(found.version))


@room.route(
    "PUT", "/patients/<uuid:patient_id>", permission="patients:write", takes=PatientChangeIn, gives=PatientMovedOut,
    if_match=True, problems=(409,),
)  # fmt: skip
def change_patient(ctx: Context, patient_id: UUID, data: dict[str, Any], version: int) -> Answer:
    """Change a patient's identity and contact details, with a reason."""
    found, moved = patients.change(ctx, patient_id, version, _identity(data), _contact(data), data["reason"])
    return Answer(shown(found) | {"reminders": moved}, headers=etag(found.version))


@room.route("GET", "/me/profile", permission="own-profile:read", gives=ProfileOut)
def get_own_profile(ctx: Context) -> Answer:
    """Get one's own profile."""
    found = profile.own(ctx)
    return Answer(own_shown(found), headers=etag(found.patient.version))


@room.route("PUT", "/me/profile", permission="own-profile:write", takes=ContactIn, gives=ProfileMovedOut)
def change_own_profile(ctx: Context, data: dict[str, Any]) -> Answer:
    """Change how one wants to be reached; safe to retry."""
    found, moved = profile.change_own(ctx, _contact(data))
    return Answer(own_shown(found) | {"reminders": moved}, headers=etag(found.patient.version))


@room.route(
    "POST", "/patients/<uuid:patient_id>/pairings", permission="patients:pair", gives=PairingOut, status=201
)  # fmt: skip
def offer_pairing(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """Make a pairing code for a patient's phone: 15 minutes, one use."""
    made = pairing.offer(ctx, patient_id)
    address = current_app.extensions["uitwerk"].settings.public_url
    # Behind the #, so that the secret never reaches a server by being opened.
    drawn = qr(f"{address}/pair#{made.secret}")
    return {"id": made.id, "secret": made.secret, "qr_svg": drawn, "code": made.code, "expires_at": made.expires_at}


@room.route("GET", "/patients/<uuid:patient_id>/devices", permission="patients:pair", gives=DeviceList)
def list_devices(ctx: Context, patient_id: UUID) -> dict[str, Any]:
    """List a patient's phones."""
    return {"items": pairing.devices(ctx, patient_id)}


@room.route(
    "DELETE", "/patients/<uuid:patient_id>/devices/<uuid:device_id>", permission="patients:pair", status=204
)  # fmt: skip
def revoke_device(ctx: Context, patient_id: UUID, device_id: UUID) -> None:
    """Send a phone away, at once."""
    pairing.revoke(ctx, patient_id, device_id)


def _identity(data: dict[str, Any]) -> Identity:
    return Identity(data["name"], data["birth_on"], data["hospital_number"])


def _contact(data: dict[str, Any]) -> Contact:
    return Contact(
        email=data["email"],
        language=data["language"],
        zone=data["zone"],
        quiet_from=data["quiet_from"],
        quiet_to=data["quiet_to"],
        channels=tuple(data["channels"]),
        phone=data["phone"],
    )


def own_shown(found: Profile) -> dict[str, Any]:
    """Return a patient as shown to themselves."""
    return shown(found.patient) | {"reminder_wishes": wishes.shown(found.wishes)}


def shown(patient: Patient) -> dict[str, Any]:
    """Return a patient as shown to those who may."""
    identity, contact = patient.identity, patient.contact
    return {
        "id": patient.id,
        "version": patient.version,
        "site_id": patient.site_id,
        "enrolled_at": patient.enrolled_at,
        "duplicate": patient.duplicate,
        "name": identity.name,
        "birth_on": identity.birth_on,
        "hospital_number": identity.hospital_number,
        "email": contact.email,
        "language": contact.language,
        "zone": contact.zone,
        "quiet_from": clock_text(contact.quiet_from),
        "quiet_to": clock_text(contact.quiet_to),
        "channels": contact.channels,
        "channels_offered": patient.channels_offered,
        "phone": contact.phone,
        "email_refused_at": patient.email_refused_at,
        "phone_refused_at": patient.phone_refused_at,
    }
