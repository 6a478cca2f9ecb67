"""The outbox, seen from the sending side: what a store of reminders must do for any number of dispatchers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from notifications.reminder import Again, Claimed, Outcome


class Outbox(Protocol):
    """The port. Every method is done in short transactions of its own, over before it returns."""

    def claim(
        self,
        now: datetime,
        worker: str,
        lease: timedelta,
        limit: int,
        channel: str | None = None,
        ids: Collection[str] | None = None,
    ) -> list[Claimed]:
        """Take up to `limit` reminders that are due to be sent, oldest first, each for one worker only.

        Due are those planned or given back whose next try has come and those claimed whose lease has run out at `now`;
        never one with expires_at <= now. `channel` keeps to those that wait for it, `ids` to those named. Each claim
        raises the row's fence. A row whose channel leads nowhere any more comes with the next that does.
        """
        ...

    def attempt(self, claimed: Claimed, now: datetime) -> bool:
        """Commit the attempt row, before the provider is called.

        False, and nothing written, when the row was claimed by another meanwhile (fence) or cancelled.
        """
        ...

    def acknowledge(self, claimed: Claimed, outcome: Outcome, now: datetime, again: Again | None) -> bool:
        """Write down what became of it; False, and nothing changed, when the fence was lost.

        Accepted ends as sent, also for a row cancelled in flight. Failed with `again` is due again then and by that
        channel, on another channel with its tries begun anew; without it the row has failed for good, and somebody is
        to be called. Deferred is due again, with no attempt counted; Suppressed ends as such. What the patient's phone
        showed meanwhile is cancelled instead of tried again. A row cancelled in flight stays cancelled whatever came
        of it but Accepted. What the outcome calls gone is never in an address again, whether the fence was lost or not.
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
