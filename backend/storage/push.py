"""Push subscriptions: where a browser of a patient's phone lets itself be woken, sealed like every address."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Select, String, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.access import SessionRow
from backend.storage.db import Base, Instant
from backend.storage.sealing import Place


class SubscriptionRow(Base):
    """One browser or app that lets itself be woken, through a `service`: webpush, fcm or apns.

    `target_sealed` holds endpoint and keys, or the token; `mark` finds the same one again.
    It stands until it is gone, and no longer than the session of the phone it belongs to.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    service: Mapped[str] = mapped_column(String(10), default="webpush")
    mark: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    target_sealed: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(Instant)
    gone_at: Mapped[datetime | None] = mapped_column(Instant)


def of_patient(session: Session, patient_id: UUID) -> Sequence[SubscriptionRow]:
    """Return a patient's standing subscriptions, the newest first."""
    return session.scalars(_standing().where(SubscriptionRow.patient_id == patient_id)).all()


def all_of(session: Session, patient_id: UUID) -> dict[UUID, list[SubscriptionRow]]:
    """Return every subscription of a patient by the session of its phone, oldest first, those that are gone too."""
    query = select(SubscriptionRow).where(SubscriptionRow.patient_id == patient_id)
    found: dict[UUID, list[SubscriptionRow]] = {}
    for row in session.scalars(query.order_by(SubscriptionRow.made_at, SubscriptionRow.id)):
        found.setdefault(row.session_id, []).append(row)
    return found


def of_patients(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, list[SubscriptionRow]]:
    """Return the standing subscriptions of those patients who have any, the newest first."""
    found: dict[UUID, list[SubscriptionRow]] = {}
    if patient_ids:
        for row in session.scalars(_standing().where(SubscriptionRow.patient_id.in_(patient_ids))):
            found.setdefault(row.patient_id, []).append(row)
    return found


def stands(session: Session, patient_id: UUID) -> bool:
    """Whether a patient has a standing subscription."""
    query = _standing().where(SubscriptionRow.patient_id == patient_id)
    return session.execute(query.with_only_columns(SubscriptionRow.id).limit(1)).first() is not None


def get(session: Session, patient_id: UUID, subscription_id: UUID) -> SubscriptionRow | None:
    """Return one of a patient's subscriptions, standing or gone."""
    mine = (SubscriptionRow.patient_id == patient_id, SubscriptionRow.id == subscription_id)
    return session.scalar(select(SubscriptionRow).where(*mine))


def by_mark(session: Session, mark: bytes) -> SubscriptionRow | None:
    """Return the subscription of an endpoint, whosever it is, standing or gone."""
    return session.scalar(select(SubscriptionRow).where(SubscriptionRow.mark == mark))


def put(session: Session, values: dict[str, Any]) -> None:
    """Store a subscription in the place of whatever its endpoint was before, and let it stand."""
    session.execute(delete(SubscriptionRow).where(SubscriptionRow.mark == values["mark"]))
    session.execute(insert(SubscriptionRow), values)


def end(session: Session, subscription_ids: Collection[UUID], now: datetime) -> None:
    """Let subscriptions be gone, and forget where they led."""
    mine = (SubscriptionRow.id.in_(subscription_ids), SubscriptionRow.gone_at.is_(None))
    if subscription_ids:
        values = {"gone_at": now, "target_sealed": b""}
        session.execute(update(SubscriptionRow).where(*mine).values(values))


def drop_session(session: Session, session_id: UUID, now: datetime) -> bool:
    """Let the subscriptions of a phone's session be gone, and forget where they led; whether there were any."""
    mine = (SubscriptionRow.session_id == session_id, SubscriptionRow.gone_at.is_(None))
    values = {"gone_at": now, "target_sealed": b""}
    done = session.execute(update(SubscriptionRow).where(*mine).values(values))
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def place(subscription_id: UUID) -> Place:
    """Return where endpoint and keys are sealed."""
    return Place("push_subscriptions", "target", str(subscription_id))


def _standing() -> Select[SubscriptionRow]:
    query = select(SubscriptionRow).join(SessionRow, SessionRow.id == SubscriptionRow.session_id)
    query = query.where(SubscriptionRow.gone_at.is_(None), SessionRow.revoked_at.is_(None))
    return query.order_by(SubscriptionRow.made_at.desc(), SubscriptionRow.id)
