"""The door to the database: column types, one engine for SQLite and PostgreSQL, and how a transaction begins."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=_NAMES)


class Instant(TypeDecorator[datetime]):
    """An aware moment, kept in UTC on every database (SQLite itself drops the offset)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into what the driver takes; a naive one raises ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without an offset")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


def engine_options(url: str, busy_timeout_ms: int) -> dict[str, Any]:
    """Return the options of `create_engine` for a URL."""
    # An error's message must not quote values; JSON is read by the same library that writes it to the wire.
    quiet = {"hide_parameters": True, "json_deserializer": orjson.loads}
    if _is_sqlite(make_url(url)):
        return quiet | {"connect_args": {"timeout": busy_timeout_ms / 1000, "check_same_thread": False}}
    seconds = max(busy_timeout_ms // 1000, 1)
    options = f"-c lock_timeout={busy_timeout_ms} -c timezone=UTC"
    return quiet | {
        "pool_size": 10,
        "max_overflow": 10,
        "pool_timeout": seconds,
        "pool_pre_ping": True,
        "connect_args": {"connect_timeout": seconds, "options": options},
    }


def make_engine(url: str, busy_timeout_ms: int = 5000, *, pooled: bool = True) -> Engine:
    """Return an engine whose transactions begin as the product needs them."""
    options = engine_options(url, busy_timeout_ms)
    if not pooled:
        kept = ("connect_args", "hide_parameters", "json_deserializer")
        options = {key: options[key] for key in kept} | {"poolclass": NullPool}
    engine = create_engine(url, **options)
    prepare(engine, busy_timeout_ms)
    return engine


def prepare(engine: Engine, busy_timeout_ms: int) -> None:
    """Make an engine's connections durable and its transactions explicit (STACK.md, Database).

    The SQLite driver opens no transaction for SELECT, so two readers could both write what they read: every
    transaction here begins with an explicit BEGIN, and one that writes with BEGIN IMMEDIATE.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(busy_timeout_ms)}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def unit_of_work(session: Session, *, writes: bool) -> Iterator[Session]:
    """Run one transaction: commit at the end, roll back on any exception.

    The only place besides the outbox that commits. `writes=False` begins a reading transaction: one snapshot
    from beginning to end, which on PostgreSQL the database holds to.
    """
    connection = session.connection(execution_options={"writes": writes})
    if not writes and connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def durability(session: Session) -> list[str]:
    """Return what is unsafe about the database's settings, empty when a commit survives a power cut (P02)."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        mode = session.execute(text("PRAGMA journal_mode")).scalar_one()
        sync = session.execute(text("PRAGMA synchronous")).scalar_one()
        keys = session.execute(text("PRAGMA foreign_keys")).scalar_one()
        found = {"journal_mode": mode != "wal", "synchronous": sync < 2, "foreign_keys": keys != 1}
    else:
        settings = ("fsync", "synchronous_commit", "full_page_writes")
        found = {name: session.execute(text(f"SHOW {name}")).scalar_one() == "off" for name in settings}
    return [name for name, unsafe in found.items() if unsafe]


def is_duplicate(error: IntegrityError) -> bool:
    """Tell whether a statement failed because its key was taken at that very moment."""
    return getattr(error.orig, "sqlstate", "") == "23505" or "UNIQUE constraint failed" in str(error.orig)


def is_read_only(error: DBAPIError) -> bool:
    """Tell whether PostgreSQL refused a write because it is a standby at present; SQLite's driver says it outright."""
    return getattr(error.orig, "sqlstate", "") == "25006"


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"
