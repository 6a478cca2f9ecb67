"""Rehearsal: an act is run for what it would do, and taken back as if it had never been."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from backend.services.context import Context


@contextmanager
def rehearsed(ctx: Context) -> Iterator[Context]:
    """Run what stands in the block for its answer alone: at its end nothing of it is left, whether it raised or not.

    Hands out a context of its own for the acts inside. Their rows go back to a savepoint, and neither what they noted
    in the trail nor what they touched for the feed is written. Belongs in a writing act, since the same locks are
    taken. Whoever rehearses notes the read outside the block, on the outer context: the record was seen all the same
    (P23). Answers made inside must be plain values, no rows; ids that the server made (of reminders) are of nothing.
    """
    ctx.session.flush()
    try:
        with ctx.session.begin_nested() as savepoint:
            yield replace(ctx, trail=[], touched={}, postponed=None)
            savepoint.rollback()
    finally:
        ctx.session.expire_all()  # what was read inside is not what is stored
