"""E-mail over SMTP."""

import re
import smtplib
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext, SSLError, create_default_context

from notifications.channels.letter import letter
from notifications.reminder import Accepted, Failed, Message

_ADDRESS = re.compile(r"[^\s,;:<>()\[\]\"@\x00-\x1f\x7f]+@[^\s,;:<>()\[\]\"@\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Email:
    """One SMTP server. `sender` is a bare address; `starttls` and `ssl` are one or the other.

    With `starttls` nothing is sent to a server that does not offer it. `tls` replaces the system's trust.
    """

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    ssl: bool = False
    timeout_s: float = 10.0
    tls: SSLContext | None = None

    def send(self, message: Message, address: str) -> Accepted | Failed:
        """Send one mail. A recipient or content refused with 5xx is permanent, everything else passes."""
        if not _ADDRESS.fullmatch(address):
            return Failed(permanent=True, why="bad-address")
        mail = letter(message, address, self.sender)
        try:
            server = self._connect()
        except (smtplib.SMTPException, OSError) as trouble:
            return Failed(permanent=False, why=_connecting(trouble))
        try:
            server.send_message(mail, self.sender, [address])
        except (smtplib.SMTPException, OSError) as trouble:
            return _refusal(trouble)
        else:
            return Accepted(message.message_id)
        finally:
            _leave(server)

    def _connect(self) -> smtplib.SMTP:
        """Open the session, up to and including the log-in."""
        tls = self.tls or create_default_context()
        if self.ssl:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=tls)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            if self.starttls:
                server.starttls(context=tls)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _leave(server: smtplib.SMTP) -> None:
    """Close the session; a server that stumbles over QUIT has taken the mail all the same."""
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _connecting(trouble: Exception) -> str:
    if isinstance(trouble, smtplib.SMTPAuthenticationError):
        return "smtp-log-in-refused"
    if isinstance(trouble, SSLError | smtplib.SMTPNotSupportedError):
        return "smtp-no-tls"
    return "smtp-unreachable"


def _refusal(trouble: Exception) -> Failed:
    """Return what a failed hand-over means: only the recipient's or the content's own 5xx will not pass."""
    if isinstance(trouble, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in trouble.recipients.values()), 0)
        return Failed(permanent=500 <= code < 600, why=f"smtp-recipient-{code}")
    if isinstance(trouble, smtplib.SMTPSenderRefused):
        return Failed(permanent=False, why=f"smtp-sender-{trouble.smtp_code}")
    if isinstance(trouble, smtplib.SMTPDataError):
        return Failed(permanent=500 <= trouble.smtp_code < 600, why=f"smtp-content-{trouble.smtp_code}")
    if isinstance(trouble, smtplib.SMTPNotSupportedError):
        return Failed(permanent=True, why="smtp-address-unsupported")
    return Failed(permanent=False, why="smtp-broken-off")
