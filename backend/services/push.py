"""Push subscriptions: a patient's phone lets its browser or app be woken, for as long as it is paired."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import orjson

from backend.domain.errors import ClinicError, invalid
from backend.services import events, gate, reminders, words
from backend.services.context import Context
from backend.storage import access, patients, push
from backend.storage.patients import PatientRow
from backend.storage.sealing import SealError, load_key
from backend.storage.ways import APNS, BY_PHONE, FCM, PUSH
from notifications import vapid
from notifications.endpoint import listed, parse
from notifications.envelope import point, secret

MOST = 10
"""So many phones of one patient are woken; one more takes the place of the oldest."""

SERVICES = (FCM, APNS)
"""Where an app, as opposed to a browser, has its token from."""

_RETRY_S = 5
_TOKENS = {
    FCM: re.compile(r"[A-Za-z0-9_:-]{20,4096}", re.ASCII),
    APNS: re.compile(r"[0-9a-f]{64,200}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Target:
    """What a browser gives: its address at its push service, and its keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A standing subscription as its patient sees it: `service` is webpush, fcm or apns; `this` the phone that asks."""

    id: UUID
    device: str
    service: str
    made_at: datetime
    this: bool


def public_key(ctx: Context) -> str:
    """Return the key browsers subscribe with, made when first asked for.

    Raises ClinicError `storage-unavailable` where its file can be neither read nor written.
    """
    try:
        return vapid.public_key(load_key(ctx.settings.push_key))
    except (OSError, SealError) as error:
        raise ClinicError("storage-unavailable", retry_after_s=_RETRY_S) from error


def subscribe(ctx: Context, target: Target) -> tuple[UUID, bool]:
    """Let the browser of the acting patient's phone be woken; return the subscription's id and whether it is new.

    The same once more is nothing new. A phone has one subscription; one that somebody else's phone had before is
    theirs no longer, since it is the same browser. What either is told moves along. Raises ClinicError `invalid`.
    """
    patient = gate.own(ctx, "own-push:write")
    _check(ctx, target)
    told = {"endpoint": target.endpoint, "p256dh": target.p256dh, "auth": target.auth, "signed_for": public_key(ctx)}
    return _let_wake(ctx, patient.id, BY_PHONE[PUSH], target.endpoint, told)


def register(ctx: Context, service: str, token: str) -> tuple[UUID, bool]:
    """Let the app on the acting patient's phone be woken through a service; answers and moves as `subscribe`.

    A phone has one token of each service. Raises ClinicError `invalid`, also for a service this installation does not
    send through.
    """
    patient = gate.own(ctx, "own-push:write")
    able = {FCM: ctx.settings.fcm_file, APNS: ctx.settings.apns_key_file}
    if able.get(service) is None:
        raise invalid("/service", "Not sent through by this installation.")
    token = token.lower() if service == APNS else token
    if not _TOKENS[service].fullmatch(token):
        raise invalid("/token", "Must be a token of that service.")
    return _let_wake(ctx, patient.id, BY_PHONE[service], f"{service}:{token}", {"token": token})


def own(ctx: Context) -> list[Subscription]:
    """Return the acting patient's standing subscriptions, the newest first."""
    patient = gate.own(ctx, "own-push:write")
    events.note(ctx, "own-push:write", patient.id, "list")
    names = {
        row.id: words.opened(ctx, patient, row.name, words.of_device(row.id))
        for row in access.devices(ctx.session, patient.id)
    }
    return [
        Subscription(row.id, names[row.session_id], row.service, row.made_at, row.session_id == ctx.who.session_id)
        for row in push.of_patient(ctx.session, patient.id)
    ]


def unsubscribe(ctx: Context, subscription_id: UUID) -> None:
    """Let a phone of the acting patient sleep; without any left reminders go by the next way. Twice changes nothing."""
    patient = gate.own(ctx, "own-push:write", lock=True)
    row = push.get(ctx.session, patient.id, subscription_id)
    if row is None:
        raise ClinicError("not-found")
    push.end(ctx.session, [row.id], ctx.now)
    events.note(ctx, "own-push:write", patient.id, row.id, {"ended": True})
    reminders.replan(ctx, patient)


def _let_wake(ctx: Context, mine: UUID, service: str, named: str, told: Mapping[str, str]) -> tuple[UUID, bool]:
    """Store where a phone is woken, `named` so by its service, in the place of what was there before."""
    mark = ctx.sealer.fingerprint("push-endpoint", named)
    access.one_at_a_time(ctx.session, mark)
    found = push.by_mark(ctx.session, mark)
    holders = _locked(ctx, {mine} | ({found.patient_id} if found else set()))
    session_id = _phone(ctx)
    same = found is not None and (found.patient_id, found.session_id) == (mine, session_id)
    new_id = found.id if found is not None and same else uuid4()
    push.put(ctx.session, _values(ctx, holders[mine], new_id, mark, service, told))
    _make_room(ctx, mine, new_id, service)
    events.note(ctx, "own-push:write", mine, new_id, {"duplicate": same})
    for holder in holders.values():
        reminders.replan(ctx, holder)
        if holder.id != mine:
            events.note(ctx, "push:moved", holder.id, new_id)
    return new_id, not same


def _make_room(ctx: Context, patient_id: UUID, new_id: UUID, service: str) -> None:
    """End what the same phone had of the same service, and what is more than so many phones."""
    standing = push.of_patient(ctx.session, patient_id)
    here = [row for row in standing if (row.session_id, row.service) == (_phone(ctx), service)]
    earlier = [row.id for row in here if row.id != new_id]
    push.end(ctx.session, [*earlier, *(row.id for row in standing[MOST:])], ctx.now)


def _check(ctx: Context, target: Target) -> None:
    try:
        parse(target.endpoint, listed(ctx.settings.push_hosts, ctx.settings.push_test_hosts))
    except ValueError as error:
        raise invalid("/endpoint", "Must be an address at a known push service.") from error
    for name, read, text in (("p256dh", point, target.p256dh), ("auth", secret, target.auth)):
        try:
            read(text)
        except ValueError as error:
            raise invalid(f"/keys/{name}", "Must be a key of a push subscription, in base64url.") from error


def _locked(ctx: Context, patient_ids: set[UUID]) -> dict[UUID, PatientRow]:
    """Return patients with their rows locked, always in the same order, so that nobody waits in a circle."""
    rows = (patients.get(ctx.session, patient_id, lock=True) for patient_id in sorted(patient_ids))
    return {row.id: row for row in rows if row is not None}


def _phone(ctx: Context) -> UUID:
    session_id = ctx.who.session_id
    if session_id is None:
        raise ValueError("a subscription belongs to the session of a phone")
    return session_id


def _values(
    ctx: Context, patient: PatientRow, new_id: UUID, mark: bytes, service: str, told: Mapping[str, str]
) -> dict[str, object]:
    held = ctx.sealer.seal(patient.key, str(patient.id), orjson.dumps(dict(told)).decode(), push.place(new_id))
    return {
        "id": new_id,
        "patient_id": patient.id,
        "session_id": _phone(ctx),
        "service": service,
        "mark": mark,
        "target_sealed": held,
        "made_at": ctx.now,
        "gone_at": None,
    }
