"""Who is asking: the holder of an access token, and writing down that somebody was refused."""

import hashlib
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.permissions import Role
from backend.services import events
from backend.services.context import Actor, Context
from backend.storage import access


def digest(token: str) -> bytes:
    """Return what is stored of a token; it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def holder(ctx: Context, token: str) -> Actor:
    """Return who holds a live access token. Raises ClinicError `not-authenticated`."""
    found = access.holder(ctx.session, digest(token), ctx.now)
    if found is None:
        raise ClinicError("not-authenticated")
    role = Role.PATIENT if found.role is None else Role(found.role)
    return Actor(role, found.session_id, found.patient_id, found.staff_id, found.site_id)


def note_refusal(ctx: Context, permission: str, code: str, patient_id: UUID | None) -> None:
    """Write down that somebody asked for what they may not have."""
    events.note(ctx, "refused", patient_id, permission, {"code": code})
