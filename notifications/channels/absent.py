"""A channel that nobody has set up."""

from dataclasses import dataclass

from notifications.reminder import Accepted, Failed, Message


@dataclass(frozen=True, slots=True)
class Absent:
    """Says of every message that it cannot go this way, so that it goes another way instead of waiting for nothing."""

    why: str = "not-configured"

    def send(self, message: Message, address: str) -> Accepted | Failed:  # noqa: ARG002 - there is nothing to send
        """Refuse for good."""
        return Failed(permanent=True, why=self.why)
