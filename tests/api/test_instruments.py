"""The instruments over HTTP: what a page needs to show of each, and which figures it must call unverified."""

from backend.domain.instruments import instruments
from tests.house import House


def test_every_instrument_is_listed_for_everybody_who_is_logged_in(house: House) -> None:
    bram, anna = house.login("nurse"), house.phone(house.patient())
    for headers in (bram.headers, anna):
        told = house.get("/instruments", headers=headers).json["items"]
        assert [one["key"] for one in told] == list(instruments())
    assert house.get("/instruments").status_code == 401


def test_an_instrument_says_what_ships_what_it_needs_and_what_is_verified(house: House) -> None:
    told = house.get("/instruments", headers=house.login("researcher").headers).json["items"]
    by_key = {one["key"]: one for one in told}
    assert {key for key, one in by_key.items() if "nl" in one["text_in"]} == {"wo-diary", "nrs-11", "vas-100"}
    assert by_key["rand-36"]["text_in"] == ["en"]
    assert by_key["cis-20r"]["needs"] == ["assignment", "reversal"]
    assert by_key["edss"]["finding"] == "edss"
    fatigue = by_key["fss"]["scales"][0]
    assert (fatigue["n_items"], fatigue["minimum"], fatigue["low"], fatigue["high"]) == (9, 9, 1, 7)
    assert [(one["kind"], one["value"], one["source"]["verified"]) for one in fatigue["thresholds"]] == [
        ("cut", 4, True),
        ("cut", 5, True),
        ("mid", 0.45, False),
        ("mdc", 1.9, False),
    ]
    assert by_key["fss"]["items"][0] == {"code": "q1", "low": 1, "high": 7, "whole": True, "points": None}
    assert by_key["rand-36"]["items"][0]["points"] == [100, 75, 50, 25, 0]
    assert by_key["msis-29-v1"]["missing"]["verified"] is False
    assert by_key["fss"]["recall"] == {"nl": "1 week", "en": "1 week", "verified": False}
