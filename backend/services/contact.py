"""Contact: how somebody wants to be reached, checked, and sealed where it is an address."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import time
from typing import Any
from uuid import UUID

from backend.domain.errors import invalid
from backend.domain.languages import known_language
from backend.domain.moments import known_zone
from backend.services.context import Context
from backend.storage.patients import PatientRow
from backend.storage.sealing import Place
from backend.storage.ways import EMAIL, PUSH, SMS

CHANNELS = (PUSH, EMAIL, SMS)
"""What somebody may choose from; whether a browser or an app is woken is none of their concern."""

_PHONE = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
_SPACING = str.maketrans("", "", " -")
_BEFORE_CHANNELS: Mapping[str, tuple[str, ...]] = {"email": (EMAIL,), "push": (PUSH, EMAIL)}
"""What the one channel meant that versions kept before there were several name: push fell back to mail by itself."""


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody wants to be reached: channels in order, quiet hours on the clock of their zone, and their language.

    `phone` is E.164: a plus and 8 to 15 digits.
    """

    email: str | None
    language: str
    zone: str
    quiet_from: time | None
    quiet_to: time | None
    channels: tuple[str, ...]
    phone: str | None = None


def offered(ctx: Context) -> tuple[str, ...]:
    """Return the channels this installation can send by."""
    return tuple(channel for channel in CHANNELS if channel != SMS or ctx.settings.sms_url)


def checked(ctx: Context, contact: Contact) -> Contact:
    """Return a contact that can be kept, its number without spaces and dashes. Raises ClinicError `invalid`."""
    known_zone(contact.zone)
    known_language(contact.language)
    if (contact.quiet_from is None) != (contact.quiet_to is None):
        raise invalid("/quiet_to", "Quiet hours need a beginning and an end.")
    contact = replace(contact, phone=_phone(contact.phone))
    _check_channels(ctx, contact)
    return contact


def columns(ctx: Context, row: str, key: bytes, contact: Contact) -> Mapping[str, Any]:
    """Return the columns of a patient (id as text, and their key) that a contact fills."""
    told = {"email": contact.email, "phone": contact.phone}
    sealed = {f"{name}_sealed": ctx.sealer.seal(key, row, said, _place(row, name)) for name, said in told.items()}
    return {
        **sealed,
        "language": contact.language,
        "zone": contact.zone,
        "quiet_from": contact.quiet_from,
        "quiet_to": contact.quiet_to,
        "channels": " ".join(contact.channels),
    }


def opened(ctx: Context, row: PatientRow) -> Contact:
    """Return the contact of a patient who is within reach."""
    mine = str(row.id)
    email, phone = (
        ctx.sealer.open(row.key, mine, sealed, _place(mine, name))
        for name, sealed in (("email", row.email_sealed), ("phone", row.phone_sealed))
    )
    channels = tuple(row.channels.split())
    return Contact(email, row.language, row.zone, row.quiet_from, row.quiet_to, channels, phone)


def kept(told: Mapping[str, Any]) -> Contact:
    """Return the contact of an earlier version from its JSON; one from before there were several channels too."""
    first, last = (told[name] and time.fromisoformat(told[name]) for name in ("quiet_from", "quiet_to"))
    channels = tuple(told["channels"]) if "channels" in told else _BEFORE_CHANNELS[told["channel"]]
    return Contact(told["email"], told["language"], told["zone"], first, last, channels, told.get("phone"))


def forgiven(before: Contact, after: Contact) -> Mapping[str, None]:
    """Return the columns that held it against an address that it was refused, where it is another one now."""
    renewed = {"email_refused_at": before.email != after.email, "phone_refused_at": before.phone != after.phone}
    return {column: None for column, changed in renewed.items() if changed}


def mended(before: Contact, after: Contact) -> bool:
    """Whether what came to nothing may arrive now: by another address, or by other channels."""
    return bool(forgiven(before, after)) or before.channels != after.channels


def _check_channels(ctx: Context, contact: Contact) -> None:
    able, chosen = offered(ctx), contact.channels
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(able):
        raise invalid("/channels", f"Must be one or more of: {', '.join(able)}, each once.")
    if SMS in chosen and contact.phone is None:
        raise invalid("/phone", "Text messages need a phone number.")


def _phone(told: str | None) -> str | None:
    number = None if told is None else told.translate(_SPACING)
    if number is not None and not _PHONE.fullmatch(number):
        raise invalid("/phone", "Must be a number with its country, like +31 6 12345678.")
    return number


def _place(patient_id: str, column: str) -> Place:
    return Place("patients", column, str(UUID(patient_id)))
