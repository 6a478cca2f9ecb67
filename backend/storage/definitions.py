"""Definitions: the questionnaires of a site, each in versions of which the published ones never change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Table, delete, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.storage.db import Base, Instant
from backend.storage.records import insert_once


class QuestionnaireRow(Base):
    """One questionnaire of a site, under the key that its versions share."""

    __tablename__ = "questionnaires"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[UUID | None]


class QuestionnaireVersionRow(Base):
    """One version of a questionnaire: a draft until `published_at`, and from then on as it stands.

    `definition` is as `domain.definitions.written` told it, `content_hash` its hash; `edit` counts what a draft was
    replaced by. From `retired_at` on it is put to nobody who is not asked it already.
    """

    __tablename__ = "questionnaire_versions"

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    edit: Mapped[int]
    definition: Mapped[Any] = mapped_column(JSON)
    content_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    published_by: Mapped[UUID | None]
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_by: Mapped[UUID | None]

    __table_args__ = (ForeignKeyConstraint(["site_id", "key"], ["questionnaires.site_id", "questionnaires.key"]),)


def of_site(session: Session, site_id: UUID) -> Sequence[QuestionnaireVersionRow]:
    """Return every version of a site's questionnaires, by key and oldest first."""
    query = select(QuestionnaireVersionRow).where(QuestionnaireVersionRow.site_id == site_id)
    ordered = query.order_by(QuestionnaireVersionRow.key, QuestionnaireVersionRow.version)
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def versions(session: Session, site_id: UUID, key: str) -> Sequence[QuestionnaireVersionRow]:
    """Return the versions of one questionnaire of a site, oldest first."""
    mine = (QuestionnaireVersionRow.site_id == site_id, QuestionnaireVersionRow.key == key)
    query = select(QuestionnaireVersionRow).where(*mine).order_by(QuestionnaireVersionRow.version)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def add(session: Session, values: dict[str, Any]) -> None:
    """Store a draft of the next version, and the questionnaire with the first."""
    table: Table = QuestionnaireRow.__table__  # type: ignore[assignment]  # a mapped class has a Table
    insert_once(session, table, {name: values[name] for name in ("site_id", "key", "made_at", "made_by")})
    session.execute(insert(QuestionnaireVersionRow), values)


def put(session: Session, site_id: UUID, key: str, version: int, values: dict[str, Any]) -> bool:
    """Change a draft; False when there is none: what was published is never changed."""
    draft = (
        QuestionnaireVersionRow.site_id == site_id,
        QuestionnaireVersionRow.key == key,
        QuestionnaireVersionRow.version == version,
        QuestionnaireVersionRow.published_at.is_(None),
    )
    done = session.execute(update(QuestionnaireVersionRow).where(*draft).values(**values))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]  # a CursorResult for UPDATE


def retire(session: Session, site_id: UUID, key: str, version: int, values: dict[str, Any]) -> None:
    """Mark what was published as retired; nothing else of it changes."""
    published = (
        QuestionnaireVersionRow.site_id == site_id,
        QuestionnaireVersionRow.key == key,
        QuestionnaireVersionRow.version == version,
        QuestionnaireVersionRow.published_at.is_not(None),
        QuestionnaireVersionRow.retired_at.is_(None),
    )
    session.execute(update(QuestionnaireVersionRow).where(*published).values(**values))


def discard(session: Session, site_id: UUID, key: str, version: int) -> None:
    """Delete a draft; what was published stays."""
    draft = {"site_id": site_id, "key": key, "version": version, "published_at": None}
    session.execute(delete(QuestionnaireVersionRow).filter_by(**draft))
