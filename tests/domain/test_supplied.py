"""What a site supplies: it is taken as a whole, from a manual that is named, and only where it is asked for."""

from decimal import Decimal
from typing import Any

import pytest

from backend.domain.errors import ClinicError
from backend.domain.instruments import Item, Need, instrument
from backend.domain.supplied import Supplied, completed

FITTING = {
    "fatigue": tuple(f"q{n}" for n in range(1, 9)),
    "concentration": tuple(f"q{n}" for n in range(9, 14)),
    "motivation": tuple(f"q{n}" for n in range(14, 18)),
    "activity": tuple(f"q{n}" for n in range(18, 21)),
}


def refused(key: str, **given: Any) -> tuple[str, list[str]]:
    with pytest.raises(ClinicError) as caught:
        completed(instrument(key), Supplied(**{"reference": "manual, page 3", **given}))
    return caught.value.error.code, list(caught.value.pointers)


def test_what_is_supplied_is_no_longer_needed_and_what_is_not_still_is() -> None:
    half = completed(instrument("cis-20r"), Supplied(" manual, page 3 ", mirrored=frozenset({"q2"})))
    assert half.needs == {Need.ASSIGNMENT}
    assert half.supplied_from == "manual, page 3"
    whole = completed(half, Supplied("manual, page 4", scales=FITTING))
    assert not whole.needs
    assert whole.mirrored == {"q2"}
    assert whole.scales["activity"].items == ("q18", "q19", "q20")


def test_that_no_item_is_reversed_can_be_said_too() -> None:
    assert completed(instrument("cis-20r"), Supplied("manual", mirrored=frozenset())).needs == {Need.ASSIGNMENT}


def test_the_catalogue_itself_stays_as_it_was() -> None:
    completed(instrument("cis-20r"), Supplied("manual", mirrored=frozenset({"q1"}), scales=FITTING))
    assert instrument("cis-20r").needs == {Need.REVERSAL, Need.ASSIGNMENT}
    assert instrument("cis-20r").mirrored == frozenset()


@pytest.mark.parametrize(
    ("key", "given", "pointer"),
    [
        ("fss", {"reference": "  ", "least": {"total": 5}}, "/reference"),
        ("fss", {"mirrored": frozenset({"q1"})}, "/mirrored"),
        ("mfis", {"scales": {"physical": ("q1",)}}, "/scales"),
        ("fss", {"values": {"11111": Decimal(1)}}, "/values"),
        ("eq-5d-5l", {"t_scores": {4: Decimal(50)}}, "/t_scores"),
        ("fss", {"items": (Item("q1", 0, 1),)}, "/items"),
        ("cis-20r", {"mirrored": frozenset({"q21"})}, "/mirrored"),
        ("cis-20r", {"scales": {"fatigue": FITTING["fatigue"]}}, "/scales"),
        ("cis-20r", {"scales": FITTING | {"total": ("q1",)}}, "/scales"),
        ("cis-20r", {"scales": FITTING | {"activity": ("q18", "q19")}}, "/scales/activity"),
        ("cis-20r", {"scales": FITTING | {"activity": ("q18", "q19", "q21")}}, "/scales/activity"),
        ("cis-20r", {"scales": FITTING | {"activity": ("q18", "q19", "q1")}}, "/scales"),
        ("promis", {"items": (Item("f1", 1, 5), Item("f1", 1, 5))}, "/items"),
        ("promis", {"items": (Item("f1", 5, 5),)}, "/items"),
        ("promis", {"items": (Item("f1", 1, 5, whole=False),)}, "/items"),
        ("promis", {"items": (Item("f1", 1, 5, points=(5, 4, 3, 2)),)}, "/items"),
        ("fss", {"least": {"other": 5}}, "/least/other"),
        ("fss", {"least": {"total": 0}}, "/least/total"),
        ("fss", {"least": {"total": 10}}, "/least/total"),
        ("eq-5d-5l", {"least": {"profile": 4}}, "/least/profile"),
        ("wpai-ms", {"least": {"overall": 3}}, "/least/overall"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(key: str, given: dict[str, Any], pointer: str) -> None:
    assert refused(key, **given) == ("invalid", [pointer])


def test_a_site_may_ask_for_fewer_answers_or_for_more() -> None:
    assert completed(instrument("fss"), Supplied("manual", least={"total": 5})).scales["total"].minimum == 5
    assert completed(instrument("rand-36"), Supplied("manual", least={"pf": 5})).scales["pf"].minimum == 5
