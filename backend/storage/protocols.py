"""Which dosing rules the studies show, with their settings: every change a version, the latest one standing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.research import StudyRow, SubjectRow, holds, shown_in_care


class StudyProtocolRow(Base):
    """One version of what a study says of a protocol; without a row it is off.

    `settings` is as `domain.rules.check_settings` returned it; the reason is the site's, sealed under the master key.
    """

    __tablename__ = "study_protocols"

    study_id: Mapped[UUID] = mapped_column(ForeignKey("studies.id"), primary_key=True)
    protocol: Mapped[str] = mapped_column(String(40), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    settings: Mapped[Any] = mapped_column(JSON)
    reason_sealed: Mapped[bytes]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[UUID | None]


def add(session: Session, values: Mapping[str, Any]) -> None:
    """Store the next version of what a study says of a protocol."""
    session.execute(insert(StudyProtocolRow), dict(values))


def of_study(session: Session, study_id: UUID) -> dict[str, StudyProtocolRow]:
    """Return the standing version of each protocol a study ever said anything of."""
    query = select(StudyProtocolRow).where(StudyProtocolRow.study_id == study_id)
    rows = session.scalars(query.order_by(StudyProtocolRow.version).execution_options(populate_existing=True))
    return {row.protocol: row for row in rows}


def enabled_for(session: Session, patient_id: UUID, now: datetime) -> list[tuple[StudyRow, StudyProtocolRow]]:
    """Return the protocols that are on in the studies a patient takes part in, by when they consented.

    Where a study asks whether it may be shown in care, without that none of it is.
    """
    newest = (
        select(
            StudyProtocolRow.study_id, StudyProtocolRow.protocol, func.max(StudyProtocolRow.version).label("version")
        )
        .group_by(StudyProtocolRow.study_id, StudyProtocolRow.protocol)
        .subquery()
    )
    query = (
        select(StudyRow, StudyProtocolRow)
        .join(SubjectRow, SubjectRow.study_id == StudyRow.id)
        .join(StudyProtocolRow, StudyProtocolRow.study_id == StudyRow.id)
        .join(
            newest,
            (newest.c.study_id == StudyProtocolRow.study_id)
            & (newest.c.protocol == StudyProtocolRow.protocol)
            & (newest.c.version == StudyProtocolRow.version),
        )
        .where(SubjectRow.patient_id == patient_id, holds(now), SubjectRow.finished_at.is_(None), shown_in_care(now))
        .where(StudyProtocolRow.enabled)
        .order_by(SubjectRow.consented_at, StudyRow.id, StudyProtocolRow.protocol)
    )
    return [(study, row) for study, row in session.execute(query.execution_options(populate_existing=True))]
