"""E-mail over SMTP."""

import re
import smtplib
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ssl import SSLContext, SSLError, create_default_context

from notifications.channels.letter import letter
from notifications.endpoint import Endpoint, looked_up
from notifications.line import line
from notifications.reminder import Accepted, Failed, Message

_ADDRESS = re.compile(r"[^\s,;:<>()\[\]\"@\x00-\x1f\x7f]+@[^\s,;:<>()\[\]\"@\x00-\x1f\x7f]+")


GONE = ("email",)
"""What is gone when there is nobody at the address."""

_NOBODY = frozenset({550, 551, 553})
_ENHANCED = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")
_SENDERS = frozenset({b"7", b"8"})
"""Of the 5.1.x (RFC 3463) those that are about the sender's address."""


@dataclass(frozen=True, slots=True)
class Email:
    """One SMTP server. `sender` is a bare address; `starttls` and `ssl` are one or the other.

    With `starttls` nothing is sent to a server that does not offer it. Reaching the server and each single answer may
    take `timeout_s`, all that is said `whole_s`. `tls` replaces the system's trust.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    ssl: bool = False
    timeout_s: float = 10.0
    whole_s: float = 30.0
    tls: SSLContext | None = None

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one mail. A recipient or content refused with 5xx is permanent, everything else passes."""
        if not _ADDRESS.fullmatch(address):
            return Failed(permanent=True, why="bad-address", gone=GONE)
        mail = letter(message, address, self.sender)
        endpoint, tls = Endpoint(self.host, self.port, ""), self.tls or create_default_context()
        try:
            found = looked_up(endpoint)
            with line(found, endpoint, self.timeout_s, tls if self.ssl else None, self.whole_s) as held:
                return self._handed_over(self._session(held, tls), mail, message.message_id, address)
        except (smtplib.SMTPException, OSError) as trouble:
            return Failed(permanent=False, why=_connecting(trouble))

    def _handed_over(
        self, server: smtplib.SMTP, mail: EmailMessage, message_id: str, address: str
    ) -> Accepted | Failed:
        """Give a mail to a server that is ready for it, and leave."""
        try:
            server.send_message(mail, self.sender, [address])
        except (smtplib.SMTPException, OSError) as trouble:
            return _refusal(trouble)
        else:
            return Accepted(message_id)
        finally:
            _leave(server)

    def _session(self, held: socket.socket, tls: SSLContext) -> smtplib.SMTP:
        """Open the session on a line, up to and including the log-in."""
        server = _Session(held, self.host, self.port, self.timeout_s)
        try:
            if self.starttls:
                server.starttls(context=tls)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


class _Session(smtplib.SMTP):
    """A session on a line that stands already, and is cut by whoever opened it when time is up."""

    def __init__(self, held: socket.socket, host: str, port: int, timeout_s: float) -> None:
        self._given = held
        super().__init__(host, port, timeout=timeout_s)

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._given


def _leave(server: smtplib.SMTP) -> None:
    """Close the session; a server that stumbles over QUIT has taken the mail all the same."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _connecting(trouble: Exception) -> str:
    if isinstance(trouble, smtplib.SMTPAuthenticationError):
        return "smtp-log-in-refused"
    if isinstance(trouble.__cause__ or trouble, SSLError | smtplib.SMTPNotSupportedError):
        return "smtp-no-tls"
    return "smtp-unreachable"


def _refusal(trouble: Exception) -> Failed:
    """Return what a failed hand-over means: only the recipient's or the content's own 5xx will not pass."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(trouble.recipients.values()), (0, b""))
        return Failed(500 <= code < 600, f"smtp-recipient-{code}", gone=GONE if _nobody(code, said) else ())
    if isinstance(trouble, smtplib.SMTPSenderRefused):
        return Failed(permanent=False, why=f"smtp-sender-{trouble.smtp_code}")
    if isinstance(trouble, smtplib.SMTPDataError):
        return Failed(permanent=500 <= trouble.smtp_code < 600, why=f"smtp-content-{trouble.smtp_code}")
    if isinstance(trouble, smtplib.SMTPNotSupportedError):
        return Failed(permanent=True, why="smtp-address-unsupported")
    return Failed(permanent=False, why="smtp-broken-off", unsure=True)


def _nobody(code: int, said: bytes) -> bool:
    """Whether a refusal means that there is nobody at the address, and not that we may not send there (5.7.x)."""
    found = _ENHANCED.match(said)
    if found is None or not 500 <= code < 600:
        return code in _NOBODY
    about, detail = found.groups()
    if about == b"1":
        return detail not in _SENDERS
    return about != b"7" and code in _NOBODY
