"""Claims: a questionnaire is published as an instrument by its licence and its items alone, and scored by its rule."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from backend.domain.claims import SHIPPED, Claim, check, scores
from backend.domain.definitions import read
from backend.domain.errors import ClinicError
from backend.domain.forms import form
from backend.domain.instruments import instrument, instruments
from backend.domain.licences import LicenceEvidence
from backend.domain.questionnaires import Form

TODAY = date(2026, 6, 1)
LICENCE = LicenceEvidence("Contract 12 with the maker", "Carla", date(2026, 5, 1))


def asked(key: str = "fss", own: str = "our-fatigue", **changed: Any) -> Form:
    """Return a questionnaire that asks every item of an instrument; `changed` by item key, None leaves one out."""
    items = []
    for code, item in instrument(key).items.items():
        told = {"key": code, "type": "integer", "text": {"nl": code}, "low": item.low, "high": item.high}
        told |= changed.get(code, {}) or {}
        if changed.get(code, {}) is not None:
            items.append(told)
    title = {"nl": "Vermoeidheid"}
    return read({"key": own, "version": "1", "languages": ["nl"], "title": title, "items": items})


def refused(form: Form, claim: Claim | None) -> tuple[str, str]:
    with pytest.raises(ClinicError) as caught:
        check(form, claim, TODAY)
    return caught.value.error.code, next(iter(caught.value.pointers))


def test_an_instrument_is_published_with_its_licence_and_all_its_items() -> None:
    check(asked(), Claim("fss", LICENCE), TODAY)
    check(asked(), None, TODAY)  # not said to be one


def test_without_licence_evidence_it_is_not_published() -> None:
    assert refused(asked(), Claim("fss", None)) == ("licence-needed", "/licence")
    later = LicenceEvidence("Contract 12", "Carla", date(2026, 6, 2))
    assert refused(asked(), Claim("fss", later)) == ("licence-needed", "/licence/seen_on")


def test_whatever_bears_an_instruments_key_has_to_say_that_it_is_one() -> None:
    assert refused(asked(own="fss"), None) == ("licence-needed", "/instrument")


def test_a_test_of_the_clinic_is_no_questionnaire() -> None:
    assert refused(asked(), Claim("edss", LICENCE)) == ("invalid", "/instrument")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"q3": None}, "/definition/items"),
        ({"q3": {"high": 10}}, "/definition/items/q3"),
        ({"q3": {"repeats": True}}, "/definition/items/q3"),
        ({"q3": {"type": "decimal"}}, "/definition/items/q3"),
    ],
)
def test_an_item_that_is_missing_or_asked_otherwise_is_no_such_instrument(
    changed: dict[str, Any], pointer: str
) -> None:
    assert refused(asked(**changed), Claim("fss", LICENCE)) == ("invalid", pointer)


def test_options_with_the_codes_of_the_range_ask_the_same() -> None:
    options = [{"code": str(number), "text": {"nl": str(number)}} for number in range(1, 8)]
    bare: dict[str, Any] = {"type": "choice", "options": options}
    told = dict.fromkeys(instrument("fss").items, bare)
    form = asked_by_choice(told)
    check(form, Claim("fss", LICENCE), TODAY)
    found = scores("our-fatigue", "fss", dict.fromkeys(instrument("fss").items, "5"))
    assert (found["total"].value, found["total"].n_answered) == (Decimal("5.00"), 9)


def asked_by_choice(told: dict[str, Any]) -> Form:
    items = [{"key": code, "text": {"nl": code}, **one} for code, one in told.items()]
    title = {"nl": "Vermoeidheid"}
    return read({"key": "our-fatigue", "version": "1", "languages": ["nl"], "title": title, "items": items})


def test_what_is_no_instrument_has_no_score_and_a_missing_answer_is_said() -> None:
    assert scores("our-own", None, {"q1": 3}) == {}
    few = scores("our-fatigue", "fss", {"q1": 7})
    assert (few["total"].value, few["total"].why_not, few["total"].n_answered) == (None, "too-few-answered", 1)


def test_the_scales_that_ship_are_scored_by_the_question_they_ask() -> None:
    for key, (name, codes) in SHIPPED.items():
        assert name in instruments()
        assert set(codes) <= set(form(key).places)
        assert set(codes.values()) == set(instrument(name).items)
        (found,) = scores(key, None, dict.fromkeys(codes, 7)).values()
        assert found.value == 7
