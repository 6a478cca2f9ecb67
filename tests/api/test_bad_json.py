"""Bodies that are no JSON, too large, too deep or of another type are refused, and nothing of them is stored (P07)."""

import json

import pytest

from tests.api.good_bodies import NOUNS, Noun
from tests.api.test_bad_input import stored
from tests.house import House

pytestmark = pytest.mark.promise("P07")

LIMIT = 256 * 1024


@pytest.fixture
def entry(house: House) -> Noun:
    """A diary entry that would be taken."""
    return NOUNS["diary entry"](house)


def nested(depth: int) -> bytes:
    """Return lists within lists."""
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 400, "malformed-json"),
        (b'{"id": "x', 400, "malformed-json"),
        (b"{} {}", 400, "malformed-json"),
        (b"\xef\xbb\xbf{}", 400, "malformed-json"),
        (b'{"note": "\xff\xfe"}', 400, "malformed-json"),
        ('{"note": "x"}'.encode("utf-16"), 400, "malformed-json"),
        (b"{'note': 1}", 400, "malformed-json"),
        (b'{"note": NaN}', 400, "malformed-json"),
        (b'{"note": 1e400}', 400, "malformed-json"),
        (b'{"note": ' + b"1" * 5000 + b"}", 400, "malformed-json"),
        (b'{"note": "a", "note": "b"}', 400, "key-twice"),
        (b'{"note": "a", "n\\u006fte": "b"}', 400, "key-twice"),
        (b'{"occurred": {"zone": 1, "zone": 2}}', 400, "key-twice"),
        (b'[{"a": [{"b": 1, "b" : 1}]}]', 400, "key-twice"),
        (nested(21), 400, "too-deep"),
        (b'{"a":' * 21 + b"1" + b"}" * 21, 400, "too-deep"),
        (nested(10_000), 400, "malformed-json"),
        (nested(20), 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b'"x"', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"7", 422, "invalid"),
        (b"{}", 422, "invalid"),
    ],
)
def test_a_body_that_is_no_record_is_refused(entry: Noun, raw: bytes, status: int, code: str) -> None:
    before = stored(entry.house)
    answer = entry.send(raw)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert stored(entry.house) == before


def test_a_colon_after_a_quotation_mark_within_a_text_is_no_second_key(entry: Noun) -> None:
    assert entry.send(entry.good | {"note": 'he said "note": twice'}).status_code == 201


def test_a_byte_more_than_allowed_is_too_much(entry: Noun) -> None:
    body = json.dumps(entry.good).encode()
    before = stored(entry.house)
    refused = entry.send(body + b" " * (LIMIT + 1 - len(body)))
    assert (refused.status_code, refused.json["code"]) == (413, "body-too-large")
    assert stored(entry.house) == before
    assert entry.send(body + b" " * (LIMIT - len(body))).status_code == 201


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"]
)
def test_a_body_of_another_type_is_refused(entry: Noun, content_type: str | None) -> None:
    before = stored(entry.house)
    refused = entry.house.post(
        entry.path, headers=entry.headers, data=json.dumps(entry.good), content_type=content_type
    )
    assert (refused.status_code, refused.json["code"]) == (415, "not-json")
    assert stored(entry.house) == before
