"""The staff of the demo hospital: who they are, and log-ins made anew at every start, never the same twice."""

import secrets as system
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from backend.domain.permissions import Role
from backend.services import events, secrets
from backend.services.access import totp_place
from backend.services.context import Actor, Context
from backend.storage import people
from backend.storage.people import StaffRow

SITE = "Voorbeeldziekenhuis (demo)"
STAFF = {
    Role.NURSE: ("Bram", "bram@voorbeeld.example"),
    Role.CLINICIAN: ("Carla", "carla@voorbeeld.example"),
    Role.COORDINATOR: ("Els", "els@voorbeeld.example"),
    Role.RESEARCHER: ("Dirk", "dirk@voorbeeld.example"),
    Role.ADMIN: ("Fatima", "fatima@voorbeeld.example"),
}
_SYLLABLES = "ba da fe gi ho ju ka le mi no pu ra se ti vo wa ze".split()  # noqa: SIM905  # easier to read


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody logs in with; shown once, kept only hashed and sealed."""

    role: Role
    name: str
    email: str
    password: str
    totp_secret: str


def hire(ctx: Context) -> UUID:
    """Make the demo site with its staff, who cannot log in yet, and return the site's id."""
    site_id = uuid4()
    site = {"id": site_id, "name": SITE, "zone": "Europe/Amsterdam", "language": "nl", "phone": "+31 20 000 0000"}
    people.add_site(ctx.session, site)
    events.note(ctx, "sites:write", None, site_id, {"made": True})
    for role, (name, email) in STAFF.items():
        staff_id = uuid4()
        row = {"id": staff_id, "site_id": site_id, "name": name, "email": email, "role": role.value}
        people.add_staff(ctx.session, row)
        events.note(ctx, "staff:write", None, staff_id, {"invited": role.value})
    return site_id


def actors(ctx: Context, site_id: UUID) -> Mapping[Role, Actor]:
    """Return the demo staff as actors, by role."""
    return {role: Actor(role, staff_id=row.id, site_id=site_id) for role, row in _rows(ctx).items()}


def passwords(ctx: Context) -> Mapping[Role, tuple[str, str]]:
    """Return a fresh password with its hash for each role. Slow: not inside a transaction."""
    made = {role: _password() for role in STAFF}
    return {role: (password, secrets.hashed(ctx.settings, password)) for role, password in made.items()}


def let_in(ctx: Context, made: Mapping[Role, tuple[str, str]]) -> list[Login]:
    """Give the demo staff their passwords and fresh authenticator seeds; earlier ones stop working."""
    logins = []
    for role, row in _rows(ctx).items():
        seed = secrets.totp_seed(system.token_bytes(20))
        row.password_hash = made[role][1]
        row.totp_sealed, row.totp_step = ctx.sealer.seal_own(seed, totp_place(row.id)), None
        row.joined_at, row.left_at = row.joined_at or ctx.now, None
        events.note(ctx, "enrolment:write", None, row.id, {"joined": True})
        logins.append(Login(role, row.name, row.email, made[role][0], seed))
    ctx.session.flush()
    return logins


def _rows(ctx: Context) -> dict[Role, StaffRow]:
    found = {role: people.staff_by_email(ctx.session, email) for role, (_, email) in STAFF.items()}
    return {role: row for role, row in found.items() if row is not None}


def _password() -> str:
    """Return five groups of syllables: 68 bits that can be typed."""
    groups = ("".join(system.choice(_SYLLABLES) for _ in range(3)) for _ in range(5))
    return "-".join(groups)
