"""The inbox inside the app."""

from dataclasses import dataclass

from notifications.reminder import Accepted, Failed, Message


@dataclass(frozen=True, slots=True)
class Inbox:
    """The list of messages that the app reads from us.

    There is no provider to hand anything to: the reminder's own row, once it is written down as sent, is what the app
    shows. That makes accepting it real and not a pretence: the acceptance and the showing are one commit, so that
    neither can be there without the other. That somebody has read it is another matter, and not claimed.
    """

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Accept the message for whoever `address` names; anything that is not empty does."""
        return Accepted(message.message_id) if address else Failed(permanent=True, why="no-address")
