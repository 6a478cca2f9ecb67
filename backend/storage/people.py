"""Sites and staff: who works where and in which role, and the invitations by which they join."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Table, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_new


class SiteRow(Base):
    """A centre: its zone and language are the defaults of its patients."""

    __tablename__ = "sites"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    phone: Mapped[str] = mapped_column(String(40))


class StaffRow(Base):
    """Somebody who works at a site. `totp_step` is the last code's time step, so that no code works twice."""

    __tablename__ = "staff"
    __table_args__ = (CheckConstraint("role IN ('nurse','clinician','coordinator','researcher','admin')", name="role"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    totp_sealed: Mapped[bytes | None]
    totp_step: Mapped[int | None]
    joined_at: Mapped[datetime | None] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class InvitationRow(Base):
    """A one-time enrolment link of fifteen minutes; only its hash is kept."""

    __tablename__ = "invitations"

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


def site_named(session: Session, name: str) -> SiteRow | None:
    """Return the site of a name."""
    return session.scalar(select(SiteRow).where(SiteRow.name == name))


def sites(session: Session) -> list[SiteRow]:
    """Return all sites by name."""
    return list(session.scalars(select(SiteRow).order_by(SiteRow.name)))


def staff_by_email(session: Session, email: str, *, lock: bool = False) -> StaffRow | None:
    """Return the person of an e-mail address (kept in lower case), locked for writing if asked."""
    query = select(StaffRow).where(StaffRow.email == email.lower())
    return session.scalar(query.with_for_update() if lock else query)


def staff(session: Session, staff_id: UUID, *, lock: bool = False) -> StaffRow | None:
    """Return somebody by id, locked for writing if asked."""
    query = select(StaffRow).where(StaffRow.id == staff_id)
    return session.scalar(query.with_for_update() if lock else query)


def names(session: Session, staff_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    """Return name and role of some staff by id."""
    query = select(StaffRow.id, StaffRow.name, StaffRow.role).where(StaffRow.id.in_(staff_ids))
    return {staff_id: (name, role) for staff_id, name, role in session.execute(query)}


def add_staff(session: Session, values: dict[str, object]) -> bool:
    """Store somebody new; False when the e-mail address is taken."""
    return insert_new(session, _table(StaffRow), values)


def add_site(session: Session, values: dict[str, object]) -> bool:
    """Store a new site; False when the name is taken."""
    return insert_new(session, _table(SiteRow), values)


def staff_of_site(session: Session, site_id: UUID) -> list[StaffRow]:
    """Return a site's staff by name."""
    return list(session.scalars(select(StaffRow).where(StaffRow.site_id == site_id).order_by(StaffRow.name)))


def invitation(session: Session, token_hash: bytes) -> InvitationRow | None:
    """Return the invitation of a token's hash, read anew; who changes it holds the lock on its member of staff."""
    query = select(InvitationRow).where(InvitationRow.token_hash == token_hash)
    return session.scalar(query.execution_options(populate_existing=True))


def burn_invitations(session: Session, staff_id: UUID, now: datetime) -> None:
    """Make every earlier invitation of somebody useless."""
    mine = (InvitationRow.staff_id == staff_id, InvitationRow.used_at.is_(None))
    session.execute(update(InvitationRow).where(*mine).values(used_at=now))


def _table(row: type[Base]) -> Table:
    return row.__table__  # type: ignore[return-value]  # a mapped class has a Table
