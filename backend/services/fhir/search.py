"""Searching and reading: what a type holds, narrowed by ids and dates, the newest first, page after page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.errors import ClinicError
from backend.domain.fhir.dates import Span, of_instant, read
from backend.services import gate
from backend.services.context import Context
from backend.services.fhir.found import Found
from backend.services.fhir.types import Type

DOOR = "fhir:read"
Place = tuple[datetime, str]
Texts = tuple[tuple[str, ...], ...]
"""Values of a parameter: all of the outer must hold, of the inner any."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search asks: whose, which ids (None for any), and when it was or became known, as it was written.

    `statuses` are the codes of how it stands.
    """

    patient_id: UUID | None = None
    ids: tuple[str, ...] | None = None
    dates: Texts = ()
    updated: Texts = ()
    count: int = 50
    statuses: Texts = ()


@dataclass(frozen=True, slots=True)
class Bundle:
    """A page of what was found: how much there is in all, and the place of the last where more follows."""

    total: int
    resources: list[dict[str, Any]]
    last: Place | None


def search(ctx: Context, kind: Type, asked: Asked, after: Place | None = None) -> Bundle:
    """Return a page of a type, the newest first, from behind a place on.

    What was taken back is left out, unless the search asks since when things changed: whoever keeps a copy has to hear
    of it. Raises ClinicError `role-lacks-permission`, `not-found` for a patient out of reach, `bad-request` where staff
    name no patient or a date cannot be read.
    """
    gate.permit(ctx, DOOR)
    found = [one for one in kind.find(ctx, asked.patient_id, None) if _is_sought(one, asked)]
    found.sort(key=_place, reverse=True)
    follows = found if after is None else [one for one in found if _place(one) < after]
    page = follows[: asked.count]
    last = _place(page[-1]) if page and len(follows) > len(page) else None
    return Bundle(len(found), [one.tell() for one in page], last)


def read_one(ctx: Context, kind: Type, key: str) -> dict[str, Any]:
    """Return one resource; what was taken back says so. Raises ClinicError as `search`."""
    gate.permit(ctx, DOOR)
    found: Iterable[Found] = kind.find(ctx, None, key)
    one = next((one for one in found if one.id == key), None)
    if one is None:
        raise ClinicError("not-found")
    return one.tell()


def _place(found: Found) -> Place:
    return found.at, found.id


def _is_sought(found: Found, asked: Asked) -> bool:
    if found.gone and not asked.updated:
        return False
    if asked.ids is not None and found.id not in asked.ids:
        return False
    if not all(found.status in either for either in asked.statuses):
        return False
    known = None if found.updated is None else of_instant(found.updated)
    return _holds(asked.dates, found.span, found.zone) and _holds(asked.updated, known, found.zone)


def _holds(sought: Texts, span: Span | None, zone: str) -> bool:
    return all(any(_is_in(text, span, zone) for text in either) for either in sought)


def _is_in(text: str, span: Span | None, zone: str) -> bool:
    wanted = read(text, zone)
    return wanted is not None and span is not None and wanted.holds(span)


def checked(texts: Sequence[str], name: str) -> Texts:
    """Return the values of a date parameter; raises ClinicError `bad-request` for what is none."""
    found = tuple(tuple(text.split(",")) for text in texts)
    for either in found:
        for text in either:
            if read(text, "UTC") is None:
                raise ClinicError("bad-request", f"{name} is not a date.", {f"/query/{name}": "Not a date."})
    return found
