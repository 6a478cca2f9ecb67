"""Web Push: only the browser it is for can open it, each answer is read rightly, and the line is cut in time."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from notifications import vapid
from notifications.channels.webpush import WebPush
from notifications.dispatcher import Dispatcher, Tally
from notifications.endpoint import Hosts
from notifications.envelope import CURVE, LONGEST, Keys, from_base64url, point, seal, sealed_with, secret
from notifications.reminder import Accepted, Failed, Message
from notifications.telling import OPENS
from notifications.texts import render
from tests.notifications.making import ClaimedFactory, MessageFactory, utc
from tests.notifications.memory import Clock, MemoryChannel, MemoryOutbox
from tests.notifications.pushing import CONTACT, SECRET, Browser, PushService, push_service, signer

NOW = utc("2026-03-09 08:00")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    with push_service(tmp_path_factory.mktemp("push")) as service:
        yield service


@pytest.fixture
def service(running: PushService) -> PushService:
    running.got.clear()
    running.answers.clear()
    return running


def channel(service: PushService, **more: Any) -> WebPush:
    made = WebPush(lambda: SECRET, CONTACT, Hosts((), (service.seam,)), timeout_s=2.0, tls=service.tls())
    return replace(made, **more)


def message(**more: Any) -> Message:
    told = {"brief": "Er staat een taak klaar.", "reminder": "row-1", "expires_at": NOW + timedelta(hours=2), **more}
    return replace(MessageFactory.build(written_at=NOW), **told)


def test_the_browser_it_is_for_opens_it_and_finds_what_the_app_needs(service: PushService) -> None:
    browser = Browser(service.origin)
    said = message()
    assert channel(service).send(said, json.dumps([browser.address()])) == Accepted(said.message_id)
    (pushed,) = service.got
    told = {"id": "row-1", "title": said.subject, "body": said.brief, "url": OPENS}
    assert (pushed.path, browser.opened(pushed.body)) == (browser.path, told)
    assert said.subject.encode() not in pushed.body


def test_what_the_push_service_is_told_fits_the_message(service: PushService) -> None:
    browser = Browser(service.origin)
    channel(service).send(message(), json.dumps([browser.address()]))
    channel(service).send(message(expires_at=NOW + timedelta(days=60)), json.dumps([browser.address()]))
    first, far = (pushed.headers for pushed in service.got)
    assert (first["TTL"], first["Urgency"]) == ("7200", "high")
    assert (far["TTL"], far["Urgency"]) == (str(28 * 86400), "normal")
    assert first["Content-Encoding"] == "aes128gcm"
    assert first["Host"] == service.seam


def test_every_copy_of_a_reminder_has_the_same_topic_and_another_reminder_another(service: PushService) -> None:
    address = json.dumps([Browser(service.origin).address()])
    for name in ("reminder-1", "reminder-1", "reminder-2"):
        channel(service).send(message(message_id=name), address)
    topics = [pushed.headers["Topic"] for pushed in service.got]
    assert topics[0] == topics[1] != topics[2]
    assert all(len(topic) <= 32 and from_base64url(topic) for topic in topics)


def test_the_push_service_can_see_who_sends(service: PushService) -> None:
    channel(service).send(message(), json.dumps([Browser(service.origin).address()]))
    claims, key = signer(service.got[0].headers["Authorization"])
    assert key == vapid.public_key(SECRET)
    assert claims == {"aud": service.origin, "sub": CONTACT, "exp": int((NOW + timedelta(hours=12)).timestamp())}


@pytest.mark.promise("P17")
def test_the_length_of_an_envelope_does_not_tell_the_kind_of_message() -> None:
    keys = Browser("https://push.example").address()
    sealed = Keys(point(keys["p256dh"]), secret(keys["auth"]))
    assert len({len(seal(b"x" * length, sealed)) for length in (0, 1, 200, 1023)}) == 1
    assert len(seal(b"x" * LONGEST, sealed)) <= 4096
    with pytest.raises(ValueError, match="too long"):
        seal(b"x" * (LONGEST + 1), sealed)


def test_the_envelope_is_the_one_the_standard_prints() -> None:
    number = int.from_bytes(from_base64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    theirs = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    keys = Keys(point(theirs), secret("BTBZMqHH6r4Tts7J_aSIgg"))
    record = b"When I grow up, I want to be a watermelon\x02"
    salt = from_base64url("DGv6ra1nlYgDCS1FRnbzlw")
    made = sealed_with(record, keys, ec.derive_private_key(number, CURVE), salt)
    assert made == from_base64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PB"
        "ru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_make_a_key(made: bytes) -> None:
    assert point(vapid.public_key(made))


@pytest.mark.parametrize(
    "text", ["", "word", "BCVx", "B" * 87, "BCVxsr7N_eNgVRqvHtD0zTZsEc6+VV+JvLexhqUzORcxaOzi6", "é", "a=b", "===", "A"]
)
def test_what_is_no_key_of_a_browser_is_refused(text: str) -> None:
    for read in (point, secret):
        with pytest.raises(ValueError):
            read(text)


ANSWERS: list[tuple[int, dict[str, str], Accepted | Failed]] = [
    (200, {}, Accepted("m")),
    (201, {}, Accepted("m")),
    (202, {}, Accepted("m")),
    (404, {}, Failed(True, "push-404", gone=("one",))),
    (410, {}, Failed(True, "push-410", gone=("one",))),
    (429, {"Retry-After": "90"}, Failed(False, "push-429", 90)),
    (429, {"Retry-After": "Mon, 09 Mar 2026 08:10:00 GMT"}, Failed(False, "push-429", 600)),
    (429, {"Retry-After": "Sun, 08 Mar 2026 08:10:00 GMT"}, Failed(False, "push-429")),
    (429, {"Retry-After": "99999999999"}, Failed(False, "push-429", 86400)),
    (429, {"Retry-After": "soon"}, Failed(False, "push-429")),
    (429, {"Retry-After": "Mon, 09 Mar 99999999999999999999 08:10:00 GMT"}, Failed(False, "push-429")),
    (429, {}, Failed(False, "push-429")),
    (503, {"Retry-After": "5"}, Failed(False, "push-503", 5)),
    (500, {}, Failed(False, "push-500")),
    (502, {}, Failed(False, "push-502", unsure=True)),
    (401, {}, Failed(False, "push-401")),
    (403, {}, Failed(False, "push-403")),
    (400, {}, Failed(True, "push-400")),
    (413, {}, Failed(True, "push-413")),
    (301, {"Location": "https://127.0.0.1/inside"}, Failed(False, "push-301")),
    (307, {"Location": "/again"}, Failed(False, "push-307")),
]


@pytest.mark.parametrize(("status", "headers", "outcome"), ANSWERS)
def test_each_answer_is_read_for_what_it_means(
    service: PushService, status: int, headers: dict[str, str], outcome: Accepted | Failed
) -> None:
    browser = Browser(service.origin)
    service.answers[browser.path] = (status, headers)
    told = channel(service).send(message(message_id="m"), json.dumps([browser.address()]))
    assert told == outcome
    assert len(service.got) == 1


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ((201, 201), Accepted("m")),
        ((201, 410), Accepted("m", ("1",))),
        ((503, 201), Accepted("m")),
        ((404, 410), Failed(True, "push-404", gone=("0", "1"))),
        ((410, 503), Failed(False, "push-503", gone=("0",))),
        ((400, 503), Failed(False, "push-503")),
        ((410, 400), Failed(True, "push-400", gone=("0",))),
    ],
)
def test_one_phone_that_took_it_is_enough_and_every_one_that_is_gone_is_named(
    service: PushService, answers: tuple[int, ...], outcome: Accepted | Failed
) -> None:
    browsers = [Browser(service.origin) for _ in answers]
    for browser, status in zip(browsers, answers, strict=True):
        service.answers[browser.path] = (status, {})
    address = json.dumps([browser.address(str(number)) for number, browser in enumerate(browsers)])
    assert channel(service).send(message(message_id="m"), address) == outcome
    assert len(service.got) == len(answers)


def test_a_subscription_for_another_key_or_that_cannot_be_used_is_gone_without_a_call(service: PushService) -> None:
    good = Browser(service.origin).address()
    broken: list[tuple[dict[str, str], str]] = [
        (Browser(service.origin).address(secret=b"w" * 32), "push-other-key"),
        ({"id": "one"}, "push-unusable"),
        (good | {"auth": "short"}, "push-unusable"),
        (good | {"p256dh": "B" * 87}, "push-unusable"),
        (good | {"endpoint": "https://10.0.0.1/x"}, "push-unusable"),
    ]
    for subscription, why in broken:
        told = channel(service).send(message(), json.dumps([subscription]))
        assert told == Failed(True, why, gone=("one",))
    assert service.got == []


def test_a_text_that_is_too_long_is_not_sent(service: PushService) -> None:
    told = channel(service).send(message(brief="x" * LONGEST), json.dumps([Browser(service.origin).address()]))
    assert (told, service.got) == (Failed(True, "push-too-long"), [])


@pytest.mark.promise("P15")
def test_a_service_that_goes_on_talking_without_end_is_cut_off(service: PushService) -> None:
    service.drips.set()
    began = monotonic()
    told = channel(service, timeout_s=0.3).send(message(), json.dumps([Browser(service.origin).address()]))
    service.drips.clear()
    assert told == Failed(False, "push-unreachable", unsure=True)
    assert monotonic() - began < 5


@pytest.mark.promise("P15")
def test_however_many_phones_one_message_takes_no_longer_than_it_may(service: PushService) -> None:
    address = json.dumps([Browser(service.origin).address(str(number)) for number in range(5)])
    assert channel(service, budget_s=0.0).send(message(), address) == Failed(False, "push-slow")
    assert service.got == []


def test_nobody_listening_and_a_certificate_of_a_stranger_pass(service: PushService) -> None:
    address = json.dumps([Browser(service.origin).address()])
    stranger = WebPush(lambda: SECRET, CONTACT, Hosts((), (service.seam,)))
    assert stranger.send(message(), address) == Failed(False, "push-no-tls")
    nobody = channel(service, hosts=Hosts((), ("127.0.0.1:1",)))
    assert nobody.send(message(), json.dumps([Browser("https://127.0.0.1:1").address()])) == Failed(
        False, "push-unreachable"
    )
    assert service.got == []


@pytest.mark.promise("P30")
def test_neither_key_nor_address_shows_in_a_log(service: PushService, caplog: pytest.LogCaptureFixture) -> None:
    browser = Browser(service.origin)
    service.answers[browser.path] = (503, {})
    outbox = MemoryOutbox()
    outbox.put(ClaimedFactory.build(address=json.dumps([browser.address()])))
    with caplog.at_level(logging.DEBUG):
        assert Dispatcher(outbox, {"email": channel(service)}, "one", Clock(NOW)).run_once() == Tally(retried=1)
    told = "".join(str(record.__dict__) for record in caplog.records)
    assert caplog.records
    assert not any(word in told for word in (browser.path, *browser.told["keys"].values()))
    assert SECRET.hex() not in repr(channel(service))


def test_where_every_phone_is_gone_it_goes_by_what_is_left_at_once() -> None:
    outbox, gone = MemoryOutbox(), MemoryChannel(lambda _: Failed(True, "push-410", gone=("one",)))
    outbox.put(ClaimedFactory.build())
    dispatcher = Dispatcher(outbox, {"email": gone}, "one", Clock(NOW))
    assert dispatcher.run_once() == Tally(retried=1)
    gone.answer = lambda said: Accepted(said.message_id)
    assert dispatcher.run_once() == Tally(sent=1)


@pytest.mark.promise("P17")
def test_a_test_message_says_so_and_nothing_else_also_in_quiet_hours() -> None:
    held = ClaimedFactory.build()
    asked = replace(held, reminder=replace(held.reminder, kind="test", step="now", due_at=None))
    assert render(asked, NOW).subject == "Testbericht"
    english = replace(asked, person=replace(asked.person, language="en"))
    assert render(english, NOW).brief.startswith("This is a test message.")
    since, until = (NOW - timedelta(hours=1)).time(), (NOW + timedelta(hours=2)).time()
    quiet = replace(asked, person=replace(asked.person, quiet_from=since, quiet_to=until))
    outbox, taken = MemoryOutbox(), MemoryChannel()
    outbox.put(quiet)
    assert Dispatcher(outbox, {"email": taken}, "one", Clock(NOW)).run_once() == Tally(sent=1)
