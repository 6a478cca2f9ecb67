"""Who is asking: logging in, the holder of an access token, and writing down that somebody was refused."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from backend.domain.errors import ClinicError, Remembered
from backend.domain.permissions import Role
from backend.services import events, secrets, tries
from backend.services.context import Actor, Context
from backend.storage import access, people
from backend.storage.people import StaffRow
from backend.storage.sealing import Place


def digest(token: str) -> bytes:
    """Return what is stored of a token; it is random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


def holder(ctx: Context, token: str) -> Actor:
    """Return who holds a live access token. Raises ClinicError `not-authenticated`."""
    found = access.holder(ctx.session, digest(token), ctx.now)
    if found is None:
        raise ClinicError("not-authenticated")
    role = Role.PATIENT if found.role is None else Role(found.role)
    return Actor(role, found.session_id, found.patient_id, found.staff_id, found.site_id, found.study_id)


def note_refusal(ctx: Context, permission: str, code: str, patient_id: UUID | None) -> None:
    """Write down that somebody asked for what they may not have."""
    events.note(ctx, "refused", patient_id, permission, {"code": code})


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says who they are: address, where they ask from, and the hash to hold the password against."""

    email: str
    network: str
    password_hash: str | None


def claim(ctx: Context, email: str, network: str) -> Claim:
    """Return the claim behind a log-in, read before the slow part; unknown addresses give one like any other.

    Raises ClinicError `too-many-tries`.
    """
    address = email.strip().lower()
    _admit(ctx, address, network)
    row = people.staff_by_email(ctx.session, address)
    return Claim(address, network, row.password_hash if row is not None and _works_here(row) else None)


def proven(ctx: Context, claimed: Claim, right: bool, totp_code: str) -> StaffRow:
    """Return the member of staff whose password was found right and whose code is right and new.

    A failed try is counted per address and network, so that strangers cannot lock anybody out; a wrong code after
    the right password also per account, wherever it comes from. Raises ClinicError `too-many-tries` and, the same
    for every cause, `log-in-refused`.
    """
    row = people.staff_by_email(ctx.session, claimed.email, lock=True)
    _admit(ctx, claimed.email, claimed.network)
    knows = row is not None and _works_here(row) and right and row.password_hash == claimed.password_hash
    step = _step(ctx, row, totp_code) if row is not None and knows else None
    if row is None or step is None:
        tries.count(ctx, _from(ctx, claimed.email, claimed.network))
        if knows:
            tries.count(ctx, _codes(ctx, claimed.email))
        events.note(ctx, "session:refused", None, row.id if row is not None else "")
        raise Remembered("log-in-refused")
    row.totp_step = step
    return row


def totp_place(staff_id: UUID) -> Place:
    """Return where a member of staff's TOTP seed is sealed."""
    return Place("staff", "totp", str(staff_id))


def _admit(ctx: Context, email: str, network: str) -> None:
    tries.admit(ctx, _from(ctx, email, network), ctx.settings.login_limit)
    tries.admit(ctx, _codes(ctx, email), ctx.settings.login_limit)


def _from(ctx: Context, email: str, network: str) -> bytes:
    return tries.mark(ctx, "log-in", email, network)


def _codes(ctx: Context, email: str) -> bytes:
    return tries.mark(ctx, "totp", email)


def _works_here(row: StaffRow) -> bool:
    return row.joined_at is not None and row.left_at is None


def _step(ctx: Context, row: StaffRow, code: str) -> int | None:
    if row.totp_sealed is None:
        return None
    return secrets.totp_step(ctx.sealer.open_own(row.totp_sealed, totp_place(row.id)), code, ctx.now, row.totp_step)
