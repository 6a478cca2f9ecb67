"""The channels: mail to a real SMTP server on the loopback, and mail files in a folder."""

import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from notifications.channels.email import Email
from notifications.channels.folder import Folder
from notifications.reminder import Accepted, Failed, Message
from tests.notifications.making import MessageFactory


class Postbox:
    """Takes every mail, unless told what to answer to a recipient, the content or the goodbye."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.answers: dict[str, str] = {}

    async def handle_MAIL(self, _: Any, __: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("sender", "250 OK")

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: list[str]) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("recipient", "250 OK")

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        if "content" in self.answers:
            return self.answers["content"]
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 taken"

    async def handle_QUIT(self, _: Any, __: Any, ___: Any) -> str:
        return self.answers.get("goodbye", "221 bye")


Served = tuple[Postbox, Callable[..., Email]]


def _port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def served() -> Iterator[Served]:
    postbox = Postbox()

    def check(_: Any, __: Any, ___: Any, ____: str, secret: Any) -> AuthResult:
        return AuthResult(success=secret.password == b"right", handled=False)

    controller = Controller(postbox, hostname="127.0.0.1", port=_port(), authenticator=check, auth_require_tls=False)
    controller.start()
    try:
        yield (
            postbox,
            lambda **more: Email("127.0.0.1", controller.port, "post@clinic.example", timeout_s=2, **more),
        )
    finally:
        controller.stop()


def test_a_mail_arrives_as_it_was_written(served: Served) -> None:
    postbox, channel = served
    message = MessageFactory.build(message_id="m-1")
    assert channel().send(message, "anna@example.org") == Accepted("m-1")
    ((recipients, mail),) = postbox.mails
    assert recipients == ["anna@example.org"]
    assert mail["Message-ID"] == "<m-1@clinic.example>"
    assert mail["Date"].datetime == message.written_at
    assert (mail["Subject"], mail["To"]) == (message.subject, "anna@example.org")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().replace("\r\n", "\n") == message.body


@pytest.mark.parametrize(
    ("at", "answer", "outcome"),
    [
        ("recipient", "550 nobody here", Failed(True, "smtp-recipient-550", gone=("email",))),
        ("recipient", "554 5.1.1 nobody here", Failed(True, "smtp-recipient-554", gone=("email",))),
        ("recipient", "553 5.1.8 your own address", Failed(True, "smtp-recipient-553")),
        ("recipient", "550 5.7.1 not from you", Failed(True, "smtp-recipient-550")),
        ("recipient", "552 5.2.2 full", Failed(True, "smtp-recipient-552")),
        ("recipient", "451 later", Failed(permanent=False, why="smtp-recipient-451")),
        ("sender", "550 not you", Failed(permanent=False, why="smtp-sender-550")),
        ("content", "554 no", Failed(permanent=True, why="smtp-content-554")),
        ("content", "452 full", Failed(permanent=False, why="smtp-content-452")),
    ],
)
def test_a_refusal_says_whether_trying_again_can_help(served: Served, at: str, answer: str, outcome: Failed) -> None:
    postbox, channel = served
    postbox.answers[at] = answer
    assert channel().send(MessageFactory.build(), "anna@example.org") == outcome


@pytest.mark.promise("P11")
def test_a_server_that_stumbles_over_the_goodbye_has_taken_the_mail(served: Served) -> None:
    postbox, channel = served
    postbox.answers["goodbye"] = "421 too busy for manners"
    assert isinstance(channel().send(MessageFactory.build(), "anna@example.org"), Accepted)
    assert len(postbox.mails) == 1


def test_nobody_listening_passes() -> None:
    channel = Email("127.0.0.1", _port(), "post@clinic.example", timeout_s=1)
    refused = Failed(permanent=False, why="smtp-unreachable")
    assert channel.send(MessageFactory.build(), "anna@example.org") == refused


def test_without_the_tls_that_was_asked_for_nothing_is_sent(served: Served) -> None:
    postbox, channel = served
    refused = Failed(permanent=False, why="smtp-no-tls")
    assert channel(starttls=True).send(MessageFactory.build(), "anna@example.org") == refused
    assert channel(ssl=True).send(MessageFactory.build(), "anna@example.org") == refused
    assert postbox.mails == []


def test_the_server_is_told_who_we_are(served: Served) -> None:
    postbox, channel = served
    refused = Failed(permanent=False, why="smtp-log-in-refused")
    assert channel(user="u", password="wrong").send(MessageFactory.build(), "anna@example.org") == refused
    assert isinstance(channel(user="u", password="right").send(MessageFactory.build(), "a@example.org"), Accepted)
    assert len(postbox.mails) == 1
    assert "right" not in repr(channel(user="u", password="right"))


@pytest.mark.promise("P31")
@pytest.mark.parametrize("address", ["", "anna", "a@b@c", "a@b\nBcc: c@d", "a@b, c@d", "Anna <a@b>", "a@b ", "@b"])
def test_what_is_not_one_bare_address_is_refused_for_good(address: str) -> None:
    channel = Email("127.0.0.1", 9, "post@clinic.example")
    assert channel.send(MessageFactory.build(), address) == Failed(True, "bad-address", gone=("email",))


def test_the_folder_holds_one_private_file_per_message_and_a_copy_overwrites_itself(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "mail" / "out")
    message = MessageFactory.build(message_id="m-1")
    assert folder.send(message, "anna@example.org") == Accepted("m-1")
    first = (tmp_path / "mail" / "out" / "m-1.eml").read_bytes()
    assert folder.send(message, "anna@example.org") == Accepted("m-1")
    (file,) = (tmp_path / "mail" / "out").iterdir()
    assert file.read_bytes() == first
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    mail = email.message_from_bytes(first, policy=email.policy.default)
    assert (mail["To"], mail["Message-ID"]) == ("anna@example.org", "<m-1@localhost>")


def test_a_folder_that_cannot_be_written_passes_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    unwritable = Failed(permanent=False, why="folder-unwritable")
    assert Folder(tmp_path / "file").send(MessageFactory.build(), "anna@example.org") == unwritable

    def full(_: int) -> None:
        raise OSError

    monkeypatch.setattr("os.fsync", full)
    assert Folder(tmp_path / "out").send(MessageFactory.build(), "anna@example.org") == unwritable
    assert list((tmp_path / "out").iterdir()) == []


def test_a_message_of_either_channel_is_the_same_letter(served: Served, tmp_path: Path) -> None:
    postbox, channel = served
    message: Message = MessageFactory.build()
    channel().send(message, "anna@example.org")
    Folder(tmp_path, "post@clinic.example").send(message, "anna@example.org")
    (file,) = tmp_path.iterdir()
    kept = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert {**postbox.mails[0][1]}.items() >= {**kept}.items()
