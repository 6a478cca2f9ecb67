"""A real SMTP server on the loopback that keeps the mail it takes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.journeys.processes import free_port


class Mailbox:
    """Everything that was delivered."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.port = free_port()

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Any) -> str:
        """Keep a mail."""
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def copies(self) -> Counter[str]:
        """Return how often each reminder's mail came, by the reminder's id."""
        return Counter(str(mail["Message-ID"])[len("<reminder-") :].split("@")[0] for mail in self.mails)


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Run the server while the block lasts."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
