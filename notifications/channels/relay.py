"""The operator's own services through Apprise, an optional extra: it says only whether all of them took the message."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from notifications.reminder import Accepted, Failed, Message


@dataclass(frozen=True, slots=True)
class Relay:
    """Some Apprise addresses; `make` returns an empty `apprise.Apprise`. Never for patients: there is no receipt."""

    addresses: tuple[str, ...] = field(repr=False)
    make: Callable[[], Any]

    def send(self, message: Message, address: str) -> Accepted | Failed:  # noqa: ARG002 - they are all ours
        """Tell all of them; when one did not take it, all are told again."""
        relay = self.make()
        if not relay.add(list(self.addresses)):
            return Failed(permanent=False, why="relay-bad-address")
        if not relay.notify(title=message.subject, body=message.body):
            return Failed(permanent=False, why="relay-refused")
        return Accepted(message.message_id)
