"""Push subscriptions: where a browser of a patient's phone lets itself be woken, sealed like every address."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant


class SubscriptionRow(Base):
    """One browser's subscription. `target_sealed` holds endpoint and keys; `mark` finds the same one again."""

    __tablename__ = "push_subscriptions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"), index=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    target_sealed: Mapped[bytes]
    made_at: Mapped[datetime] = mapped_column(Instant)
    gone_at: Mapped[datetime | None] = mapped_column(Instant)


def of_patient(session: Session, patient_id: UUID) -> Sequence[SubscriptionRow]:
    """Return a patient's standing subscriptions, the newest first."""
    query = select(SubscriptionRow).where(SubscriptionRow.patient_id == patient_id, SubscriptionRow.gone_at.is_(None))
    return session.scalars(query.order_by(SubscriptionRow.made_at.desc(), SubscriptionRow.id)).all()
