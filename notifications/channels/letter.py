"""The letter: a message as RFC 5322 writes it, for every channel that carries mail."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from notifications.reminder import Message


def letter(message: Message, address: str, sender: str) -> EmailMessage:
    """Return the mail. Its Message-ID follows from the message's id, so every copy carries the same one.

    Raises ValueError for an address or sender that holds a line break.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = address
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.written_at)
    mail["Message-ID"] = f"<{message.message_id}@{_domain(sender)}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail.set_content(message.body)
    return mail


def _domain(sender: str) -> str:
    return Address(addr_spec=sender).domain or "localhost"
