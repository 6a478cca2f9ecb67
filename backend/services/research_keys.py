"""Keys: with one a script pulls the data of a study, for somebody and until a day, without their password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.domain.errors import ClinicError, invalid
from backend.services import events, gate, secrets
from backend.services.access import digest
from backend.services.context import Context
from backend.storage import access
from backend.storage.access import SessionRow

PERMISSION = "keys:write"
LONGEST = timedelta(days=366)
MOST = 20
"""So many keys to a study somebody may have at once."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is shown; `token` only once, when it is made."""

    id: UUID
    name: str
    made_at: datetime
    ends_at: datetime
    revoked_at: datetime | None
    token: str | None = None


def make(ctx: Context, study_id: UUID, name: str, ends_at: datetime) -> Key:
    """Return a new key of the actor to a study they were admitted to.

    It ends with their admission, or when they leave, if that is earlier. Raises ClinicError `not-found`, `invalid` for
    an end that has passed or lies more than a year ahead, and `wrong-state` with too many keys at once.
    """
    study = gate.study(ctx, PERMISSION, study_id)
    if not ctx.now < ends_at <= ctx.now + LONGEST:
        raise invalid("/ends_at", "Must lie ahead, within a year.")
    staff_id = ctx.who.staff_id
    if staff_id is None:
        raise ClinicError("not-found")
    standing = [row for row in access.keys(ctx.session, staff_id, study.id) if _stands(row, ctx.now)]
    if len(standing) >= MOST:
        raise ClinicError("wrong-state", "There are too many keys; revoke one first.")
    key_id, token = uuid4(), secrets.new()
    access.open_session(ctx.session, key_id, name, ctx.now, ends_at, staff_id=staff_id, study_id=study.id)
    access.add_token(ctx.session, digest(token), key_id, "access", ends_at)
    events.note(ctx, PERMISSION, None, study.id, {"key": str(key_id)})
    return Key(key_id, name, ctx.now, ends_at, None, token)


def mine(ctx: Context, study_id: UUID) -> list[Key]:
    """Return the actor's keys to a study, the newest first. Raises ClinicError `not-found`."""
    gate.study(ctx, PERMISSION, study_id)
    events.note(ctx, PERMISSION, None, study_id)
    return [_shown(row) for row in _rows(ctx, study_id)]


def revoke(ctx: Context, study_id: UUID, key_id: UUID) -> None:
    """Revoke one of the actor's keys, at once (P22). Twice changes nothing. Raises ClinicError `not-found`."""
    gate.study(ctx, PERMISSION, study_id)
    if key_id not in {row.id for row in _rows(ctx, study_id)}:
        raise ClinicError("not-found")
    access.revoke(ctx.session, key_id, ctx.now)
    events.note(ctx, PERMISSION, None, study_id, {"key": str(key_id), "revoked": True})


def _rows(ctx: Context, study_id: UUID) -> list[SessionRow]:
    return access.keys(ctx.session, ctx.who.staff_id, study_id) if ctx.who.staff_id else []


def _stands(row: SessionRow, now: datetime) -> bool:
    return row.revoked_at is None and (row.ends_at is None or row.ends_at > now)


def _shown(row: SessionRow) -> Key:
    return Key(row.id, row.name, row.started_at, row.ends_at or row.started_at, row.revoked_at)
