"""Enrolment of staff: who an invitation is for, and in a second step their password and authenticator app."""

from dataclasses import dataclass
from uuid import UUID

from backend.domain import passwords
from backend.domain.errors import ClinicError, invalid
from backend.domain.permissions import Role
from backend.services import events, secrets
from backend.services.access import digest, totp_place
from backend.services.context import Context
from backend.storage import people
from backend.storage.people import InvitationRow, SiteRow, StaffRow


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Whom an invitation is for, and the seed their authenticator app takes over; the token alone brings it about."""

    staff_id: UUID
    name: str
    email: str
    role: Role
    site: str
    totp_secret: str
    otpauth_uri: str


def begin(ctx: Context, token: str) -> Enrolment:
    """Return whom an invitation is for. Raises ClinicError `code-used`."""
    row = _standing(ctx, token)[1]
    seed = _seed(ctx, token)
    events.note(ctx, "enrolment:read", None, row.id)
    site = ctx.session.get_one(SiteRow, row.site_id)
    return Enrolment(row.id, row.name, row.email, Role(row.role), site.name, seed, secrets.totp_uri(seed, row.email))


def check_password(ctx: Context, token: str, password: str) -> None:
    """Pass when a password is good enough for whom the invitation is for, before the slow hashing.

    Raises ClinicError `code-used` or `weak-password`.
    """
    row = _standing(ctx, token)[1]
    passwords.check(password, row.email, row.name)


def confirm(ctx: Context, token: str, password_hash: str, totp_code: str) -> StaffRow:
    """Use an invitation up: from now on the person can log in.

    Raises ClinicError `code-used`, and `invalid` for a code that does not fit the seed (the link stays good).
    """
    invitation, row = _standing(ctx, token, lock=True)
    seed = _seed(ctx, token)
    step = secrets.totp_step(seed, totp_code, ctx.now, None)
    if step is None:
        raise invalid("/totp_code", "The code does not fit; check the clock of the phone.")
    invitation.used_at = row.joined_at = ctx.now
    row.password_hash, row.totp_step = password_hash, step
    row.totp_sealed = ctx.sealer.seal_own(seed, totp_place(row.id))
    events.note(ctx, "enrolment:write", None, row.id, {"joined": True})
    return row


def _standing(ctx: Context, token: str, *, lock: bool = False) -> tuple[InvitationRow, StaffRow]:
    first = people.invitation(ctx.session, digest(token))
    row = None if first is None else people.staff(ctx.session, first.staff_id, lock=lock)
    invitation = people.invitation(ctx.session, digest(token))  # as it stands behind the lock
    if invitation is None or invitation.used_at is not None or invitation.expires_at <= ctx.now:
        raise ClinicError("code-used")
    if row is None or row.left_at is not None:
        raise ClinicError("code-used")
    return invitation, row


def _seed(ctx: Context, token: str) -> str:
    """Return the TOTP seed that belongs to a token; derived, so that nothing stands between the two steps."""
    return secrets.totp_seed(ctx.sealer.fingerprint("totp-seed", token))
