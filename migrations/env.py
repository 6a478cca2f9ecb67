"""Runs migrations, one transaction each, with SQLite's foreign keys held off while tables are rebuilt."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool, text

import backend.storage.access
import backend.storage.alerts
import backend.storage.assignments
import backend.storage.beats
import backend.storage.calls
import backend.storage.checklists
import backend.storage.claims
import backend.storage.decisions
import backend.storage.definitions
import backend.storage.digests
import backend.storage.doses
import backend.storage.events
import backend.storage.feed
import backend.storage.findings
import backend.storage.ledger
import backend.storage.monitoring
import backend.storage.patients
import backend.storage.people
import backend.storage.protocols
import backend.storage.push
import backend.storage.questionnaires
import backend.storage.records
import backend.storage.reminders
import backend.storage.requests
import backend.storage.research
import backend.storage.samples
import backend.storage.snapshots
import backend.storage.study_acts
import backend.storage.study_feeds
import backend.storage.symptoms
import backend.storage.treatment
import backend.storage.undelivered
import backend.storage.wishes  # noqa: F401
from backend.settings import load
from backend.storage.db import Base, Instant


def _render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Write our own column type as the plain one it stores, so that migrations import nothing of ours."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def _same_type(_context: Any, _inspected: Any, _column: Any, _inspected_type: Any, kind: Any) -> bool | None:
    return False if isinstance(kind, Instant) else None


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render_item,
        compare_type=_same_type,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Run on the database the configuration names, or the running app's own."""
    url = context.config.get_main_option("sqlalchemy.url") or _url_of_app()
    engine = create_engine(url.replace("%%", "%"), poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        # Rebuilding a table would cascade-delete its children; through SQLAlchemy the PRAGMA comes too late.
        @event.listens_for(engine, "connect")
        def _off(raw: Any, _record: object) -> None:
            raw.execute("PRAGMA busy_timeout=5000")
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.isolation_level = None

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        _run(connection)
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"{len(broken)} rows lost their parent")


def _url_of_app() -> str:

    return load().url


main()
