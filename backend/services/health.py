"""Whether the installation may be relied on: schema, durability of the database, and a dispatcher that is alive."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.domain.permissions import Role
from backend.services.context import Context
from backend.storage import beats, migrate, people
from backend.storage.db import durability


@dataclass(frozen=True, slots=True)
class Silence:
    """That reminders do not go out: what is wrong, in a few words, and since when (UTC).

    `since` is the last sign of life of any dispatcher, or since when the oldest reminder waits; None where none ever
    ran and nothing waits yet.
    """

    what: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class State:
    """What is wrong, a few words each, empty when ready; and since when reminders do not go out."""

    wrong: list[str]
    reminders_delayed_since: datetime | None = None


def state(ctx: Context) -> State:
    """Return whether the installation may be relied on (P02, P16)."""
    stands, newest = migrate.standing(ctx.session), migrate.head()
    if stands != newest:
        return State([f"schema: {stands or 'none'} instead of {newest}"])
    unsafe = [f"durability: {name} is off" for name in weak(ctx.session)]
    silent = silence(ctx.session, ctx.now, ctx.settings.dispatcher_silence_s)
    return State([*unsafe, silent.what], silent.since) if silent else State(unsafe)


def weak(session: Session) -> list[str]:
    """Return which settings of the database let an acknowledged commit get lost."""
    return durability(session)


def silence(session: Session, now: datetime, longest_s: float) -> Silence | None:
    """Return what is wrong with the dispatchers, if anything (P16).

    None ever ran, all are silent for longer than allowed, or they are alive and a due reminder has waited for longer
    than that without being taken.
    """
    longest = timedelta(seconds=longest_s)
    beat, waits_since = beats.last_beat(session), beats.overdue_since(session, now - longest)
    if beat is None:
        return Silence("dispatcher: none has ever run", waits_since)
    if now - beat > longest:
        return Silence("dispatcher: silent", beat)
    return Silence("reminders: due, and nobody takes them", waits_since) if waits_since else None


def delayed_since(ctx: Context) -> datetime | None:
    """Return since when reminders do not go out, None where they do."""
    silent = silence(ctx.session, ctx.now, ctx.settings.dispatcher_silence_s)
    return silent.since if silent else None


def has_admin(session: Session) -> bool:
    """Whether somebody who has joined and not left is administrator."""
    everybody = (row for site in people.sites(session) for row in people.staff_of_site(session, site.id))
    return any(row.role == Role.ADMIN and row.joined_at and row.left_at is None for row in everybody)
