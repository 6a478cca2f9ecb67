"""What a channel is."""

from typing import Protocol

from notifications.reminder import Accepted, Failed, Message


class Channel(Protocol):
    """One way of delivering. Whatever it raises counts as a passing failure of that one message."""

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Hand the message over for `address`, and say whether it was taken."""
        ...
