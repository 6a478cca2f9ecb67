"""SMS: any gateway that speaks JSON, two parts at most and never without the day, and each answer read rightly."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.sms import Sms
from notifications.reminder import Accepted, Failed, Message
from notifications.segments import cut, parts
from tests.notifications.answering import HTML, Provider, Says, provider
from tests.notifications.making import MessageFactory, utc

NOW = utc("2026-03-09 08:00")
PATH = "/v2/messages"
NUMBER = "+31612345678"
TAKEN = Says(201, {"id": "sms-77"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("sms")) as service:
        yield service


@pytest.fixture
def service(running: Provider) -> Provider:
    running.forget()
    running.says(PATH, TAKEN)
    return running


def channel(service: Provider, **more: Any) -> Sms:
    told = {"url": service.origin + PATH, "token": "key-1", "sender": "Clinic", "timeout_s": 5.0, **more}
    return Sms(**{"tls": service.tls(), **told})


def message(**more: Any) -> Message:
    told = {
        "brief": "Er staat een taak klaar.\nIn de app leest u meer.",
        "expires_at": NOW + timedelta(hours=2),
        **more,
    }
    return replace(MessageFactory.build(written_at=NOW, message_id="m-1"), **told)


def test_a_gateway_is_told_all_of_it_under_its_own_names(service: Provider) -> None:
    names = {"to": "recipient", "text": "body", "from": "originator", "validity": "ttl", "callback": "report_to"}
    sms = channel(service, fields=names, callback_url="https://clinic.example/told")
    assert sms.send(message(), NUMBER) == Accepted("sms-77")
    (asked,) = service.got
    assert asked.told == {
        "recipient": NUMBER,
        "body": "Er staat een taak klaar. In de app leest u meer.",
        "originator": "Clinic",
        "reference": "m-1",
        "report_to": "https://clinic.example/told",
        "ttl": 7200,
    }
    assert (asked.headers["authorization"], asked.headers["idempotency-key"]) == ("Bearer key-1", "m-1")


def test_what_a_gateway_does_not_know_is_left_out(service: Provider) -> None:
    channel(service, fields={"validity": "", "reference": "", "from": ""}).send(message(), NUMBER)
    channel(service).send(message(expires_at=None), NUMBER)
    channel(service).send(message(expires_at=NOW - timedelta(hours=1)), NUMBER)
    channel(service).send(message(expires_at=NOW + timedelta(days=30)), NUMBER)
    told = [asked.told for asked in service.got]
    assert [set(one) for one in told[:2]] == [{"to", "text"}, {"to", "text", "from", "reference"}]
    assert [one["validity"] for one in told[2:]] == [60, 3 * 86400]


@pytest.mark.promise("P17")
def test_nothing_but_the_brief_of_a_message_leaves(service: Provider) -> None:
    channel(service).send(message(body="SECRET"), NUMBER)
    channel(service).send(message(brief="", body="SECRET", subject="Herinnering"), NUMBER)
    assert [asked.told["text"] for asked in service.got][1] == "Herinnering"
    assert not any(b"SECRET" in asked.body or "SECRET" in str(asked.headers) for asked in service.got)


def test_every_copy_carries_the_same_name(service: Provider) -> None:
    service.says(PATH, Says(503), TAKEN)
    sms = channel(service)
    told = [sms.send(message(), NUMBER) for _ in range(2)]
    assert told == [Failed(False, "sms-503"), Accepted("sms-77")]
    assert {(asked.headers["idempotency-key"], asked.told["reference"]) for asked in service.got} == {("m-1", "m-1")}


@pytest.mark.promise("P31")
@pytest.mark.parametrize(
    "number",
    [
        "",
        "0612345678",
        "31612345678",
        "+0612345678",
        "+31",
        "+1234567890123456",
        "+31 6",
        "+٣١٦١٢٣٤٥٦٧٨",
        NUMBER + "\n",
    ],
)
def test_what_is_no_number_is_gone_without_a_call(service: Provider, number: str) -> None:
    told = channel(service).send(message(), number)
    assert (told, service.got) == (Failed(True, "bad-number", gone=("phone",)), [])


ANSWERS: list[tuple[Says, Accepted | Failed]] = [
    (TAKEN, Accepted("sms-77")),
    (Says(200, {"ok": True}), Accepted("m-1")),
    (Says(202, {"id": 7}), Accepted("m-1")),
    (Says(202, {"id": "x" * 101}), Accepted("m-1")),
    (Says(202, {"id": "a b"}), Accepted("m-1")),
    (Says(200, HTML), Failed(False, "sms-unreadable", unsure=True)),
    (Says(200), Failed(False, "sms-unreadable", unsure=True)),
    (Says(200, b'{"id": "x'), Failed(False, "sms-unreadable", unsure=True)),
    (Says(200, ["x"]), Failed(False, "sms-unreadable", unsure=True)),
    (Says(400, {"error": "no"}), Failed(True, "sms-400")),
    (Says(404, {}), Failed(True, "sms-404")),
    (Says(422, HTML), Failed(True, "sms-422")),
    *[(Says(status, {}), Failed(False, f"sms-{status}")) for status in (401, 403, 407, 408, 425, 429)],
    (Says(429, {}, {"Retry-After": "90"}), Failed(False, "sms-429", 90)),
    (Says(503, HTML, {"Retry-After": "Mon, 09 Mar 2026 08:10:00 GMT"}), Failed(False, "sms-503", 600)),
    (Says(500, HTML), Failed(False, "sms-500")),
    (Says(301, b"", {"Location": "/elsewhere"}), Failed(False, "sms-301")),
    (Says(307, b"", {"Location": "https://127.0.0.1/inside"}), Failed(False, "sms-307")),
]


@pytest.mark.parametrize(("said", "outcome"), ANSWERS)
def test_each_answer_is_read_for_what_it_means(service: Provider, said: Says, outcome: Accepted | Failed) -> None:
    service.says(PATH, said)
    assert (channel(service).send(message(), NUMBER), len(service.got)) == (outcome, 1)


def test_after_three_stumbles_it_is_taken(service: Provider) -> None:
    service.says(PATH, Says(500), Says(500), Says(500), TAKEN)
    sms = channel(service)
    told = [sms.send(message(), NUMBER) for _ in range(4)]
    assert told == [Failed(False, "sms-500")] * 3 + [Accepted("sms-77")]


@pytest.mark.promise("P15")
def test_a_gateway_that_goes_on_talking_without_end_is_cut_off(service: Provider) -> None:
    service.hangs.set()
    assert channel(service, timeout_s=0.3).send(message(), NUMBER) == Failed(False, "sms-unreachable", unsure=True)


def test_nobody_listening_and_a_certificate_of_a_stranger_pass(service: Provider) -> None:
    stranger = Sms(service.origin + PATH, "key-1", "Clinic")
    assert stranger.send(message(), NUMBER) == Failed(False, "sms-no-tls")
    assert channel(service, url="https://127.0.0.1:1/x").send(message(), NUMBER) == Failed(False, "sms-unreachable")
    assert service.got == []


def test_a_gateway_on_this_very_machine_may_speak_in_the_clear() -> None:
    with provider(None) as plain:
        plain.says("/", TAKEN)
        assert Sms(plain.origin, "key-1", "Clinic").send(message(), NUMBER) == Accepted("sms-77")
        assert plain.got[0].headers["host"] == plain.seam


@pytest.mark.parametrize(
    "more",
    [
        {"url": "http://sms.example/x"},
        {"url": "http://127.0.0.1.example/x"},
        {"url": "http://10.0.0.1/x"},
        {"url": "https://user:word@sms.example/x"},
        {"url": "https://sms.example/x y"},
        {"url": "ftp://sms.example/"},
        {"url": ""},
        {"fields": {"two": "to"}},
        {"fields": {"to": ""}},
        {"token": "a\r\nX: b"},
    ],
)
def test_settings_that_make_no_gateway_are_refused_at_once(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        Sms(**{"url": "https://sms.example/x", "token": "key-1", "sender": "Clinic", **more})


@pytest.mark.promise("P30")
def test_neither_key_nor_number_shows_in_a_log(service: Provider, caplog: pytest.LogCaptureFixture) -> None:
    sms = channel(service)
    with caplog.at_level(logging.DEBUG):
        assert sms.send(message(), NUMBER) == Accepted("sms-77")
    assert not any(word in caplog.text + repr(sms) for word in (NUMBER, "key-1"))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 151 + "€" + "x" * 153, 2),
        ("x" * 152 + "€" + "x" * 151, 2),
        ("x" * 152 + "€" + "x" * 152, 3),
        ("ë" * 70, 1),
        ("ë" * 71, 2),
        ("ë" * 134, 2),
        ("ë" * 135, 3),
        ("\U0001f600" * 35, 1),
        ("\U0001f600" * 66, 2),
        ("\U0001f600" * 67, 3),
        ("é à ñ Ü ß", 1),
    ],
)
def test_the_length_of_an_sms_is_what_a_network_counts(text: str, count: int) -> None:
    assert parts(text) == count


def test_a_text_that_is_too_long_ends_after_a_word_and_keeps_its_first_line(service: Provider) -> None:
    day = "Over 7 dagen, op dinsdag 10 maart, staat er een taak voor u klaar."
    channel(service).send(message(brief=f"{day}\n" + "Woord ervan. " * 40), NUMBER)
    text = service.got[0].told["text"]
    assert text.startswith(day)
    assert text.endswith((" Woord...", " ervan...."))
    assert 290 < len(text) <= 306
    refused = channel(service).send(message(brief="x" * 307 + "\nkort"), NUMBER)
    assert (refused, len(service.got)) == (Failed(True, "sms-too-long"), 1)


SIGNS = st.sampled_from("ab€ëé\U0001f600 \n")


@given(st.text(SIGNS, max_size=160).filter(str.strip), st.text(SIGNS, min_size=80, max_size=400) | st.just(""))
def test_whatever_is_cut_fits_and_begins_with_the_first_line(first: str, rest: str) -> None:
    line = " ".join(first.split())
    if parts(line + "...") > 2 and (rest.strip() or parts(line) > 2):
        with pytest.raises(ValueError, match="too long"):
            cut(f"{line}\n{rest}" + " word" * 400)
        return
    made = cut(f"{line}\n{rest}")
    assert parts(made) <= 2
    assert made.startswith(line)
    assert " ".join(f"{line} {rest}".split()).startswith(made.removesuffix("..."))


def test_a_gateway_is_told_in_plain_json(service: Provider) -> None:
    channel(service).send(message(brief='Vóór "12 uur" \u2028 €'), NUMBER)
    assert service.got[0].body.isascii()
    assert json.loads(service.got[0].body)["text"] == 'Vóór "12 uur" €'
