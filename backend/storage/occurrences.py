"""How a moment of a record is kept: instant, its own offset, local day, zone, and its anchor in the order of things."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from backend.domain.moments import Occurred, at_moment, offset_minutes, on_day, with_offset
from backend.storage.db import Instant


class ReportColumns:
    """The three times of a record made on a phone (API.md): occurred (claimed), recorded (device), received (server).

    `planned_on` is the plan as it stood when the record was made: the one thing that could not be derived later.
    """

    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
    occurred_on: Mapped[date]
    occurred_offset: Mapped[int | None]
    zone: Mapped[str] = mapped_column(String(64))
    anchor_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_offset: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(Instant)
    planned_on: Mapped[date | None]
    session_id: Mapped[UUID | None]


def columns(occurred: Occurred) -> dict[str, object]:
    """Return the columns of a report's moment."""
    return {
        "occurred_at": occurred.at,
        "occurred_on": occurred.on,
        "occurred_offset": None if occurred.at is None else offset_minutes(occurred.at),
        "zone": occurred.zone,
        "anchor_at": occurred.anchor,
    }


def occurrence(at: datetime | None, on: date, offset: int | None, zone: str) -> Occurred:
    """Return the moment of stored columns, in the offset it was reported with."""
    return on_day(on, zone) if at is None else at_moment(with_offset(at, offset or 0), zone)


def as_json(occurred: Occurred | None) -> dict[str, Any] | None:
    """Return a moment as JSON, for the parts of a dose and the history of versions."""
    if occurred is None:
        return None
    return {
        "at": occurred.at.isoformat() if occurred.at else None,
        "on": occurred.on.isoformat(),
        "zone": occurred.zone,
    }


def from_json(value: dict[str, Any] | None) -> Occurred | None:
    """Return the moment of `as_json`."""
    if value is None:
        return None
    at = datetime.fromisoformat(value["at"]) if value["at"] else None
    return Occurred(at, date.fromisoformat(value["on"]), value["zone"])
