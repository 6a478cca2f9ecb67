"""Checklists before a dose at home: which version stands, who may log, and which answers are taken."""

from datetime import UTC, datetime, timedelta

import pytest

from backend.domain.checklists import Asked, Checklist, Item, Signed, Words, checked, settle, standing
from backend.domain.drugs import catalogue
from backend.domain.errors import ClinicError
from backend.domain.regimens import Route

MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
CLINICS, OWN = catalogue()["natalizumab_sc"], catalogue()["ofatumumab"]
YES = {"well": True, "kit": True}


def version(
    number: int, made_at: datetime, *, at_home: bool = True, keys: tuple[str, ...] = ("well", "kit")
) -> Checklist:
    items = tuple(Item(key, Words(key, key)) for key in keys)
    asked = Asked("natalizumab_sc", Route.SC, at_home, items, Words("bel", "call"))
    return Checklist(asked, number, made_at, None)


def refused(
    *versions: Checklist, drug: str = "natalizumab_sc", signed: Signed | None, written_at: datetime
) -> tuple[str, str]:
    with pytest.raises(ClinicError) as error:
        settle(versions, catalogue()[drug], Route.SC, signed, written_at, MONDAY + 10 * DAY)
    return error.value.error.code, next(iter(error.value.pointers))


def kept(
    *versions: Checklist, drug: str = "natalizumab_sc", signed: Signed | None, written_at: datetime
) -> Signed | None:
    return settle(versions, catalogue()[drug], Route.SC, signed, written_at, MONDAY + 10 * DAY)


def test_the_version_that_stood_at_a_moment_is_the_last_made_until_then_and_none_once_closed() -> None:
    versions = [version(1, MONDAY), version(2, MONDAY + DAY), version(3, MONDAY + 2 * DAY, at_home=False)]
    found = [standing(versions, MONDAY + days * DAY) for days in (-1, 0, 1, 2, 3)]
    assert [one.version if one else None for one in found] == [None, 1, 2, None, None]


def test_a_dose_that_only_the_clinic_gives_is_taken_at_home_where_the_site_opened_the_way() -> None:
    assert refused(signed=None, written_at=MONDAY) == ("wrong-route", "/treatment_id")
    closed = version(1, MONDAY), version(2, MONDAY + DAY, at_home=False)
    for said in (None, Signed(2, YES), Signed(3, YES)):
        assert refused(*closed, signed=said, written_at=MONDAY + 2 * DAY) == ("wrong-route", "/treatment_id")
    assert kept(version(1, MONDAY), signed=Signed(1, YES), written_at=MONDAY + DAY) == Signed(1, YES)


def test_a_no_is_kept_like_a_yes() -> None:
    said = Signed(1, {"well": False, "kit": True})
    assert kept(version(1, MONDAY), signed=said, written_at=MONDAY) == said


@pytest.mark.parametrize(
    "answers", [{}, {"well": True}, {**YES, "more": True}, {"well": True, "kit": 1}, {"well": True, "kit": None}]
)
def test_every_item_is_answered_with_yes_or_no_and_nothing_else(answers: dict[str, bool]) -> None:
    assert refused(version(1, MONDAY), signed=Signed(1, answers), written_at=MONDAY) == ("invalid", "/checklist")


def test_answers_are_needed_where_a_checklist_stands() -> None:
    assert refused(version(1, MONDAY), signed=None, written_at=MONDAY) == ("invalid", "/checklist")
    own = refused(version(1, MONDAY), drug="ofatumumab", signed=None, written_at=MONDAY)
    assert own == ("invalid", "/checklist")


@pytest.mark.parametrize("days", [0, 1, 5])
def test_whichever_version_the_phone_had_is_taken_whole_and_answers_that_fit_none_are_not(days: int) -> None:
    versions, written_at = (version(1, MONDAY), version(2, MONDAY + DAY, keys=("well",))), MONDAY + days * DAY
    for said in (Signed(1, YES), Signed(2, {"well": True})):
        assert kept(*versions, signed=said, written_at=written_at) == said
    for said in (Signed(1, {"well": True}), Signed(2, YES), Signed(3, YES)):
        assert refused(*versions, signed=said, written_at=written_at) == ("invalid", "/checklist")


@pytest.mark.parametrize("days", [0, 2])
def test_a_phone_that_had_not_heard_that_the_way_closed_signs_what_it_had(days: int) -> None:
    versions = version(1, MONDAY), version(2, MONDAY + DAY, at_home=False)
    assert kept(*versions, signed=Signed(1, YES), written_at=MONDAY + days * DAY) == Signed(1, YES)


def test_a_dose_of_ones_own_needs_no_answers_where_none_were_asked_then_or_now() -> None:
    assert kept(drug="ofatumumab", signed=None, written_at=MONDAY) is None
    assert kept(version(1, MONDAY + DAY), drug="ofatumumab", signed=None, written_at=MONDAY) is None
    closed = version(1, MONDAY), version(2, MONDAY + DAY, at_home=False)
    assert kept(*closed, drug="ofatumumab", signed=None, written_at=MONDAY) is None
    nothing = refused(drug="ofatumumab", signed=Signed(1, YES), written_at=MONDAY)
    assert nothing == ("invalid", "/checklist")


def test_a_checklist_is_for_a_drug_of_the_catalogue_by_its_own_route_and_names_no_item_twice() -> None:
    def code(drug: str, route: Route, keys: tuple[str, ...] = ("well",)) -> str:
        items = tuple(Item(key, Words(key, key)) for key in keys)
        with pytest.raises(ClinicError) as error:
            checked(Asked(drug, route, True, items, Words("bel", "call")))
        return error.value.error.code

    assert code("aspirin", Route.SC) == "unknown-drug"
    assert code("natalizumab_iv", Route.SC) == "wrong-route"
    assert code("natalizumab_sc", Route.SC, ("well", "kit", "well")) == "invalid"
    assert checked(version(1, MONDAY).asked) == version(1, MONDAY).asked
