"""Migrations: one numbered line whose head is written down, that match the tables and go up, down and up again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select

from backend.storage import migrate
from backend.storage.db import Base, Instant, make_engine
from tests.conftest import Copies
from tests.databases import tables
from tests.factories import base

VERSIONS = migrate.SCHEMA / "versions"
STORAGE = Path(__file__).parents[2] / "backend" / "storage"


@pytest.fixture
def engine(copies: Copies) -> Iterator[Engine]:
    """An engine on a migrated database of its own."""
    made = make_engine(copies.url(), pooled=False)
    yield made
    made.dispose()


def test_migrations_make_one_line_that_ends_at_the_head_file() -> None:
    assert ScriptDirectory(str(migrate.SCHEMA)).get_heads() == [migrate.head()]


def test_migrations_are_numbered_in_their_order_and_say_what_they_change() -> None:
    line = list(ScriptDirectory(str(migrate.SCHEMA)).walk_revisions())[::-1]
    assert [script.revision for script in line] == [f"{number:04}" for number in range(1, len(line) + 1)]
    names = sorted(path.name for path in VERSIONS.glob("*.py"))
    assert [name[:4] for name in names] == [script.revision for script in line]
    assert [name for name in names if not re.fullmatch(r"\d{4}(_[a-z]+){2,}\.py", name)] == []


def test_the_migrations_know_every_module_with_tables() -> None:
    told = (migrate.SCHEMA / "env.py").read_text()
    holding = [path.stem for path in sorted(STORAGE.glob("*.py")) if "__tablename__ = " in path.read_text()]
    assert len(holding) > 5
    assert [name for name in holding if not re.search(rf"^import backend\.storage\.{name}\b", told, re.MULTILINE)] == []


def _same_type(_context: Any, _inspected: Any, _column: Any, _found: Any, kind: Any) -> bool | None:
    """Leave our own moments alone: on the database they are plain timestamps."""
    return False if isinstance(kind, Instant) else None


def test_the_tables_are_what_the_migrations_make(engine: Engine) -> None:
    tables()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.promise("P33")
def test_going_down_leaves_nothing_and_up_again_everything(engine: Engine) -> None:
    before = _shape(engine)
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    assert migrate.current(engine) is None
    migrate.upgrade(engine)
    assert _shape(engine) == before


@pytest.mark.promise("P33")
def test_each_step_down_and_up_again_keeps_what_it_can(engine: Engine) -> None:
    """Rows of tables that the first migration made outlive every later step; there may be none yet."""
    site = base.SiteFactory.build(name="Kept")
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        table = Base.metadata.tables["sites"]
        connection.execute(table.insert(), {column.name: getattr(site, column.name) for column in table.columns})
    migrate.downgrade(engine, "0001")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalars(select(Base.metadata.tables["sites"].c.name)).all() == ["Kept"]


def _shape(engine: Engine) -> dict[str, Any]:
    """Return what a schema looks like: columns, indexes, constraints of each table."""
    found = inspect(engine)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in found.get_columns(name)],
            sorted(str(i["name"]) for i in found.get_indexes(name)),
            sorted(str(k["name"]) for k in found.get_foreign_keys(name)),
            sorted(str(k["name"]) for k in found.get_unique_constraints(name)),
            sorted(str(k["name"]) for k in found.get_check_constraints(name)),
        )
        for name in found.get_table_names()
    }
