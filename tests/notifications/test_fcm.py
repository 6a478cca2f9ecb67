"""Firebase: who we are is signed and asked for once, each answer is read rightly, and a page of a proxy is no yes."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from threading import Barrier, Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications.bearer import Kept
from notifications.channels.fcm import Fcm
from notifications.reminder import Accepted, Failed, Message
from notifications.telling import OPENS
from tests.notifications.answering import HTML, Asked, Provider, Says, provider
from tests.notifications.making import MessageFactory, utc

NOW = utc("2026-03-09 08:00")
PATIENCE_S = 10
SEND = "/v1/projects/clinic-1/messages:send"
TOKEN = "/token"
SENDER = "sender@clinic-1.example"
TAKEN = Says(200, {"name": "projects/clinic-1/messages/0:1"})
ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def account(service: Provider, **more: Any) -> bytes:
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    told = {"project_id": "clinic-1", "client_email": SENDER, "private_key": pem, "private_key_id": "key-1"}
    return json.dumps({**told, "token_uri": service.origin + TOKEN, **more}).encode()


class Google:
    """Gives a new token for every right signature; the one given last is the only one that counts."""

    def __init__(self, service: Provider) -> None:
        self.claims: list[dict[str, Any]] = []
        self.given: list[str] = []
        service.says(TOKEN, self.token)

    def token(self, asked: Asked) -> Says:
        form = parse_qs(asked.body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        (assertion,) = form["assertion"]
        assert jwt.get_unverified_header(assertion) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}
        off = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
        self.claims.append(jwt.decode(assertion, key().public_key(), ["RS256"], options=off))  # type: ignore[arg-type]
        self.given.append(f"token-{len(self.claims)}")
        return Says(200, {"access_token": self.given[-1], "expires_in": 3600, "token_type": "Bearer"})

    def message(self, asked: Asked) -> Says:
        right = asked.headers["authorization"] == f"Bearer {self.given[-1]}"
        return TAKEN if right else Says(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("fcm")) as service:
        yield service


@pytest.fixture
def service(running: Provider) -> Provider:
    running.forget()
    return running


@pytest.fixture
def google(service: Provider) -> Google:
    made = Google(service)
    service.says(SEND, made.message)
    return made


def channel(service: Provider, **more: Any) -> Fcm:
    told = {"timeout_s": 5.0, "tls": service.tls(), "base": service.origin, "seams": (service.seam,), **more}
    return Fcm(**{"account": lambda: account(service), **told})


def message(**more: Any) -> Message:
    told = {"brief": "Er staat een taak klaar.", "reminder": "row-1", "expires_at": NOW + timedelta(hours=2), **more}
    return replace(MessageFactory.build(written_at=NOW, message_id="m"), **told)


def address(*names: str) -> str:
    return json.dumps([{"id": name, "token": f"phone:{name}"} for name in names or ("one",)])


def failing(status: int, *codes: str, word: str = "", said: str = "", fields: tuple[str, ...] = ()) -> Says:
    details: list[dict[str, Any]] = [{"@type": ERROR, "errorCode": code} for code in codes]
    if fields:
        details.append({"fieldViolations": [{"field": name, "description": "wrong"} for name in fields]})
    return Says(status, {"error": {"code": status, "message": said, "status": word, "details": details}})


@pytest.mark.usefixtures("google")
def test_a_phone_is_sent_what_it_shows_and_where_a_tap_leads(service: Provider) -> None:
    said = message()
    assert channel(service).send(said, address()) == Accepted("m")
    (asked,) = service.at(SEND)
    told = asked.told["message"]
    same = told["android"]["collapse_key"]
    assert told == {
        "token": "phone:one",
        "notification": {"title": said.subject, "body": said.brief},
        "data": {"id": "row-1", "url": OPENS},
        "android": {"collapse_key": same, "ttl": "7200s", "priority": "HIGH", "notification": {"tag": same}},
    }


@pytest.mark.promise("P17")
@pytest.mark.usefixtures("google")
def test_nothing_but_the_subject_and_the_brief_of_a_message_leaves(service: Provider) -> None:
    channel(service).send(message(body="SECRET", message_id="SECRET-1"), address())
    assert not any(b"SECRET" in asked.body or "SECRET" in str(asked.headers) for asked in service.got)


@pytest.mark.usefixtures("google")
def test_a_message_that_is_good_for_long_is_not_urgent_and_copies_take_each_others_place(service: Provider) -> None:
    far = NOW + timedelta(days=60)
    for name, until in (("m-1", far), ("m-1", NOW - timedelta(hours=1)), ("m-2", None)):
        channel(service).send(message(message_id=name, expires_at=until), address())
    told = [asked.told["message"]["android"] for asked in service.at(SEND)]
    assert [one["ttl"] for one in told] == [f"{28 * 86400}s", "0s", "86400s"]
    assert [one["priority"] for one in told] == ["NORMAL", "HIGH", "NORMAL"]
    assert told[0]["collapse_key"] == told[1]["collapse_key"] != told[2]["collapse_key"]


def test_who_we_are_is_signed_for_google_and_asked_for_once_while_it_holds(service: Provider, google: Google) -> None:
    fcm = channel(service)
    for minutes in (0, 58, 59, 60):
        assert fcm.send(message(written_at=NOW + timedelta(minutes=minutes)), address()) == Accepted("m")
    began = int(NOW.timestamp())
    assert google.claims[0] == {
        "iss": SENDER,
        "aud": service.origin + TOKEN,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "iat": began,
        "exp": began + 3600,
    }
    assert [claims["iat"] - began for claims in google.claims] == [0, 59 * 60]
    told = [asked.headers["authorization"] for asked in service.at(SEND)]
    assert told == ["Bearer token-1", "Bearer token-1", "Bearer token-2", "Bearer token-2"]


def test_a_token_that_is_refused_is_not_used_again_and_another_account_gets_its_own(
    service: Provider, google: Google
) -> None:
    files = [account(service), account(service), account(service), account(service, client_email="other@example.org")]
    fcm = channel(service, account=lambda: files.pop(0))
    assert fcm.send(message(), address()) == Accepted("m")
    google.given.append("withdrawn")
    assert fcm.send(message(), address("one", "two")) == Failed(False, "fcm-401")
    assert fcm.send(message(), address()) == Accepted("m")
    assert fcm.send(message(), address()) == Accepted("m")
    assert [claims["iss"] for claims in google.claims] == [SENDER, SENDER, "other@example.org"]


def test_threads_that_need_a_token_at_the_same_moment_ask_for_one(service: Provider, google: Google) -> None:
    fcm, told, start = channel(service), list[object](), Barrier(4)

    def send() -> None:
        start.wait()
        told.append(fcm.send(message(), address()))

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (told, len(google.claims)) == ([Accepted("m")] * 4, 1)


def test_a_token_that_was_made_meanwhile_is_not_dropped_with_the_old_one() -> None:
    kept, made = Kept(), iter(["first", "second", "third"])
    for dropped, expected in (("", "first"), ("first", "second"), ("first", "second"), ("second", "third")):
        kept.drop(dropped)
        assert kept.at(NOW, b"key", lambda: (next(made), timedelta(hours=1)), monotonic()) == expected


def test_a_token_can_be_dropped_while_another_is_made() -> None:
    kept, dropped = Kept(), Event()

    def drop() -> None:
        kept.drop("old")
        dropped.set()

    def make() -> tuple[str, timedelta]:
        Thread(target=drop, daemon=True).start()
        assert dropped.wait(PATIENCE_S)
        return "new", timedelta(hours=1)

    assert kept.at(NOW, b"key", make, monotonic()) == "new"


@pytest.mark.promise("P15")
def test_while_one_message_waits_for_a_token_another_waits_no_longer_than_it_may(service: Provider) -> None:
    asked, told = Event(), list[Accepted | Failed]()

    def hangs(_: Asked) -> Says:
        asked.set()
        return Says(503)

    service.hangs.set()
    service.says(TOKEN, hangs)
    fcm = channel(service, timeout_s=1.0, budget_s=0.2)
    first = Thread(target=lambda: told.append(fcm.send(message(), address())))
    first.start()
    assert asked.wait(PATIENCE_S)
    assert fcm.send(message(), address()) == Failed(False, "fcm-slow")
    first.join()
    assert told == [Failed(False, "fcm-token-unreachable")]


LATER = {"Retry-After": "90"}
ON_A_DAY = {"Retry-After": "Mon, 09 Mar 2026 08:10:00 GMT"}
GONE = Failed(True, "fcm-404", gone=("one",))
ANSWERS: list[tuple[Says, Accepted | Failed]] = [
    (TAKEN, Accepted("m")),
    (failing(404, "UNREGISTERED", word="NOT_FOUND"), GONE),
    (failing(404, word="NOT_FOUND"), Failed(False, "fcm-404")),
    (Says(404, HTML), Failed(False, "fcm-404")),
    (
        failing(400, "INVALID_ARGUMENT", word="INVALID_ARGUMENT", fields=("message.token",)),
        Failed(True, "fcm-400", gone=("one",)),
    ),
    (
        failing(400, word="INVALID_ARGUMENT", said="The registration token is not valid"),
        Failed(True, "fcm-400", gone=("one",)),
    ),
    (failing(400, word="INVALID_ARGUMENT", fields=("message.android.ttl",)), Failed(True, "fcm-400")),
    (
        failing(400, word="INVALID_ARGUMENT", said="Beside the registration token", fields=("message.data",)),
        Failed(True, "fcm-400"),
    ),
    (failing(400, word="INVALID_ARGUMENT", said="Payload too big"), Failed(True, "fcm-400")),
    (Says(400, HTML), Failed(False, "fcm-400")),
    (failing(401), Failed(False, "fcm-401")),
    (failing(403, "SENDER_ID_MISMATCH"), Failed(False, "fcm-403")),
    (replace(failing(429, "QUOTA_EXCEEDED"), headers=LATER), Failed(False, "fcm-429", 90)),
    (replace(failing(503, "UNAVAILABLE"), headers=ON_A_DAY), Failed(False, "fcm-503", 600)),
    (Says(503, HTML, LATER), Failed(False, "fcm-503", 90)),
    (failing(500, "INTERNAL"), Failed(False, "fcm-500")),
    (Says(200, HTML), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200, b'{"name": "projects/cl'), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200, [TAKEN.body]), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200, {"name": "somebody else"}), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200, {"name": 7}), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(200, b"[" * 60000), Failed(False, "fcm-unreadable", unsure=True)),
    (Says(404, {"error": {"details": [7, {"errorCode": []}, "x"]}}), Failed(False, "fcm-404")),
    (Says(400, {"error": {"status": "INVALID_ARGUMENT", "details": {"a": 1}}}), Failed(True, "fcm-400")),
    (Says(302, HTML, {"Location": "/elsewhere"}), Failed(False, "fcm-302")),
    (Says(307, b"", {"Location": "/elsewhere"}), Failed(False, "fcm-307")),
]


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize(("said", "outcome"), ANSWERS)
def test_each_answer_is_read_for_what_it_means(service: Provider, said: Says, outcome: Accepted | Failed) -> None:
    service.says(SEND, said)
    assert channel(service).send(message(), address()) == outcome
    assert [asked.path for asked in service.got] == [TOKEN, SEND]


@pytest.mark.usefixtures("google")
def test_after_three_stumbles_it_is_taken(service: Provider) -> None:
    service.says(SEND, failing(500), failing(500), failing(500), Says(201, TAKEN.body))
    fcm = channel(service)
    told = [fcm.send(message(), address()) for _ in range(4)]
    assert told == [Failed(False, "fcm-500")] * 3 + [Accepted("m")]


@pytest.mark.usefixtures("google")
def test_one_phone_that_took_it_is_enough_and_every_one_that_is_gone_is_named(service: Provider) -> None:
    gone = failing(404, "UNREGISTERED")
    service.says(SEND, gone, TAKEN, gone, gone, gone, failing(503))
    fcm = channel(service)
    assert fcm.send(message(), address("a", "b")) == Accepted("m", ("a",))
    assert fcm.send(message(), address("a", "b")) == Failed(True, "fcm-404", gone=("a", "b"))
    assert fcm.send(message(), address("a", "b")) == Failed(False, "fcm-503", gone=("a",))


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize("token", ["", "with space", "é", "x" * 4097, 7, None])
def test_a_token_that_cannot_be_one_is_gone_without_a_call(service: Provider, token: object) -> None:
    told = channel(service).send(message(), json.dumps([{"id": "one", "token": token}]))
    assert (told, service.at(SEND)) == (Failed(True, "fcm-unusable", gone=("one",)), [])


@pytest.mark.parametrize(
    "text", ["", "word", "{}", "7", "null", '["a"]', '[{"token": "a"}]', '[{"id": 1}]', '{"id": "a"}']
)
def test_an_address_that_is_no_list_of_phones_is_refused_for_good(service: Provider, text: str) -> None:
    assert (channel(service).send(message(), text), service.got) == (Failed(True, "bad-address"), [])


@pytest.mark.usefixtures("google")
def test_a_text_that_is_too_long_is_not_sent(service: Provider) -> None:
    told = channel(service).send(message(brief="x" * 4096), address())
    assert (told, service.at(SEND)) == (Failed(True, "fcm-too-long"), [])


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (Says(400, {"error": "invalid_grant"}), Failed(False, "fcm-token-400")),
        (Says(503, HTML, LATER), Failed(False, "fcm-token-503", 90)),
        (Says(200, HTML), Failed(False, "fcm-token-unreadable")),
        (Says(200, {"access_token": "a b\r\nc", "expires_in": 3600}), Failed(False, "fcm-token-unreadable")),
        (Says(200, {"access_token": "abc"}), Failed(False, "fcm-token-unreadable")),
        (Says(302, b"", {"Location": SEND}), Failed(False, "fcm-token-302")),
    ],
)
def test_without_a_token_no_phone_is_called_and_it_passes(service: Provider, said: Says, outcome: Failed) -> None:
    service.says(TOKEN, said)
    assert (channel(service).send(message(), address()), service.at(SEND)) == (outcome, [])


@pytest.mark.promise("P32")
@pytest.mark.parametrize(
    "more",
    [
        {"token_uri": "http://oauth2.googleapis.com/token"},
        {"token_uri": "https://oauth2.example.org/token"},
        {"token_uri": "https://10.0.0.1/token"},
        {"project_id": "../../inside"},
        {"private_key": "word"},
        {"private_key": None},
    ],
)
def test_an_account_that_cannot_be_ours_is_never_signed_in(service: Provider, more: dict[str, Any]) -> None:
    fcm = channel(service, account=lambda: account(service, **more))
    assert (fcm.send(message(), address()), service.got) == (Failed(False, "fcm-bad-account"), [])


def test_without_the_file_of_the_account_it_passes(service: Provider) -> None:
    def missing() -> bytes:
        raise FileNotFoundError

    for told in (missing, lambda: b"[]", lambda: b"\xff"):
        assert channel(service, account=told).send(message(), address()) == Failed(False, "fcm-bad-account")


@pytest.mark.promise("P32")
def test_nothing_but_firebase_is_called_outside_a_test(service: Provider) -> None:
    for base in (service.origin, "http://fcm.googleapis.com", "https://example.org", "https://fcm.googleapis.com@x"):
        with pytest.raises(ValueError, match="push service"):
            Fcm(lambda: b"", base=base)


@pytest.mark.promise("P15")
@pytest.mark.usefixtures("google")
def test_a_service_that_goes_on_talking_without_end_is_cut_off(service: Provider) -> None:
    service.hangs.set()
    assert channel(service, timeout_s=0.3).send(message(), address()) == Failed(False, "fcm-token-unreachable")


@pytest.mark.promise("P15")
@pytest.mark.usefixtures("google")
def test_however_many_phones_one_message_takes_no_longer_than_it_may(service: Provider) -> None:
    told = channel(service, budget_s=0.0).send(message(), address("a", "b", "c"))
    assert (told, service.at(SEND)) == (Failed(False, "fcm-slow"), [])


@pytest.mark.usefixtures("google")
def test_nobody_listening_and_a_certificate_of_a_stranger_pass(service: Provider) -> None:
    stranger = Fcm(lambda: account(service), base=service.origin, seams=(service.seam,))
    assert stranger.send(message(), address()) == Failed(False, "fcm-token-no-tls")
    nobody = channel(service, base="https://127.0.0.1:1", seams=(service.seam, "127.0.0.1:1"))
    assert nobody.send(message(), address()) == Failed(False, "fcm-unreachable")
    assert service.at(SEND) == []


@pytest.mark.promise("P30")
@pytest.mark.usefixtures("google")
def test_neither_key_nor_token_shows_in_a_log(service: Provider, caplog: pytest.LogCaptureFixture) -> None:
    fcm = channel(service)
    with caplog.at_level(logging.DEBUG):
        assert fcm.send(message(), address()) == Accepted("m")
    assert not any(word in caplog.text + repr(fcm) for word in ("phone:one", "token-1", "PRIVATE"))
