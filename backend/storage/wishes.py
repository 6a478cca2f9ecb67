"""Wishes: what patients want to hear and when not, what they put off, and what a site reminds of."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant


class WishesRow(Base):
    """A patient's wishes: a pause, kinds that are not told (`stopped`, with spaces between), evening nudges or not."""

    __tablename__ = "reminder_wishes"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    paused_from: Mapped[datetime | None] = mapped_column(Instant)
    paused_until: Mapped[datetime | None] = mapped_column(Instant)
    stopped: Mapped[str] = mapped_column(String(300), default="")
    nudges: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class SnoozeRow(Base):
    """A reminder a patient wants to hear once more, at `until`; the last word stands."""

    __tablename__ = "reminder_snoozes"

    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"), primary_key=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    key: Mapped[str] = mapped_column(String(200))
    until: Mapped[datetime] = mapped_column(Instant)
    asked_at: Mapped[datetime] = mapped_column(Instant)


class SiteRulesRow(Base):
    """What a site reminds of and when, as far as it differs from the defaults (`notifications.policy.read`)."""

    __tablename__ = "site_reminder_rules"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    rules: Mapped[Any] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[UUID | None]


def of_patient(session: Session, patient_id: UUID) -> WishesRow | None:
    """Return a patient's wishes; None for somebody who never said any."""
    return session.get(WishesRow, patient_id)


def of_patients(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, WishesRow]:
    """Return the wishes of those patients who said any."""
    if not patient_ids:
        return {}
    query = select(WishesRow).where(WishesRow.patient_id.in_(patient_ids))
    return {row.patient_id: row for row in session.scalars(query)}


def snoozes(session: Session, patient_id: UUID, since: datetime) -> Sequence[SnoozeRow]:
    """Return what a patient put off to a moment after `since`."""
    query = select(SnoozeRow).where(SnoozeRow.patient_id == patient_id, SnoozeRow.until > since)
    return session.scalars(query.order_by(SnoozeRow.until, SnoozeRow.key)).all()


def snooze(session: Session, values: dict[str, Any]) -> None:
    """Put a reminder off, in the place of what was said of it before; the patient's row is held by the caller."""
    session.execute(delete(SnoozeRow).where(SnoozeRow.reminder_id == values["reminder_id"]))
    session.execute(insert(SnoozeRow), values)


def rules(session: Session, site_id: UUID) -> SiteRulesRow | None:
    """Return a site's own rules; None where it keeps to the defaults."""
    return session.get(SiteRulesRow, site_id)
