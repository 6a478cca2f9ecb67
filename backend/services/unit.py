"""One act, one transaction: opens it, hands out the context, and sees that what was done is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy.orm import Session

from backend.domain.errors import Remembered
from backend.services import feed
from backend.services.context import Context
from backend.storage import digests, events
from backend.storage.db import unit_of_work


@contextmanager
def act(session: Session, ctx: Context, *, writes: bool) -> Iterator[Context]:
    """Run one transaction around `ctx` and commit it with its events, or nothing of either.

    A reading act keeps its snapshot free of locks: its events are written in a short transaction of their own,
    before the caller gets to send anything (P23), and with them the digests it made. A `Remembered` refusal is
    committed and then raised, since the failed try itself must not be forgotten.
    """
    refusal: Remembered | None = None
    try:
        with unit_of_work(session, writes=writes):
            try:
                yield replace(ctx, session=session)
            except Remembered as error:
                refusal = error
            if writes:
                events.add(session, ctx.trail)
                feed.write(ctx, session)
        if not writes and (ctx.trail or ctx.digests):
            with unit_of_work(session, writes=True):
                events.add(session, ctx.trail)
                digests.put(session, ctx.digests)
    finally:
        ctx.digests.clear()
        ctx.trail.clear()  # what was rolled back did not happen
        ctx.touched.clear()
    if refusal is not None:
        raise refusal
