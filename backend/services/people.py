"""Sites and staff: inviting, listing and letting go of colleagues, and the site's own particulars."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from backend.domain.errors import ClinicError, invalid
from backend.domain.languages import known_language
from backend.domain.moments import known_zone
from backend.domain.permissions import Role
from backend.services import events, gate, secrets
from backend.services.access import digest
from backend.services.context import Context
from backend.storage import access, patients, people
from backend.storage.people import InvitationRow, SiteRow, StaffRow

LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link token that lets one person enrol once, until `expires_at`; it is shown this one time."""

    staff_id: UUID
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff: `joined_at` is None while invited, `left_at` once gone."""

    id: UUID
    name: str
    email: str
    role: Role
    joined_at: datetime | None
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class Site:
    """A centre; zone and language are the defaults of its patients."""

    id: UUID
    name: str
    zone: str
    language: str
    phone: str


def invite(ctx: Context, site_id: UUID, name: str, email: str, role: Role) -> Invitation:
    """Invite somebody to the acting admin's own site; an earlier invitation of theirs stops working.

    Raises ClinicError `not-found` for another site and `already-exists` for an address that is in use.
    """
    actor = gate.permit(ctx, "staff:write")
    if actor.site_id != site_id:
        raise ClinicError("not-found")
    return _invite(ctx, site_id, name, email, role)


def invite_from_console(
    ctx: Context, site_name: str, zone: str, language: str, name: str, email: str, role: Role
) -> Invitation:
    """Invite somebody from the machine itself, making the site when there is none of that name; nobody acts.

    Raises ClinicError `invalid` for an unknown zone or language, `already-exists` for an address that is in use.
    """
    made = {
        "id": uuid4(),
        "name": site_name.strip(),
        "zone": known_zone(zone),
        "language": known_language(language),
        "phone": "",
    }
    if people.site_named(ctx.session, site_name.strip()) is None:
        people.add_site(ctx.session, made)
        events.note(ctx, "sites:write", None, str(made["id"]), {"made": True})
    site = people.site_named(ctx.session, site_name.strip())
    if site is None:
        raise ClinicError("not-found")
    return _invite(ctx, site.id, name, email, role)


def staff(ctx: Context) -> list[Colleague]:
    """Return the staff of the actor's own site, by name."""
    actor = gate.permit(ctx, "staff:read")
    events.note(ctx, "staff:read", None, actor.site_id or "")
    return [_colleague(row) for row in people.staff_of_site(ctx.session, gate.own_site(ctx))]


def depart(ctx: Context, staff_id: UUID) -> Colleague:
    """Let somebody of one's own site go: sessions and care relationships end at once. Twice changes nothing.

    Raises ClinicError `not-found`, and `wrong-state` for oneself.
    """
    actor = gate.permit(ctx, "staff:write")
    row = people.staff(ctx.session, staff_id, lock=True)
    if row is None or row.site_id != gate.own_site(ctx):
        raise ClinicError("not-found")
    if row.id == actor.staff_id:
        raise ClinicError("wrong-state", "Nobody lets themselves go.")
    if row.left_at is None:
        row.left_at = ctx.now
        people.burn_invitations(ctx.session, row.id, ctx.now)
        access.revoke_staff(ctx.session, row.id, ctx.now)
        patients.end_care_of_staff(ctx.session, row.id, ctx.now)
        events.note(ctx, "staff:write", None, row.id, {"left": True})
    return _colleague(row)


def site(ctx: Context) -> Site:
    """Return the actor's own site."""
    gate.permit(ctx, "sites:read")
    row = _site_row(ctx)
    events.note(ctx, "sites:read", None, row.id)
    return _site(row)


def change_site(ctx: Context, name: str, zone: str, language: str, phone: str) -> Site:
    """Change one's own site. Raises ClinicError `invalid` and, for a name in use, `already-exists`."""
    gate.permit(ctx, "sites:write")
    row = _site_row(ctx)
    named = people.site_named(ctx.session, name.strip())
    if named is not None and named.id != row.id:
        raise ClinicError("already-exists", "Another site has this name.")
    row.name, row.zone, row.phone = name.strip(), known_zone(zone), phone
    row.language = known_language(language)
    events.note(ctx, "sites:write", None, row.id)
    return _site(row)


def _invite(ctx: Context, site_id: UUID, name: str, email: str, role: Role) -> Invitation:
    if role is Role.PATIENT:
        raise invalid("/role", "Patients are enrolled, not invited.")
    row = _invited(ctx, site_id, name.strip(), email.strip().lower(), role)
    people.burn_invitations(ctx.session, row.id, ctx.now)
    token, expires_at = secrets.new(), ctx.now + LIFE
    ctx.session.add(InvitationRow(token_hash=digest(token), staff_id=row.id, expires_at=expires_at))
    ctx.session.flush()
    events.note(ctx, "staff:write", None, row.id, {"invited": role.value})
    return Invitation(row.id, token, expires_at)


def _invited(ctx: Context, site_id: UUID, name: str, email: str, role: Role) -> StaffRow:
    """Return the row of who is invited: new, invited before, or coming back."""
    values = {"id": uuid4(), "site_id": site_id, "name": name, "email": email, "role": role.value}
    people.add_staff(ctx.session, values)
    row = people.staff_by_email(ctx.session, email, lock=True)
    works = row is not None and row.joined_at is not None and row.left_at is None
    if row is None or row.site_id != site_id or works:
        raise ClinicError("already-exists", "This address is in use.")
    row.name, row.role = name, role.value
    row.joined_at = row.left_at = row.password_hash = row.totp_sealed = row.totp_step = None
    return row


def _site_row(ctx: Context) -> SiteRow:
    return ctx.session.get_one(SiteRow, gate.own_site(ctx))


def _site(row: SiteRow) -> Site:
    return Site(row.id, row.name, row.zone, row.language, row.phone)


def _colleague(row: StaffRow) -> Colleague:
    return Colleague(row.id, row.name, row.email, Role(row.role), row.joined_at, row.left_at)
