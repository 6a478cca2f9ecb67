"""Digesting: whose feed moved gets a new digest in the background, so that lists and figures find it made."""

from collections.abc import Sequence

import structlog
from sqlalchemy.exc import OperationalError

from backend.services.cohort_reading import digest, from_tables
from backend.services.context import Context
from backend.services.digest_mark import mark
from backend.storage import digests
from backend.storage.cohorts import Member
from backend.storage.digests import Digest

log = structlog.get_logger(__name__)

BATCH = 20
"""How many patients are read at once: some tenths of a second, in which nothing is locked."""


def refresh(ctx: Context) -> bool:
    """Read some patients who have no digest that stands, and return whether there may be more; for a reading act.

    Several may do so at once: then some are read twice, and what is newer stays.
    """
    members = digests.lacking(ctx.session, mark(), BATCH)
    made = _made(ctx, members)
    ctx.digests.extend(made)
    return len(members) == BATCH and bool(made)


def _made(ctx: Context, members: Sequence[Member]) -> list[Digest]:
    try:
        return [digest(one) for one in from_tables(ctx, members)]
    except OperationalError:
        raise  # the database is away or busy: that passes, and says nothing about a patient
    except Exception as trouble:  # noqa: BLE001 - a bad record must not hold up the others; no trace: it may hold data
        if len(members) > 1:
            return [made for one in members for made in _made(ctx, [one])]
        log.error("patient not digested", patient=str(members[0].id), code=type(trouble).__name__)  # noqa: TRY400
        return []
