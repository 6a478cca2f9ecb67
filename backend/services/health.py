"""Whether the installation may be relied on: schema, durability of the database, and a dispatcher that is alive."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.domain.permissions import Role
from backend.services.context import Context
from backend.storage import migrate, people, reminders
from backend.storage.db import durability


def wrong(ctx: Context) -> list[str]:
    """Return what is wrong, a few words each, empty when ready (P02, P16)."""
    stands, newest = migrate.standing(ctx.session), migrate.head()
    if stands != newest:
        return [f"schema: {stands or 'none'} instead of {newest}"]
    unsafe = [f"durability: {name} is off" for name in weak(ctx.session)]
    return unsafe + silence(ctx.session, ctx.now, ctx.settings.dispatcher_silence_s)


def weak(session: Session) -> list[str]:
    """Return which settings of the database let an acknowledged commit get lost."""
    return durability(session)


def silence(session: Session, now: datetime, longest_s: int) -> list[str]:
    """Return what is wrong with the dispatchers: none ever ran, or all are silent for longer than allowed."""
    beat = reminders.last_beat(session)
    if beat is None:
        return ["dispatcher: none has ever run"]
    return ["dispatcher: silent"] if now - beat > timedelta(seconds=longest_s) else []


def has_admin(session: Session) -> bool:
    """Whether somebody who has joined and not left is administrator."""
    everybody = (row for site in people.sites(session) for row in people.staff_of_site(session, site.id))
    return any(row.role == Role.ADMIN and row.joined_at and row.left_at is None for row in everybody)
