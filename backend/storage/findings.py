"""Findings: what staff enter about a patient beside doses and levels, under the id their browser made."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, ForeignKey, Index, LargeBinary, String, Table, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.domain.apart import SETTING_APART, Found
from backend.domain.findings import Kind
from backend.domain.moments import Occurred
from backend.storage.db import Base
from backend.storage.occurrences import ReportColumns, occurrence
from backend.storage.records import insert_many, insert_once


class FindingRow(ReportColumns, Base):
    """The standing version of a finding. `content` holds the values of its kind; the note is sealed apart.

    `created_mark` is the digest of the first upload, by which a retry is told from another content (P04).
    """

    __tablename__ = "findings"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    retracted: Mapped[bool] = mapped_column(Boolean)
    created_mark: Mapped[bytes] = mapped_column(LargeBinary)
    standing_mark: Mapped[bytes | None]
    ended_on: Mapped[date | None]
    content: Mapped[Any] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None]
    recorded_by: Mapped[UUID | None]

    __table_args__ = (Index("ix_findings_patient_anchor", "patient_id", "anchor_at", "id"),)


def _table() -> Table:
    return FindingRow.__table__  # type: ignore[return-value]  # a mapped class has a Table


def add(session: Session, values: dict[str, Any]) -> bool:
    """Store a new finding; False when the patient's id is taken."""
    return insert_once(session, _table(), values)


def add_new(session: Session, rows: list[dict[str, Any]]) -> None:
    """Store findings known to be new."""
    insert_many(session, _table(), rows)


def get(session: Session, patient_id: UUID, finding_id: UUID) -> FindingRow | None:
    """Return a finding as it stands now, retracted or not."""
    query = select(FindingRow).where(FindingRow.patient_id == patient_id, FindingRow.id == finding_id)
    return session.scalar(query.execution_options(populate_existing=True))


def put(session: Session, patient_id: UUID, finding_id: UUID, base_version: int, values: dict[str, Any]) -> bool:
    """Replace a finding's standing version; False when it is no longer the one named."""
    standing = (
        FindingRow.patient_id == patient_id,
        FindingRow.id == finding_id,
        FindingRow.version == base_version,
    )
    done = session.execute(update(FindingRow).where(*standing).values(version=base_version + 1, **values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def of_patient(
    session: Session, patient_id: UUID, kinds: Collection[Kind] = (), *, retracted: bool = False
) -> Sequence[FindingRow]:
    """Return a patient's findings, of some kinds if named, in the order of their moments; retracted ones if asked."""
    query = select(FindingRow).where(FindingRow.patient_id == patient_id)
    if kinds:
        query = query.where(FindingRow.kind.in_([kind.value for kind in kinds]))
    if not retracted:
        query = query.where(FindingRow.retracted.is_(False))
    return session.scalars(query.order_by(FindingRow.anchor_at, FindingRow.id)).all()


def setting_apart(session: Session, patient_ids: Sequence[UUID]) -> Mapping[UUID, list[Found]]:
    """Return what each of some patients has that sets diary days apart, for many patients in one statement."""
    query = select(
        FindingRow.patient_id, FindingRow.kind, FindingRow.occurred_on, FindingRow.ended_on, FindingRow.content
    ).where(
        FindingRow.patient_id.in_(patient_ids),
        FindingRow.kind.in_([kind.value for kind in SETTING_APART]),
        FindingRow.retracted.is_(False),
    )
    found: dict[UUID, list[Found]] = {}
    for patient_id, kind, on, ended_on, content in session.execute(query):
        found.setdefault(patient_id, []).append(Found(Kind(kind), on, ended_on, content))
    return found


def moment(row: FindingRow) -> Occurred:
    """Return when a finding says it was."""
    return occurrence(row.occurred_at, row.occurred_on, row.occurred_offset, row.zone)
