"""Migrations: where they are, whether the database stands at the newest, and bringing it there under a lock."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

SCHEMA = Path(__file__).parents[2] / "migrations"
_LOCK = 0x756974  # any number of our own: workers starting together wait for the first


def head() -> str:
    """Return the newest migration, as the HEAD file names it."""
    return (SCHEMA / "HEAD").read_text().strip()


def current(engine: Engine) -> str | None:
    """Return the migration a database stands at, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def standing(session: Session) -> str | None:
    """Return the migration the session's database stands at."""
    return MigrationContext.configure(session.connection()).get_current_revision()


def config(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(SCHEMA))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def knows(revision: str) -> bool:
    """Whether this version has a migration of that name."""
    return any(script.revision == revision for script in ScriptDirectory(str(SCHEMA)).walk_revisions())


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a migration, one process at a time."""
    with _alone(engine) as url:
        command.upgrade(config(url), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to an earlier migration, one process at a time."""
    with _alone(engine) as url:
        command.downgrade(config(url), revision)


@contextmanager
def _alone(engine: Engine) -> Iterator[str]:
    """Hold the lock of migrations (a lock file beside SQLite's) and give the database's URL."""
    url = engine.url.render_as_string(hide_password=False)
    if engine.dialect.name != "postgresql":
        with Path(f"{engine.url.database}.migrating").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield url
        return
    with engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            yield url
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            guard.commit()
