"""Migrations keep what is there: rows of every table, up and down again, and each old state finds its new one."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import JSON, Column, Connection, Engine, MetaData, Table, func, inspect, select
from sqlalchemy.types import (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Time,
    TypeEngine,
    Uuid,
)  # fmt: skip

from backend.domain.definitions import content_hash
from backend.domain.forms import forms
from backend.storage import migrate
from backend.storage.db import make_engine
from tests.conftest import Copies

Rows = dict[str, list[dict[str, Any]]]

BEFORE, LEDGER = "0002", "0003"
FLAT, HASHED = "0009", "0010"
OLD = ("waiting", "claimed", "sent", "failed", "expired", "cancelled")
SESSION = uuid4()
_number = count(1)


@pytest.fixture
def engine(copies: Copies) -> Iterator[Engine]:
    """An engine on a database of its own, as it was before the ledger of reminders."""
    made = make_engine(copies.url(), pooled=False)
    migrate.downgrade(made, BEFORE)
    yield made
    made.dispose()


class House:
    """A database as it stands at some migration, and one row of every table to refer to."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.meta = engine, MetaData()
        self.meta.reflect(engine)
        self.allowed = {name: _allowed(engine, name) for name in self.meta.tables}
        self.first: dict[str, dict[str, Any]] = {}

    def put(self, name: str, **told: Any) -> dict[str, Any]:
        """Store a row in which every column says something, and return it."""
        table = self.meta.tables[name]
        allowed = self.allowed[name]
        row = {column.name: self._value(column, allowed.get(column.name)) for column in table.columns}
        if name == "sessions":
            row["staff_id"] = None  # of one or of the other
        row |= {key: self._stored(table.columns[key], value) for key, value in told.items()}
        with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.execute(table.insert(), row)
        self.first.setdefault(name, row)
        return row

    def fill(self) -> None:
        """Store a row in every table that has none yet, those referred to first."""
        for table in self.meta.sorted_tables:
            if table.name != "alembic_version" and table.name not in self.first:
                self.put(table.name)

    def _value(self, column: Column[Any], allowed: str | None) -> Any:
        for key in column.foreign_keys:
            referred = key.column.table.name
            if referred not in self.first and not column.nullable:
                self.put(referred)
            return self.first[referred][key.column.name] if referred in self.first else None
        return allowed if allowed is not None else self._stored(column, _made(column.type))

    def _stored(self, column: Column[Any], value: Any) -> Any:
        """Return a value as the reflected column takes it: SQLite keeps ids as text and moments without an offset."""
        if self.engine.dialect.name == "sqlite" and isinstance(value, datetime):
            return value.replace(tzinfo=None)
        return value.hex if isinstance(value, UUID) and isinstance(column.type, String) else value


def _made(kind: TypeEngine[Any]) -> Any:
    """Return a value of a kind that no other row has, as far as that is possible."""
    number = next(_number)
    if isinstance(kind, Uuid) or (isinstance(kind, String) and kind.length == 32):
        return uuid4()
    text = f"{number}"[-(getattr(kind, "length", None) or 20) :]
    values: dict[type[TypeEngine[Any]], Any] = {
        String: text,
        LargeBinary: text.encode(),
        Boolean: True,
        Integer: number,
        Date: date(2026, 6, 1),
        Time: time(9),
        DateTime: datetime(2026, 6, 1, 10, tzinfo=UTC),
        Float: 1.5,
        Numeric: 1,
        JSON: {"told": number},
    }
    return next(value for known, value in values.items() if isinstance(kind, known))


def _allowed(engine: Engine, name: str) -> dict[str, str]:
    """Return for each column that is held to some words the first of them."""
    told = [check["sqltext"] for check in inspect(engine).get_check_constraints(name)]
    found = (re.match(r"\W*(\w+)\b.*?'(\w+)'", text, re.DOTALL) for text in told)
    return {match[1]: match[2] for match in found if match}


def rows(engine: Engine, meta: MetaData | None = None) -> Rows:
    """Return all rows of all tables, each table's in some lasting order."""
    if meta is None:
        meta = MetaData()
        meta.reflect(engine)
    with engine.connect() as connection:
        return {table.name: _of(connection, table) for table in meta.sorted_tables if table.name != "alembic_version"}


def _of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    found = [dict(row) for row in connection.execute(select(table)).mappings()]
    return sorted(found, key=lambda row: [str(row[column.name]) for column in table.primary_key])


def lived_in(engine: Engine) -> House:
    """Return a house with rows in every table, and everything that the ledger turns into something else."""
    house = House(engine)
    for channel in ("email", "push"):
        house.put("patients", channel=channel)
    for status in OLD:
        reminder = house.put("reminders", status=status, key=f"k:{status}", channel="push", attempts=2)
        for attempt in (1, 2):
            house.put("reminder_attempts", reminder_id=reminder["id"], attempt=attempt)
        for state in ("shown", "opened", "dismissed"):
            house.put("reminder_receipts", reminder_id=reminder["id"], session_id=SESSION, state=state)
    house.fill()
    return house


@pytest.mark.promise("P33")
def test_rows_of_every_table_are_the_same_after_up_and_down(engine: Engine) -> None:
    house = lived_in(engine)
    before = rows(engine, house.meta)
    assert [name for name, some in before.items() if not some] == []
    migrate.upgrade(engine, LEDGER)
    migrate.downgrade(engine, BEFORE)
    assert rows(engine, house.meta) == before
    migrate.upgrade(engine, LEDGER)
    migrate.downgrade(engine, BEFORE)
    assert rows(engine, house.meta) == before


@pytest.mark.promise("P33")
def test_going_up_each_old_thing_finds_its_new_place(engine: Engine) -> None:
    before = rows(engine, lived_in(engine).meta)
    migrate.upgrade(engine, LEDGER)
    after = rows(engine)
    for name, some in before.items():
        assert len(after[name]) == len(some), name
    assert sorted(row["channels"] for row in after["patients"]) == ["email", "push email"]
    assert {row["key"]: row["status"] for row in after["reminders"]} == {
        f"k:{status}": "planned" if status == "waiting" else status for status in OLD
    }
    assert {row["source"] for row in after["reminder_receipts"]} == {SESSION.hex}
    assert {(row["channel"], row["provider_ref"]) for row in after["reminder_attempts"]} == {("push", "")}
    assert [row["service"] for row in after["push_subscriptions"]] == ["webpush"]
    moments = [(row["reminder_id"], row["state"], row["at"], row["received_at"]) for row in before["reminder_receipts"]]
    assert moments == [
        (row["reminder_id"], row["state"], row["at"], row["received_at"]) for row in after["reminder_receipts"]
    ]


@pytest.mark.promise("P33")
def test_going_down_what_is_new_gives_way_to_what_comes_nearest_and_the_rest_stays(engine: Engine) -> None:
    migrate.upgrade(engine, LEDGER)
    house = House(engine)
    nearest = {
        "planned": "waiting", "due": "waiting", "claimed": "claimed", "sent": "sent", "delivered": "sent",
        "dismissed": "sent", "opened": "sent", "failed": "failed", "expired": "expired", "cancelled": "cancelled",
        "suppressed": "cancelled",
    }  # fmt: skip
    ways = {"email": "email", "push email": "push", "email push": "email", "sms": "email", "push": "push"}
    for channels in ways:
        house.put("patients", channels=channels, language=channels[:8])
    for status in nearest:
        house.put("reminders", status=status, key=status)
    for source, state in ((SESSION.hex, "shown"), ("sms", "delivered"), ("sms", "failed")):
        house.put("reminder_receipts", source=source, state=state)
    for service in ("webpush", "fcm", "apns"):
        house.put("push_subscriptions", service=service)
    house.fill()
    before = rows(engine)
    migrate.downgrade(engine, BEFORE)
    after = rows(engine)
    assert {row["key"]: row["status"] for row in after["reminders"]} == nearest
    assert sorted(row["channel"] for row in after["patients"]) == sorted(ways.values())
    assert [_hex(row["session_id"]) for row in after["reminder_receipts"]] == [SESSION.hex]
    assert len(after["push_subscriptions"]) == 1
    migrate.upgrade(engine, LEDGER)
    again = rows(engine)
    gone = {
        "alerts", "reminder_changes", "reminder_snoozes", "reminder_wishes", "site_reminder_rules", "undelivered",
        "reminder_receipts", "push_subscriptions",
    }  # fmt: skip
    assert {name: len(some) for name, some in again.items() if name not in gone} == {
        name: len(some) for name, some in before.items() if name not in gone
    }
    with engine.connect() as connection:
        planned = select(func.count()).select_from(house.meta.tables["reminders"])
        assert connection.scalar(planned.where(house.meta.tables["reminders"].c.status == "planned")) == 2


@pytest.mark.promise("P33")
def test_a_response_from_before_is_tied_to_the_version_that_shipped_then(engine: Engine) -> None:
    migrate.upgrade(engine, FLAT)
    house = House(engine)
    for key in forms():
        house.put("responses", form=key, form_version=1)
    before = rows(engine)["responses"]
    migrate.upgrade(engine, HASHED)
    after = rows(engine)["responses"]
    assert {row["form"]: row["form_hash"] for row in after} == {key: content_hash(one) for key, one in forms().items()}
    assert [row["dropped"] for row in after] == [[]] * len(before)
    assert [{name: row[name] for name in before[0]} for row in after] == before
    migrate.downgrade(engine, FLAT)
    assert rows(engine)["responses"] == before


def _hex(told: Any) -> str:
    return told.hex if isinstance(told, UUID) else str(told)
