"""Access: devices and sessions with their hashed tokens, pairing codes, and counted tries."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.people import StaffRow


class SessionRow(Base):
    """One device of a patient, one log-in of staff, or their key to a study: the family all its tokens belong to."""

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint("(patient_id IS NULL) <> (staff_id IS NULL)", name="one_subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID | None] = mapped_column(ForeignKey("patients.id"), index=True)
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"), index=True)
    study_id: Mapped[UUID | None] = mapped_column(ForeignKey("studies.id"))
    name: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    synced_at: Mapped[datetime | None] = mapped_column(Instant)
    skew_s: Mapped[int | None] = mapped_column(BigInteger)
    client: Mapped[str | None] = mapped_column(String(40))


class TokenRow(Base):
    """An access or refresh token, as a hash. A refresh token names when it was rotated."""

    __tablename__ = "tokens"
    __table_args__ = (CheckConstraint("kind IN ('access','refresh')", name="kind"),)

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    rotated_at: Mapped[datetime | None] = mapped_column(Instant)


class PairingRow(Base):
    """A pairing code for a patient's phone: a scanned secret, or a typed selector and verifier; one use."""

    __tablename__ = "pairings"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(unique=True)
    selector: Mapped[str] = mapped_column(String(4), index=True)
    verifier_hash: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(Instant)
    wrong_tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class TryRow(Base):
    """One failed try to get in, under a keyed hash of whom or where."""

    __tablename__ = "tries"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    mark: Mapped[bytes]
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_tries_mark_at", "mark", "at"),)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds an access token: the session and its one subject, with a staff member's role and site.

    `study_id` is set for a key: it opens that study and nothing else.
    """

    session_id: UUID
    patient_id: UUID | None
    staff_id: UUID | None
    role: str | None
    site_id: UUID | None
    seen_at: datetime
    study_id: UUID | None


def holder(session: Session, token_hash: bytes, now: datetime) -> Holder | None:
    """Return who holds a live access token, in one query; None for unknown, expired, revoked or left."""
    row = session.execute(_HOLDER, {"token_hash": token_hash, "now": now}).first()
    return None if row is None else Holder(*row)


def _holder() -> Select[Any]:
    """Return the query of every request, built once: on columns, without the cost of objects."""
    token, family, staff = (row.__table__.c for row in (TokenRow, SessionRow, StaffRow))
    now = bindparam("now", type_=Instant)
    return (
        select(
            family.id, family.patient_id, family.staff_id, staff.role, staff.site_id, family.seen_at, family.study_id
        )
        .join_from(TokenRow.__table__, SessionRow.__table__, token.session_id == family.id)
        .join(StaffRow.__table__, staff.id == family.staff_id, isouter=True)
        .where(
            token.token_hash == bindparam("token_hash"),
            token.kind == "access",
            token.expires_at > now,
            family.revoked_at.is_(None),
            family.ends_at.is_(None) | (family.ends_at > now),
            staff.left_at.is_(None),
        )
    )


_HOLDER = _holder()


def open_session(
    session: Session, session_id: UUID, name: str, now: datetime, ends_at: datetime | None, **subject: UUID
) -> None:
    """Begin a session of a `patient_id` or a `staff_id`; the name of a patient's device comes sealed."""
    row = {"id": session_id, "name": name, "started_at": now, "seen_at": now, "ends_at": ends_at, **subject}
    session.execute(insert(SessionRow), row)


def keys(session: Session, staff_id: UUID, study_id: UUID) -> list[SessionRow]:
    """Return somebody's keys to a study, the newest first, those revoked too."""
    query = select(SessionRow).where(SessionRow.staff_id == staff_id, SessionRow.study_id == study_id)
    return list(session.scalars(query.order_by(SessionRow.started_at.desc(), SessionRow.id)))


def add_token(session: Session, token_hash: bytes, session_id: UUID, kind: str, expires_at: datetime) -> None:
    """Store a new token's hash."""
    row = {"token_hash": token_hash, "session_id": session_id, "kind": kind, "expires_at": expires_at}
    session.execute(insert(TokenRow), row)


def token(session: Session, token_hash: bytes) -> TokenRow | None:
    """Return a token by its hash."""
    return session.get(TokenRow, token_hash)


def refresher(session: Session, token_hash: bytes) -> UUID | None:
    """Return whose phone a refresh token is of; None for staff's and unknown ones. Nothing is locked."""
    query = select(SessionRow.patient_id).join(TokenRow, TokenRow.session_id == SessionRow.id)
    return session.scalar(query.where(TokenRow.token_hash == token_hash, TokenRow.kind == "refresh"))


def refreshing(session: Session, token_hash: bytes) -> tuple[TokenRow, SessionRow] | None:
    """Return a refresh token and its session, both locked, so that of two rotations one comes after the other."""
    query = (
        select(TokenRow, SessionRow)
        .join(SessionRow, SessionRow.id == TokenRow.session_id)
        .where(TokenRow.token_hash == token_hash, TokenRow.kind == "refresh")
    )
    row = session.execute(query.with_for_update()).first()
    return None if row is None else (row[0], row[1])


def forget_expired(session: Session, session_id: UUID, now: datetime) -> None:
    """Forget a session's tokens that no longer mean anything."""
    session.execute(delete(TokenRow).where(TokenRow.session_id == session_id, TokenRow.expires_at <= now))


def synced(session: Session, session_id: UUID, now: datetime, skew_s: int | None, client: str | None) -> None:
    """Write down that a phone synced, how far its clock was off, and which app it runs."""
    values = {"synced_at": now, "seen_at": now, "skew_s": skew_s, "client": client}
    mine = update(SessionRow).where(SessionRow.id == session_id)
    session.execute(mine.values(values), execution_options={"synchronize_session": False})


def device(session: Session, patient_id: UUID, session_id: UUID) -> SessionRow | None:
    """Return one of a patient's devices."""
    return session.scalar(select(SessionRow).where(SessionRow.patient_id == patient_id, SessionRow.id == session_id))


def devices(session: Session, patient_id: UUID) -> list[SessionRow]:
    """Return a patient's devices, the newest first."""
    query = select(SessionRow).where(SessionRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(SessionRow.started_at.desc(), SessionRow.id)))


def paired(session: Session, patient_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Return those of some patients who have a phone that can still sync, with a token that has not ended."""
    if not patient_ids:
        return set()
    family = SessionRow.patient_id.in_(patient_ids), SessionRow.revoked_at.is_(None)
    lasts = SessionRow.ends_at.is_(None) | (SessionRow.ends_at > now)
    query = select(SessionRow.patient_id).join(TokenRow, TokenRow.session_id == SessionRow.id).distinct()
    found = session.scalars(query.where(*family, lasts, TokenRow.expires_at > now))
    return {patient_id for patient_id in found if patient_id is not None}


def revoke(session: Session, session_id: UUID, now: datetime) -> None:
    """End a session and forget its tokens; holds at once in every worker, since each request asks the table."""
    session.execute(
        update(SessionRow).where(SessionRow.id == session_id, SessionRow.revoked_at.is_(None)).values(revoked_at=now)
    )
    session.execute(delete(TokenRow).where(TokenRow.session_id == session_id, TokenRow.kind == "access"))


def revoke_staff(session: Session, staff_id: UUID, now: datetime) -> None:
    """End every session of a member of staff."""
    for session_id in session.scalars(select(SessionRow.id).where(SessionRow.staff_id == staff_id)).all():
        revoke(session, session_id, now)


def pairing_by_secret(session: Session, secret_hash: bytes) -> PairingRow | None:
    """Return the pairing of a scanned secret, locked for writing."""
    return session.scalar(select(PairingRow).where(PairingRow.secret_hash == secret_hash).with_for_update())


def selector_open(session: Session, selector: str, now: datetime) -> bool:
    """Whether an open pairing has a selector already."""
    mine = (PairingRow.selector == selector, PairingRow.used_at.is_(None), PairingRow.expires_at > now)
    return session.execute(select(PairingRow.id).where(*mine).limit(1)).first() is not None


def pairing_by_selector(session: Session, selector: str, now: datetime) -> PairingRow | None:
    """Return the newest open pairing of a typed selector, locked for writing."""
    query = (
        select(PairingRow)
        .where(PairingRow.selector == selector, PairingRow.used_at.is_(None), PairingRow.expires_at > now)
        .order_by(PairingRow.expires_at.desc())
        .limit(1)
    )
    return session.scalar(query.with_for_update())


def one_at_a_time(session: Session, mark: bytes) -> None:
    """Let the acts of one mark wait for each other until they commit (SQLite writes one at a time anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(mark[:8], "big", signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def tries(session: Session, mark: bytes, since: datetime, limit: int) -> list[datetime]:
    """Return when a mark's failed tries since a moment were, the newest first, at most `limit`."""
    query = select(TryRow.at).where(TryRow.mark == mark, TryRow.at > since)
    return list(session.scalars(query.order_by(TryRow.at.desc()).limit(limit)))


def count_try(session: Session, mark: bytes, now: datetime, forget_before: datetime) -> None:
    """Write down a failed try and forget old ones."""
    session.execute(delete(TryRow).where(TryRow.at < forget_before))
    session.add(TryRow(mark=mark, at=now))
