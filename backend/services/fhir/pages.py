"""Pages: the search and the place in it, sealed, so that the address of a next page tells nothing to who reads it."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

import orjson

from backend.domain.errors import ClinicError
from backend.services.context import Context
from backend.services.fhir.search import Asked, Place
from backend.services.fhir.types import Type
from backend.storage.sealing import Place as Bound
from backend.storage.sealing import SealError


def sealed(ctx: Context, kind: Type, asked: Asked, last: Place) -> str:
    """Return the token of the page behind a place; it opens for the same person and type only."""
    whose = None if asked.patient_id is None else str(asked.patient_id)
    said = [whose, asked.ids, asked.dates, asked.updated, asked.count, asked.statuses, last[0].isoformat(), last[1]]
    token = ctx.sealer.seal_own(orjson.dumps(said).decode(), _bound(ctx, kind))
    return base64.urlsafe_b64encode(token).decode().rstrip("=")


def opened(ctx: Context, kind: Type, token: str) -> tuple[Asked, Place]:
    """Return what `sealed` was given. Raises ClinicError `bad-request` for any other token."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        said = orjson.loads(ctx.sealer.open_own(raw, _bound(ctx, kind)))
        whose, ids, dates, updated, count, statuses, at, key = said  # of an earlier release it has fewer
    except (SealError, ValueError, binascii.Error) as error:
        raise ClinicError("bad-request", "Not a page of this search.", {"/query/_page": "Unknown."}) from error
    asked = Asked(
        None if whose is None else UUID(whose),
        None if ids is None else tuple(ids),
        tuple(map(tuple, dates)),
        tuple(map(tuple, updated)),
        count,
        tuple(map(tuple, statuses)),
    )
    return asked, (datetime.fromisoformat(at), key)


def _bound(ctx: Context, kind: Type) -> Bound:
    return Bound("fhir-pages", kind.name, str(ctx.who.id))
