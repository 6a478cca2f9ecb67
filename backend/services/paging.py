"""Pages of a list: what is shown, and the place after which the next page begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a longer list; `last` is the place of the last one, None when nothing follows."""

    rows: list[T]
    last: tuple[datetime, UUID] | None


def cut(rows: Sequence[T], limit: int) -> tuple[Sequence[T], bool]:
    """Return at most `limit` of the rows, and whether there were more (ask for one more than you show)."""
    return rows[:limit], len(rows) > limit
