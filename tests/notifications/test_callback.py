"""Reports of a gateway: only who knows the secret is heard, only lately, and only what reads as a report."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.callback import FORGED, STALE, UNREADABLE, Told, heard, read, sign, verify
from tests.notifications.making import utc

NOW = utc("2026-03-09 08:00")
SECRET = b"s" * 32
BODY = b'{"reference": "m-1", "state": "delivered", "at": "2026-03-09T08:59:30+01:00"}'
MOMENT = str(int(NOW.timestamp()))
RIGHT = sign(SECRET, BODY, NOW)
HEX = RIGHT.rpartition("=")[2]


def body(**told: Any) -> bytes:
    return json.dumps({"reference": "m-1", "state": "delivered"} | told).encode()


def test_a_signed_report_is_heard() -> None:
    assert heard(SECRET, RIGHT, BODY, NOW) == Told("m-1", "delivered", NOW - timedelta(seconds=30))


def test_the_signature_is_the_one_others_make() -> None:
    # echo -n '1773043200.{}' | openssl dgst -sha256 -hmac secret
    assert sign(b"secret", b"{}", NOW) == (
        "t=1773043200,v1=56f74a97e3c576e879d1c63122ff953b58c52378621867221f1c49ddf57e3e97"
    )


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        MOMENT,
        f"v1={HEX}",
        f"t={MOMENT}",
        f"t={MOMENT},v1=",
        f"t={MOMENT},v1={HEX[:-1]}",
        f"t={MOMENT},v1={HEX}0",
        f"t={MOMENT},v1={'0' * 64}",
        f"t={MOMENT},v1={'é' * 64}",
        f"t={MOMENT},v0={HEX}",
        f"t={MOMENT},V1={HEX}",
        f"t={MOMENT}.0,v1={HEX}",
        f"t=0{MOMENT},v1={HEX}",
        f"t=+{MOMENT},v1={HEX}",
        f"t={int(MOMENT) + 1},v1={HEX}",
        f"t={MOMENT},t={MOMENT},v1={HEX}",
        f"t={MOMENT},t=0,v1={HEX}",
        f"t={'٢' * 10},v1={HEX}",
        f"t={MOMENT}" + f",v1={'0' * 64}" * 5 + f",v1={HEX}",
        sign(b"w" * 32, BODY, NOW),
        sign(SECRET, BODY + b" ", NOW),
    ],
)
def test_what_was_not_signed_with_the_secret_is_forged(header: str) -> None:
    with pytest.raises(ValueError, match=f"^{FORGED}$"):
        verify(SECRET, header, BODY, NOW)


def test_nothing_is_signed_with_a_secret_that_is_empty() -> None:
    with pytest.raises(ValueError, match=f"^{FORGED}$"):
        verify(b"", sign(b"", BODY, NOW), BODY, NOW)


def test_while_a_secret_is_replaced_one_of_several_signatures_is_enough() -> None:
    other = sign(b"w" * 32, BODY, NOW).rpartition("=")[2]
    for header in (f"t={MOMENT},v1={other},v1={HEX}", f"t={MOMENT}, v1={HEX}, v1={other}", f"v1={HEX},t={MOMENT},x"):
        assert verify(SECRET, header, BODY, NOW) == NOW


@pytest.mark.parametrize("away_s", [-300, -299, 0, 300])
def test_within_five_minutes_a_report_is_fresh(away_s: int) -> None:
    assert verify(SECRET, RIGHT, BODY, NOW + timedelta(seconds=away_s)) == NOW


@pytest.mark.parametrize("away_s", [-86400, -301, 301, 86400])
def test_further_away_it_is_stale_and_a_forged_one_stays_forged(away_s: int) -> None:
    now = NOW + timedelta(seconds=away_s)
    with pytest.raises(ValueError, match=f"^{STALE}$"):
        heard(SECRET, RIGHT, BODY, now)
    with pytest.raises(ValueError, match=f"^{FORGED}$"):
        heard(SECRET, RIGHT, BODY + b" ", now)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("delivered", "delivered"),
        ("DELIVERED", "delivered"),
        ("undelivered", "failed"),
        ("failed", "failed"),
        ("rejected", "failed"),
        ("expired", "failed"),
    ],
)
def test_a_final_word_of_a_gateway_is_one_of_two(word: str, state: str) -> None:
    assert read(body(state=word), NOW) == Told("m-1", state, NOW)


@pytest.mark.parametrize("word", ["accepted", "sent", "buffered", "queued", "Queued"])
def test_for_a_word_on_the_way_there_is_nothing_to_do(word: str) -> None:
    assert read(body(state=word), NOW) is None


def test_a_gateway_may_have_its_own_names_and_cannot_speak_of_what_is_to_come() -> None:
    content = b'{"ref": "m-1", "status": "failed", "when": "2030-01-01T00:00:00Z", "state": "delivered"}'
    told = read(content, NOW, {"reference": "ref", "state": "status", "at": "when"})
    assert told == Told("m-1", "failed", NOW)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"word",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'{"reference": "m-1"}',
        b'{"state": "delivered"}',
        b'{"reference": "m-1", "state": "failed", "state": "delivered"}',
        b'{"reference": "m-1", "reference": "m-2", "state": "delivered"}',
        body(state="lost"),
        body(state=None),
        body(state=["delivered"]),
        body(state={"delivered": 1}),
        body(reference=7),
        body(reference=""),
        body(reference="m 1"),
        body(reference="../m"),
        body(reference="m-1\n"),
        body(reference="m" * 201),
        body(reference="\ud800"),
        body(at="yesterday"),
        body(at="2026-03-09T08:00:00"),
        body(at=7),
        body(at="0001-01-01T00:00:00+14:00"),
        body(more="x" * 16384),
    ],
)
def test_what_is_no_report_is_unreadable(content: bytes) -> None:
    with pytest.raises(ValueError, match=f"^{UNREADABLE}$"):
        heard(SECRET, sign(SECRET, content, NOW), content, NOW)


@given(st.binary(max_size=64), st.text(max_size=80))
def test_no_odd_bytes_are_heard_without_the_secret(content: bytes, header: str) -> None:
    for told in (header, f"t={MOMENT},v1={header}", f"{RIGHT},{header}"):
        with pytest.raises(ValueError, match=f"^{FORGED}$"):
            verify(SECRET, told, b"x" + content, NOW)


def found(content: bytes) -> str:
    """Return what comes of a signed body, in one word."""
    try:
        told = heard(SECRET, sign(SECRET, content, NOW), content, NOW)
    except ValueError as trouble:
        return str(trouble)
    return "nothing" if told is None else told.state


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["m-1", "delivered", "failed"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["reference", "state", "at", "x"]), inner),
    max_leaves=8,
)


@given(st.binary() | JSON.map(lambda told: json.dumps(told).encode()))
def test_whatever_is_signed_reads_as_a_report_or_as_none(content: bytes) -> None:
    assert found(content) in {"delivered", "failed", "nothing", UNREADABLE}
