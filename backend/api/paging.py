"""Cursors: an opaque place in a list, which a client hands back unread to get the next page."""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from flask import request

from backend.domain.errors import invalid
from backend.services.paging import Page

T = TypeVar("T")
LARGEST = 500
Cursor = tuple[datetime, UUID]


def asked(query: dict[str, Any]) -> tuple[Cursor | None, int]:
    """Return place and size of a page (`PageIn`). Raises ClinicError `invalid` for a cursor that is not ours."""
    return (None if query["cursor"] is None else _place(query["cursor"])), size(query)


def size(query: dict[str, Any]) -> int:
    """Return the size of a page. Raises ClinicError `invalid` for one that is too large."""
    limit = int(query["limit"])
    if limit > LARGEST:
        raise invalid("/query/limit", f"At most {LARGEST}.")
    return limit


def page(found: Page[T], shown: Callable[[T], Any]) -> dict[str, Any]:
    """Return a page as it leaves: `items`, and `next`, the address of the page that follows or null."""
    return {
        "items": [shown(row) for row in found.rows],
        "next": None if found.last is None else _next(found.last),
    }


def _next(last: Cursor) -> str:
    moment, row = last
    token = base64.urlsafe_b64encode(f"{moment.isoformat()}|{row}".encode()).decode().rstrip("=")
    kept = {key: value for key, value in request.args.items() if key != "cursor"}
    # Not `url_for`: it would take what somebody put into the query (_method, _external, endpoint) for its own options.
    return f"{quote(request.script_root + request.path)}?{urlencode(kept | {'cursor': token})}"


def _place(cursor: str) -> Cursor:
    try:
        moment, _, row = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("|")
        place = datetime.fromisoformat(moment).astimezone(UTC), UUID(row)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise invalid("/query/cursor", "Not a cursor of this list.") from error
    return place
