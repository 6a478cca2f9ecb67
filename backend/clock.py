"""The only place that asks the time: the system's clock, or in tests one moved by a file."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

Clock = Callable[[], datetime]
"""Gives the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """Return the present moment (aware, UTC)."""
    return datetime.now(UTC)


def file_clock(path: Path) -> Clock:
    """Return a clock shifted by the seconds that stand in `path`; an absent or empty file shifts nothing.

    Only for tests (PROMISES, seams): settings refuse the file in any other environment. Raises ValueError
    when the file holds something that is not a number.
    """

    def shifted() -> datetime:
        text = path.read_text().strip() if path.exists() else ""
        return system_clock() + timedelta(seconds=float(text or 0))

    return shifted


def chosen(path: Path | None) -> Clock:
    """Return the clock the settings ask for: the system's own without a clock file."""
    return file_clock(path) if path else system_clock


def monotonic() -> float:
    """Return seconds that only go forward, for measuring how long something took."""
    return time.monotonic()
