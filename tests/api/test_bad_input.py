"""What is no entry, sample, form or dose is refused with a pointer, and nothing of it is stored (P06, P07)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.api.bad_values import WHOLE, Place, bad_values, places, pointer, put, without
from tests.api.good_bodies import NOUNS, Noun
from tests.databases import tables
from tests.house import House

pytestmark = [pytest.mark.promise("P06"), pytest.mark.promise("P07")]
# What is refused for its form never reaches a database; that nothing is stored, one of them shows.
on_one_database = pytest.mark.parametrize("copies", ["sqlite"], indirect=True)


def stored(house: House) -> dict[str, int]:
    """Count the rows of every table but the log of who did what."""
    with house.unit(writes=False) as ctx:
        counted = [table for table in tables() if table.name != "events"]
        return {
            table.name: ctx.session.execute(select(func.count()).select_from(table)).scalar_one() for table in counted
        }


@pytest.fixture(params=NOUNS)
def noun(request: pytest.FixtureRequest, house: House) -> Iterator[Noun]:
    """A record that is taken in the end, after nothing bad of it was stored."""
    made = NOUNS[request.param](house)
    before = stored(house)
    yield made
    assert stored(house) == before
    taken = made.send(made.good)
    assert taken.status_code in {200, 201}, taken.json


def wrong(answer: Any, at: Place) -> str:
    """Return what is wrong with a refusal: its status, its form, or that it points elsewhere; empty when right."""
    if answer.status_code not in {400, 422} or answer.mimetype != "application/problem+json":
        return f"{answer.status_code} {answer.mimetype}"
    if answer.status_code == 400:
        return "" if answer.json["code"] == "malformed-json" else answer.json["code"]
    said = [found["pointer"] for found in answer.json["pointers"]]
    near = pointer(at)
    return "" if any(found.startswith(near) or near.startswith(found) for found in said) else f"points to {said}"


@on_one_database
def test_no_field_takes_what_it_is_not(noun: Noun) -> None:
    found = [
        (pointer(at), repr(value)[:40], trouble)
        for at, field in places(noun.schema, noun.good)
        for value in bad_values(field)
        if (trouble := wrong(noun.send(put(noun.good, at, value)), at))
    ]
    assert not found


@on_one_database
def test_what_is_required_is_missed_by_name(noun: Noun) -> None:
    needed = [at for at, field in places(noun.schema, noun.good) if field.required and isinstance(at[-1], str)]
    assert needed
    found = [(at, trouble) for at in needed if (trouble := wrong(noun.send(without(noun.good, at)), at))]
    assert not found


@on_one_database
def test_what_is_not_known_is_refused_in_every_object(noun: Noun) -> None:
    known = {at[:-1] for at, _ in places(noun.schema, noun.good) if isinstance(at[-1], str)}
    answers = {at: noun.send(put(noun.good, (*at, "surprise"), 1)) for at in known}
    assert all(answer.status_code == 422 for answer in answers.values())
    found = {at: [told["pointer"] for told in answer.json["pointers"]] for at, answer in answers.items()}
    assert found == {at: [pointer((*at, "surprise"))] for at in known}


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("experienced", ("maybe", "", 7, True, [], {})),
        ("onset_days_before_dose", (*WHOLE, -1, 366)),
        ("not_resolved", ("yes", 1, 0, [], {})),
        ("surprise", (1, "x")),
        ("a\x00b", ("x",)),
    ],
)
def test_no_question_takes_an_answer_it_does_not_offer(house: House, key: str, values: tuple[Any, ...]) -> None:
    form = NOUNS["form"](house)
    before = stored(house)
    at = ("answers", key)
    found = [
        (repr(value)[:40], trouble) for value in values if (trouble := wrong(form.send(put(form.good, at, value)), at))
    ]
    assert not found
    assert stored(house) == before


@pytest.mark.parametrize("note", ["😀 نص من اليمين e\u0301\t\n", "😀" * 4000, "\u202eabc", "a\u2028b"])
def test_every_other_text_comes_back_as_it_was_sent(house: House, note: str) -> None:
    entry = NOUNS["diary entry"](house)
    assert entry.send(entry.good | {"note": note}).status_code == 201
    assert house.get(f"{entry.path}/{entry.good['id']}", headers=entry.headers).json["note"] == note
