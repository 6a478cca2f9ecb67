"""Records made on a phone: stored once under the phone's own id, and every earlier version kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, String, Table, and_, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant

_COUNTED = {"preserve_rowcount": True}
"""Without it PostgreSQL's answer to an INSERT is not counted, and every record would look like a retry."""


class VersionRow(Base):
    """A superseded version of a diary entry, sample or response: what it held, and who replaced it, when and why."""

    __tablename__ = "record_versions"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[Any] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None]
    replaced_at: Mapped[datetime] = mapped_column(Instant)
    replaced_by: Mapped[UUID | None]
    device_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str]
    mark: Mapped[bytes | None]


class RefusedRow(Base):
    """A correction that contradicted one that came first: kept whole, so that neither is lost (P05)."""

    __tablename__ = "refused_changes"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    base_version: Mapped[int]
    standing_version: Mapped[int]
    content: Mapped[Any] = mapped_column(JSON)
    note_sealed: Mapped[bytes | None]
    refused_at: Mapped[datetime] = mapped_column(Instant)
    session_id: Mapped[UUID | None]


class ClockRow(Base):
    """What a phone claimed of a record before its wrong clock was put right: kept as it was sent (P06).

    `skew_s` is the server's clock minus the phone's, in seconds; `claimed` holds both claimed times.
    """

    __tablename__ = "clock_corrections"

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    skew_s: Mapped[int] = mapped_column(BigInteger)
    claimed: Mapped[Any] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(Instant)


def insert_once(session: Session, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken; False when it was (P03: the database decides, never a look beforehand)."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    done = session.execute(statement, values, execution_options=_COUNTED)
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for INSERT


def insert_each_once(session: Session, table: Table, rows: list[dict[str, Any]]) -> set[UUID]:
    """Insert rows unless their keys are taken, in one statement; return the ids of those that were inserted."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key.columns))
    return set(session.scalars(statement.returning(table.c.id), rows)) if rows else set()


def insert_new(session: Session, table: Table, values: dict[str, Any]) -> bool:
    """Insert a row unless its key or anything else that must be unique is taken; False when it was."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    done = session.execute(dialect.insert(table).on_conflict_do_nothing(), values, execution_options=_COUNTED)
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for INSERT


def insert_many(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows that are known to be new."""
    if rows:
        session.execute(insert(table), rows)


def keep_version(session: Session, **values: object) -> None:
    """Keep the version that is about to be replaced."""
    session.execute(insert(VersionRow), values)


def keep_refused(session: Session, values: dict[str, Any]) -> bool:
    """Keep a correction aside; False when the very same was kept before."""
    return insert_once(session, _table(RefusedRow), values)


def refused(session: Session, patient_id: UUID) -> list[RefusedRow]:
    """Return a patient's corrections that were kept aside, oldest first."""
    query = select(RefusedRow).where(RefusedRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(RefusedRow.refused_at, RefusedRow.record_id, RefusedRow.mark)))


@dataclass(frozen=True, slots=True)
class Claim:
    """What a phone with a wrong clock claimed: the digest of the upload, by how much it was off, both times as sent."""

    kind: str
    record_id: UUID
    mark: bytes
    skew_s: int
    claimed: dict[str, Any]


def keep_claim(session: Session, patient_id: UUID, claim: Claim, now: datetime) -> None:
    """Keep a claim, once."""
    told = {name: getattr(claim, name) for name in Claim.__slots__}
    insert_once(session, _table(ClockRow), told | {"patient_id": patient_id, "received_at": now})


def claims(session: Session, patient_id: UUID, record_ids: Collection[UUID]) -> list[Claim]:
    """Return what a phone with a wrong clock claimed of some records."""
    columns = (getattr(ClockRow, name) for name in Claim.__slots__)
    query = select(*columns).where(ClockRow.patient_id == patient_id, ClockRow.record_id.in_(record_ids))
    return [Claim(*row) for row in session.execute(query)]


def clocks(session: Session, patient_id: UUID) -> list[ClockRow]:
    """Return every upload of a patient that came from a wrong clock, oldest first."""
    query = select(ClockRow).where(ClockRow.patient_id == patient_id)
    return list(session.scalars(query.order_by(ClockRow.received_at, ClockRow.record_id, ClockRow.mark)))


def all_versions(
    session: Session, patient_id: UUID, kinds: Collection[str] = ()
) -> dict[tuple[str, UUID], list[VersionRow]]:
    """Return the superseded versions of a patient's records (of all kinds or some) by kind and record, oldest first."""
    query = select(VersionRow).where(VersionRow.patient_id == patient_id)
    if kinds:
        query = query.where(VersionRow.kind.in_(kinds))
    found: dict[tuple[str, UUID], list[VersionRow]] = {}
    for row in session.scalars(query.order_by(VersionRow.version)):
        found.setdefault((row.kind, row.record_id), []).append(row)
    return found


def last_replaced(session: Session, kind: str, patient_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when a record of a kind was last replaced, for each of some patients who have one that was."""
    query = select(VersionRow.patient_id, func.max(VersionRow.replaced_at)).where(
        VersionRow.kind == kind, VersionRow.patient_id.in_(patient_ids)
    )
    return dict(session.execute(query.group_by(VersionRow.patient_id)).all())


def _table(of: type[Base]) -> Table:
    return of.__table__  # type: ignore[return-value]  # a mapped class has a Table


def versions(session: Session, kind: str, patient_id: UUID, record_id: UUID) -> list[VersionRow]:
    """Return the superseded versions of a record, oldest first."""
    mine = and_(VersionRow.patient_id == patient_id, VersionRow.kind == kind, VersionRow.record_id == record_id)
    return list(session.scalars(select(VersionRow).where(mine).order_by(VersionRow.version)))
