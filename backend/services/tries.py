"""Counted tries: a failed one is kept under a keyed mark of whom and where, and soon costs a delay (P26)."""

from backend.domain import tries
from backend.domain.errors import ClinicError
from backend.services.context import Context
from backend.storage import access


def mark(ctx: Context, purpose: str, *told: str) -> bytes:
    """Return the mark of a person or an address; what it stands for cannot be read from it."""
    return ctx.sealer.fingerprint(f"tries-{purpose}", "\x00".join(told))


def admit(ctx: Context, marked: bytes, limit: int, free: int = tries.FREE) -> None:
    """Pass when another try may be made now; the first `free` cost no delay.

    Raises ClinicError `too-many-tries` with the seconds to wait.
    """
    failed_at = access.tries(ctx.session, marked, ctx.now - tries.WINDOW, limit)
    wait = tries.wait_s(failed_at, ctx.now, limit, free)
    if wait:
        raise ClinicError("too-many-tries", retry_after_s=wait)


def count(ctx: Context, marked: bytes) -> None:
    """Write down a failed try; raise a `Remembered` error afterwards, or it is forgotten."""
    access.count_try(ctx.session, marked, ctx.now, ctx.now - tries.WINDOW)
