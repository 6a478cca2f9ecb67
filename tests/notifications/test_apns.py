"""Apple: HTTP/2 over one line, a token of ours that is renewed in time, and each answer read for what it means."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from threading import Event, Thread
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.channels.apns import Apns
from notifications.envelope import CURVE
from notifications.reminder import Accepted, Failed, Message
from notifications.telling import OPENS
from tests.notifications.answering import HTML, Asked, Says, provider
from tests.notifications.apple import Apple, apple
from tests.notifications.making import MessageFactory, utc

NOW = utc("2026-03-09 08:00")
HEX = "0a" * 32
PATH = f"/3/device/{HEX}"
OTHER = "0b" * 32
PATIENCE_S = 10


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(CURVE)


def pem() -> bytes:
    return key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apple]:
    with apple(tmp_path_factory.mktemp("apns")) as service:
        yield service


@pytest.fixture
def service(running: Apple) -> Apple:
    running.forget()
    running.says(PATH, Says())
    running.says(f"/3/device/{OTHER}", Says())
    return running


def channel(service: Apple, **more: Any) -> Apns:
    told = {"base": service.origin, "timeout_s": 5.0, "tls": service.tls, **more}
    return Apns(**{"key": pem, "key_id": "KEY1234567", "team": "TEAM123456", "topic": "example.clinic.app", **told})


def message(**more: Any) -> Message:
    told = {"brief": "Er staat een taak klaar.", "reminder": "row-1", "expires_at": NOW + timedelta(hours=2), **more}
    return replace(MessageFactory.build(written_at=NOW, message_id="m"), **told)


def address(*tokens: str) -> str:
    return json.dumps([{"id": f"phone-{number}", "token": token} for number, token in enumerate(tokens or (HEX,))])


def no(status: int, reason: str = "", **headers: str) -> Says:
    return Says(
        status, {"reason": reason} if reason else b"", {name.replace("_", "-"): v for name, v in headers.items()}
    )


def test_a_phone_is_sent_what_it_shows_and_where_a_tap_leads(service: Apple) -> None:
    said = message()
    assert channel(service).send(said, address(HEX.upper())) == Accepted("m")
    (asked,) = service.got
    assert asked.told == {
        "aps": {"alert": {"title": said.subject, "body": said.brief}},
        "id": "row-1",
        "url": OPENS,
    }
    headers = asked.headers
    assert (headers[":method"], headers[":path"], headers["apns-topic"]) == ("POST", PATH, "example.clinic.app")
    assert (headers["apns-push-type"], headers["apns-priority"]) == ("alert", "10")
    assert headers["apns-expiration"] == str(int((NOW + timedelta(hours=2)).timestamp()))


@pytest.mark.promise("P17")
def test_nothing_but_the_subject_and_the_brief_of_a_message_leaves(service: Apple) -> None:
    channel(service).send(message(body="SECRET", message_id="SECRET-1"), address())
    assert not any(b"SECRET" in asked.body or "SECRET" in str(asked.headers) for asked in service.got)


def test_every_copy_has_the_same_names_and_another_message_or_phone_others(service: Apple) -> None:
    apns = channel(service)
    for name in ("m-1", "m-1", "m-2" * 60):
        apns.send(message(message_id=name), address())
    apns.send(message(message_id="m-1"), address(OTHER, HEX))
    ids = [asked.headers["apns-id"] for asked in service.got]
    assert ids[0] == ids[1] == ids[3]
    assert len(set(ids)) == 3
    assert all(str(UUID(one)) == one for one in ids)
    collapse = [asked.headers["apns-collapse-id"] for asked in service.got]
    assert collapse[0] == collapse[1] == collapse[3] == collapse[4] != collapse[2]
    assert all(len(one) <= 64 for one in collapse)


def test_a_message_that_is_good_for_long_is_not_urgent_and_one_that_is_over_is_not_kept(service: Apple) -> None:
    for until in (NOW + timedelta(days=3), NOW - timedelta(hours=1), None):
        channel(service).send(message(expires_at=until), address())
    began = int(NOW.timestamp())
    told = [(asked.headers["apns-priority"], int(asked.headers["apns-expiration"]) - began) for asked in service.got]
    assert told == [("5", 3 * 86400), ("10", 0), ("5", 86400)]


def signed(asked: Asked) -> tuple[str, int]:
    """Return our token and when it was made; fails where the signature does not fit."""
    token = asked.headers["authorization"].removeprefix("bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "JWT", "kid": "KEY1234567"}
    claims = jwt.decode(token, key().public_key(), ["ES256"], options={"verify_iat": False})
    assert (set(claims), claims["iss"]) == ({"iss", "iat"}, "TEAM123456")
    return token, claims["iat"] - int(NOW.timestamp())


def test_who_we_are_is_signed_and_renewed_between_twenty_minutes_and_an_hour(service: Apple) -> None:
    apns = channel(service)
    for minutes in (0, 20, 39, 40, 79, 80):
        assert apns.send(message(written_at=NOW + timedelta(minutes=minutes)), address()) == Accepted("m")
    told = [signed(asked) for asked in service.got]
    assert [made // 60 for _, made in told] == [0, 0, 0, 40, 40, 80]
    assert len(set(told)) == 3


@pytest.mark.parametrize("reason", ["ExpiredProviderToken", "InvalidProviderToken"])
def test_a_token_that_is_refused_is_not_used_again(service: Apple, reason: str) -> None:
    service.says(PATH, no(403, reason), no(403, "Forbidden"), Says())
    apns = channel(service)
    told = [apns.send(message(), address()) for _ in range(3)]
    assert told == [Failed(False, "apns-403"), Failed(False, "apns-403"), Accepted("m")]
    first, second, third = (signed(asked)[0] for asked in service.got)
    assert first != second == third


def test_all_phones_and_messages_go_over_one_line(service: Apple) -> None:
    apns = channel(service)
    for _ in range(3):
        assert apns.send(message(), address(HEX, OTHER)) == Accepted("m")
    assert (len(service.got), service.lines) == (6, 1)


GONE = ("phone-0",)
ANSWERS: list[tuple[Says, Accepted | Failed]] = [
    (no(200), Accepted("m")),
    (no(200, apns_id="x"), Accepted("m")),
    (no(410, "Unregistered"), Failed(True, "apns-410", gone=GONE)),
    (no(410, "ExpiredToken"), Failed(True, "apns-410", gone=GONE)),
    (no(400, "BadDeviceToken"), Failed(True, "apns-400", gone=GONE)),
    (no(400, "DeviceTokenNotForTopic"), Failed(True, "apns-400", gone=GONE)),
    (no(400, "BadCollapseId"), Failed(True, "apns-400")),
    (no(400, "TopicDisallowed"), Failed(False, "apns-400")),
    (no(413, "PayloadTooLarge"), Failed(True, "apns-413")),
    (no(401, "BadDeviceToken"), Failed(False, "apns-401")),
    (no(403, "InvalidProviderToken"), Failed(False, "apns-403")),
    (no(429, "TooManyRequests", retry_after="90"), Failed(False, "apns-429", 90)),
    (
        no(429, "TooManyProviderTokenUpdates", retry_after="Mon, 09 Mar 2026 08:10:00 GMT"),
        Failed(False, "apns-429", 600),
    ),
    (no(503, "ServiceUnavailable", retry_after="5"), Failed(False, "apns-503", 5)),
    (no(500, "InternalServerError"), Failed(False, "apns-500")),
    (Says(200, HTML), Failed(False, "apns-unreadable", unsure=True)),
    (Says(200, b"x" * 16000), Failed(False, "apns-unreadable", unsure=True)),
    (Says(400, HTML), Failed(False, "apns-400")),
    (Says(404, HTML), Failed(False, "apns-404")),
    (Says(400, ["BadDeviceToken"]), Failed(False, "apns-400")),
    (Says(400, {"reason": {"BadDeviceToken": 1}}), Failed(True, "apns-400")),
    (Says(502, HTML), Failed(False, "apns-502", unsure=True)),
    (no(301, location="https://127.0.0.1/inside"), Failed(False, "apns-301")),
    (no(308, location=f"/3/device/{OTHER}"), Failed(False, "apns-308")),
]


@pytest.mark.parametrize(("said", "outcome"), ANSWERS)
def test_each_answer_is_read_for_what_it_means(service: Apple, said: Says, outcome: Accepted | Failed) -> None:
    service.says(PATH, said)
    apns = channel(service)
    assert (apns.send(message(), address()), len(service.got)) == (outcome, 1)
    service.says(PATH, Says())
    assert apns.send(message(), address()) == Accepted("m")


def test_of_an_answer_without_end_the_rest_is_not_waited_for(service: Apple, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.channels.apns.LONGEST_ANSWER", 1000)
    service.says(PATH, replace(Says(200, b"x" * 5000), headers={"X-Ends": "never"}), Says())
    apns = channel(service)
    assert apns.send(message(), address()) == Failed(False, "apns-unreadable", unsure=True)
    assert apns.send(message(), address()) == Accepted("m")


def test_after_three_stumbles_it_is_taken(service: Apple) -> None:
    service.says(PATH, no(500), no(500), no(500), Says(201))
    apns = channel(service)
    told = [apns.send(message(), address()) for _ in range(4)]
    assert told == [Failed(False, "apns-500")] * 3 + [Accepted("m")]


def test_one_phone_that_took_it_is_enough_and_every_one_that_is_gone_is_named(service: Apple) -> None:
    service.says(PATH, no(410, "Unregistered"))
    apns = channel(service)
    assert apns.send(message(), address(HEX, OTHER, "xyz")) == Accepted("m", ("phone-0", "phone-2"))
    service.says(f"/3/device/{OTHER}", no(503))
    assert apns.send(message(), address(HEX, OTHER)) == Failed(False, "apns-503", gone=GONE)


@pytest.mark.promise("P31")
@pytest.mark.parametrize(
    "token", ["", "0a" * 31, "0a" * 101, "0g" * 32, HEX + "\n", HEX[:-1] + "/", "../" * 30, "٠" * 64, 7]
)
def test_a_token_that_cannot_be_one_is_gone_without_a_call(service: Apple, token: object) -> None:
    told = channel(service).send(message(), json.dumps([{"id": "phone-0", "token": token}]))
    assert (told, service.got) == (Failed(True, "apns-unusable", gone=GONE), [])


@pytest.mark.parametrize("text", ["", "word", "{}", "null", '["a"]', '[{"token": "a"}]'])
def test_an_address_that_is_no_list_of_phones_is_refused_for_good(service: Apple, text: str) -> None:
    assert (channel(service).send(message(), text), service.got) == (Failed(True, "bad-address"), [])


def test_a_text_that_is_too_long_is_not_sent(service: Apple) -> None:
    told = channel(service).send(message(brief="x" * 4096), address())
    assert (told, service.got) == (Failed(True, "apns-too-long"), [])


def test_without_a_key_that_signs_it_passes(service: Apple) -> None:
    def missing() -> bytes:
        raise FileNotFoundError

    for told in (missing, lambda: b"word", lambda: b""):
        assert channel(service, key=told).send(message(), address()) == Failed(False, "apns-bad-key")
    assert service.got == []


@pytest.mark.parametrize("more", [{"topic": "a b"}, {"team": ""}, {"key_id": "a\r\nb"}, {"base": "http://127.0.0.1"}])
def test_names_that_are_none_are_refused_at_once(service: Apple, more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="not"):
        channel(service, **more)


@pytest.mark.promise("P15")
@pytest.mark.parametrize("how", ["hangs", "talks"])
def test_a_service_that_never_comes_to_an_end_is_cut_off_and_the_next_message_has_a_line_of_its_own(
    service: Apple, how: str
) -> None:
    apns = channel(service, timeout_s=0.5)
    getattr(service, how).set()
    assert apns.send(message(), address()) == Failed(False, "apns-unreachable", unsure=True)
    getattr(service, how).clear()
    service.got.clear()
    assert replace(apns, timeout_s=5.0).send(message(), address()) == Accepted("m")


def test_a_line_that_breaks_passes_and_is_not_used_again(service: Apple) -> None:
    apns = channel(service)
    assert apns.send(message(), address()) == Accepted("m")
    service.breaks.set()
    assert apns.send(message(), address()) == Failed(False, "apns-unreachable", unsure=True)
    service.breaks.clear()
    assert apns.send(message(), address()) == Accepted("m")
    assert service.lines == 2


@pytest.mark.parametrize("raw", [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"\x00" * 64, b"\xff" * 64])
def test_what_is_not_http_2_passes(service: Apple, raw: bytes) -> None:
    service.raw = raw
    assert channel(service).send(message(), address()) == Failed(False, "apns-unreachable", unsure=True)


@pytest.mark.promise("P15")
def test_however_many_phones_one_message_takes_no_longer_than_it_may(service: Apple) -> None:
    told = channel(service, budget_s=0.0).send(message(), address(HEX, OTHER))
    assert (told, service.got) == (Failed(False, "apns-slow"), [])


@pytest.mark.promise("P15")
def test_while_one_message_keeps_the_line_another_waits_for_it_no_longer_than_it_may(service: Apple) -> None:
    asked, told = Event(), list[Accepted | Failed]()

    def hangs(_: Asked) -> Says:
        asked.set()
        return Says()

    service.hangs.set()
    service.says(PATH, hangs)
    apns = channel(service, timeout_s=1.0, budget_s=0.2)
    first = Thread(target=lambda: told.append(apns.send(message(), address())))
    first.start()
    assert asked.wait(PATIENCE_S)
    assert apns.send(message(), address()) == Failed(False, "apns-slow")
    first.join()
    assert [one.why for one in told if isinstance(one, Failed)] == ["apns-unreachable"]


def test_nobody_listening_and_a_certificate_of_a_stranger_pass(service: Apple, tmp_path: Any) -> None:
    assert channel(service, base="https://127.0.0.1:1").send(message(), address()) == Failed(False, "apns-unreachable")
    with provider(tmp_path) as stranger:
        told = channel(service, tls=stranger.tls).send(message(), address())
    assert (told, service.got) == (Failed(False, "apns-no-tls"), [])


@pytest.mark.promise("P30")
def test_neither_key_nor_token_shows_in_a_log(service: Apple, caplog: pytest.LogCaptureFixture) -> None:
    apns = channel(service)
    with caplog.at_level(logging.DEBUG):
        assert apns.send(message(), address()) == Accepted("m")
    told = caplog.text + repr(apns)
    assert not any(word in told for word in (HEX, "bearer", "PRIVATE"))
