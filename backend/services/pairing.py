"""Pairing: a one-time code lets a patient's phone in; the list of phones, and sending one away."""

import secrets as system
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

from backend.domain import codes
from backend.domain.errors import ClinicError, Remembered
from backend.services import events, gate, tries, words
from backend.services.access import digest
from backend.services.context import Context
from backend.services.sessions import Tokens, close, of_phone
from backend.storage import access
from backend.storage.access import PairingRow, SessionRow
from backend.storage.patients import PatientRow

LIFE = timedelta(minutes=15)
WRONG_TRIES = 5
SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Pairing:
    """What is shown once at the desk: the secret to scan, the code to type, and until when they work."""

    id: UUID
    secret: str
    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """A patient's phone."""

    id: UUID
    name: str
    paired_at: datetime
    seen_at: datetime
    synced_at: datetime | None
    revoked_at: datetime | None


def offer(ctx: Context, patient_id: UUID) -> Pairing:
    """Make a pairing code for a patient: 15 minutes, one use."""
    patient = gate.patient(ctx, "patients:pair", patient_id)
    secret, code = system.token_urlsafe(SECRET_BYTES), _free_code(ctx)
    row = PairingRow(
        id=uuid4(),
        patient_id=patient.id,
        secret_hash=digest(secret),
        selector=code.selector,
        verifier_hash=_verifier(ctx, code),
        expires_at=ctx.now + LIFE,
        wrong_tries=0,
    )
    ctx.session.add(row)
    ctx.session.flush()
    events.note(ctx, "patients:pair", patient.id, row.id, {"offered": True})
    return Pairing(row.id, secret, code.shown, row.expires_at)


def pair(ctx: Context, network: str, device_name: str, *, secret: str | None = None, code: str | None = None) -> Tokens:
    """Use a pairing up and return the tokens of the phone's session.

    Wrong ones count per network and, where the selector fits, burn the pairing at the fifth. Raises ClinicError
    `too-many-tries`, and for whatever does not work the same `code-used`.
    """
    marked = tries.mark(ctx, "pairing", network)
    access.one_at_a_time(ctx.session, marked)  # or many guesses at once would all be the first
    # A whole clinic shares an address: no growing delays, only the limit.
    tries.admit(ctx, marked, ctx.settings.pairing_limit, free=ctx.settings.pairing_limit)
    row = _by_secret(ctx, secret) if secret is not None else _by_code(ctx, code or "")
    if row is None:
        tries.count(ctx, marked)
        raise Remembered("code-used")
    row.used_at = ctx.now
    ctx.session.flush()
    return of_phone(ctx, ctx.session.get_one(PatientRow, row.patient_id), device_name)


def devices(ctx: Context, patient_id: UUID) -> list[Device]:
    """Return a patient's phones, the newest first, those sent away too."""
    patient = gate.patient(ctx, "patients:pair", patient_id)
    events.note(ctx, "patients:pair", patient.id, "devices")
    return every(ctx, patient)


def revoke(ctx: Context, patient_id: UUID, device_id: UUID) -> None:
    """Send a phone away; its next request is refused by every worker (P22). Twice changes nothing."""
    patient = gate.patient(ctx, "patients:pair", patient_id, lock=True)
    send_away(ctx, "patients:pair", patient, device_id)


def every(ctx: Context, patient: PatientRow) -> list[Device]:
    """Return all phones of a patient who is within reach, the newest first."""
    return [_device(ctx, patient, row) for row in access.devices(ctx.session, patient.id)]


def send_away(ctx: Context, permission: str, patient: PatientRow, device_id: UUID) -> None:
    """Send a phone of a patient who is within reach, and locked, away. Raises ClinicError `not-found`."""
    row = access.device(ctx.session, patient.id, device_id)
    if row is None:
        raise ClinicError("not-found")
    close(ctx, row.id, patient.id)
    events.note(ctx, permission, patient.id, row.id, {"revoked": True})


def _by_secret(ctx: Context, secret: str) -> PairingRow | None:
    row = access.pairing_by_secret(ctx.session, digest(secret))
    return row if row is not None and _open(row, ctx.now) else None


def _by_code(ctx: Context, typed: str) -> PairingRow | None:
    code = codes.read(typed)
    row = access.pairing_by_selector(ctx.session, code.selector, ctx.now) if code is not None else None
    if code is None or row is None or not _open(row, ctx.now):
        return None
    if compare_digest(row.verifier_hash, _verifier(ctx, code)):
        return row
    row.wrong_tries += 1
    if row.wrong_tries == WRONG_TRIES:
        events.note(ctx, "pairing:burnt", row.patient_id, row.id)
    return None


def _open(row: PairingRow, now: datetime) -> bool:
    return row.used_at is None and row.expires_at > now and row.wrong_tries < WRONG_TRIES


def _free_code(ctx: Context) -> codes.Code:
    """Return a code whose selector no open pairing has."""
    while True:
        code = codes.from_bytes(system.token_bytes(codes.SELECTOR + codes.VERIFIER))
        if not access.selector_open(ctx.session, code.selector, ctx.now):
            return code


def _verifier(ctx: Context, code: codes.Code) -> bytes:
    """Return what is stored of a verifier: 40 bits could be guessed from a plain hash, so it is keyed."""
    return ctx.sealer.fingerprint("pairing", f"{code.selector}\x00{code.verifier}")


def _device(ctx: Context, patient: PatientRow, row: SessionRow) -> Device:
    name = words.opened(ctx, patient, row.name, words.of_device(row.id))
    return Device(row.id, name, row.started_at, row.seen_at, row.synced_at, row.revoked_at)
