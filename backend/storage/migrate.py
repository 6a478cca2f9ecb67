"""Migrations: where they are, whether the database stands at the newest, and bringing it there under a lock."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

SCHEMA = Path(__file__).parents[2] / "migrations"
_LOCK = 0x756974  # any number of our own: workers starting together wait for the first


def head() -> str:
    """Return the newest migration, as the HEAD file names it."""
    return (SCHEMA / "HEAD").read_text().strip()


def current(engine: Engine) -> str | None:
    """Return the migration a database stands at, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def config(url: str) -> Config:
    """Return Alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(SCHEMA))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a migration, one process at a time."""
    made = config(engine.url.render_as_string(hide_password=False))
    if engine.dialect.name != "postgresql":
        command.upgrade(made, revision)
        return
    with engine.connect() as guard:
        guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            command.upgrade(made, revision)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
            guard.commit()


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to an earlier migration."""
    command.downgrade(config(engine.url.render_as_string(hide_password=False)), revision)
