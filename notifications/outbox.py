"""The outbox, seen from the sending side: what a store of reminders must do for any number of dispatchers."""

from datetime import datetime, timedelta
from typing import Protocol

from notifications.reminder import Claimed, Outcome


class Outbox(Protocol):
    """The port. Every method is done in short transactions of its own, over before it returns."""

    def claim(self, now: datetime, worker: str, lease: timedelta, limit: int) -> list[Claimed]:
        """Take up to `limit` reminders that are due to be sent, oldest first, each for one worker only.

        Due are those waiting whose send_at and next try have come and those claimed whose lease has run out
        at `now`; never one with expires_at <= now. Each claim raises the row's fence.
        """
        ...

    def attempt(self, claimed: Claimed, now: datetime) -> bool:
        """Commit the attempt row, before the provider is called.

        False, and nothing written, when the row was claimed by another meanwhile (fence) or cancelled.
        """
        ...

    def acknowledge(self, claimed: Claimed, outcome: Outcome, now: datetime, next_try_at: datetime | None) -> bool:
        """Write down what became of it; False, and nothing changed, when the fence was lost.

        Accepted ends as sent, also for a row cancelled in flight. Failed with `next_try_at` goes back to
        waiting until then, without it the row has failed for good; unless it was pushed and can go by mail:
        then it waits again, at once and with its attempts begun anew, as it does where `next_try_at` lies
        behind expires_at. Deferred goes back to waiting until `next_try_at`, with no attempt counted. What the
        patient's phone showed meanwhile is cancelled instead of waiting. A row cancelled in flight stays
        cancelled on Failed and Deferred. What the outcome calls gone is never in an address again, whether the
        fence was lost or not.
        """
        ...

    def expire(self, now: datetime) -> int:
        """End as expired what waits, or is claimed under a lease that has run out, with expires_at <= now.

        Returns how many.
        """
        ...

    def beat(self, worker: str, now: datetime) -> None:
        """Write down that the worker is alive."""
        ...
