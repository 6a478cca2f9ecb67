"""Whether a message that came to nothing may have been told: not before the line stood, and who knows after."""

import socket
from ssl import SSLCertVerificationError

import pytest

from notifications.channels.sms import Sms
from notifications.reminder import Failed
from notifications.telling import refused, summed, unreached
from tests.notifications.making import MessageFactory

NUMBER = "+31600000001"


def sent(url: str) -> object:
    return Sms(url, "token", "clinic", timeout_s=0.3).send(MessageFactory.build(brief="Look."), NUMBER)


def test_a_name_that_leads_nowhere_was_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "nobody")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert sent("https://sms.example.org/send") == Failed(False, "sms-unreachable")


def test_who_never_says_how_to_speak_in_secret_was_told_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert sent(f"https://127.0.0.1:{silent.getsockname()[1]}/send") == Failed(False, "sms-unreachable")


def test_who_took_the_words_and_never_answered_may_have_been_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = sent(f"http://127.0.0.1:{silent.getsockname()[1]}/send")
    assert told == Failed(False, "sms-unreachable", unsure=True)


@pytest.mark.parametrize("trouble", [TimeoutError(), ConnectionResetError(), ValueError()])
def test_what_broke_nobody_knows_when_may_have_been_told_and_a_stranger_was_not(trouble: Exception) -> None:
    assert unreached("push", trouble).unsure
    assert unreached("push", SSLCertVerificationError()) == Failed(False, "push-no-tls")


@pytest.mark.parametrize("status", [400, 403, 429, 500, 502, 503, 504])
def test_an_answer_is_the_providers_unless_it_is_of_what_stands_before_it(status: int) -> None:
    assert refused("push", status, None).unsure == (status in {502, 504})


@pytest.mark.parametrize("unsure", [True, False])
def test_where_one_phone_may_have_been_told_the_patient_may_have_been(unsure: bool) -> None:
    told = {"one": Failed(False, "push-slow"), "two": Failed(False, "push-unreachable", unsure=unsure)}
    assert summed(MessageFactory.build(), told) == Failed(False, "push-slow", unsure=unsure)
