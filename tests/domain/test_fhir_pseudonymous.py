"""What leaves under a pseudonym, over generated forms and days: no word, no own id, no date that is not told."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.domain.fhir import pseudonymous, responses
from backend.domain.fhir.pseudonymous import EXTENSION, frozen, leaving, telling, wordless
from backend.domain.fhir.telling import Head
from backend.domain.moments import at_moment
from backend.domain.own_words import apart
from backend.domain.responses import as_json, check
from backend.domain.study_days import Days, Reckoning
from tests.domain.test_own_words import WORDS, told
from tests.factories.forms import Filled, definitions, filled
from tests.fhir.r4 import faults

ON = st.dates(date(2000, 1, 1), date(2100, 1, 1))
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def by(days: Days, origin: date | None = date(2026, 3, 2)) -> Reckoning:
    return Reckoning(days, origin)


def without_texts(node: Any) -> Any:
    """Return a resource without what the form itself says."""
    if isinstance(node, dict):
        return {name: without_texts(one) for name, one in node.items() if name not in {"text", "display", "_text"}}
    return [without_texts(one) for one in node] if isinstance(node, list) else node


def values(node: Any) -> Iterator[Any]:
    """Yield every answer's value."""
    for answer in node.get("answer", ()):
        yield from answer.values()
    for item in node.get("item", ()):
        yield from values(item)


@settings(max_examples=60)
@given(filled(definitions()), st.sampled_from(Days))
def test_answers_leave_valid_without_words_and_with_dates_only_where_they_are_told(made: Filled, days: Days) -> None:
    _, form, answers = made
    whole = as_json(check(form, answers).answers)
    left = wordless(form, apart(form, whole)[0], dates=days is Days.CALENDAR)
    by_study = telling("ABCDEFGH", lambda one: one.hex[:24], by(days))
    resource = responses.of_patient(
        by_study, Head(UUID(int=7), 1, None), form, left,
        named="https://clinic.example/fhir/Questionnaire/made|1", completed=True,
        authored=at_moment(datetime(2026, 5, 4, 9, tzinfo=UTC), "Europe/Amsterdam"),
    )  # fmt: skip
    assert faults(resource) == []
    assert not told(without_texts(resource)) & WORDS
    dates = DATE.findall(json.dumps(resource))
    assert bool(dates) is (days is Days.CALENDAR)  # authored, if nothing else
    assert not [one for one in values(resource) if re.match(r"\d{4}-\d\d-\d\dT", str(one))]
    plain = apart(form, whole)[0]
    kept = {key for key, said in plain.items() if form.item(key).type not in {"date", "dateTime"} and bare(said)}
    assert kept <= set(left)


def bare(said: Any) -> bool:
    """Tell whether anything is left of an answer without words."""
    return any(one is not None for one in said) if isinstance(said, list) else said is not None


@given(ON, ON, st.sampled_from(Days))
def test_a_day_is_told_as_a_date_by_the_calendar_alone_and_counted_by_all(on: date, origin: date, days: Days) -> None:
    reckoned = by(days, origin)
    by_study = telling("ABCDEFGH", lambda one: one.hex, reckoned)
    dated = on.isoformat() if days is Days.CALENDAR else None
    moment = at_moment(datetime(on.year, on.month, on.day, 12, tzinfo=UTC), "Europe/Amsterdam")
    assert (by_study.on(on), by_study.moment(moment), by_study.at(datetime(2026, 5, 4, tzinfo=UTC))) == (
        dated,
        dated,
        None,
    )
    made = leaving(pseudonymous.patient("ABCDEFGH"), reckoned, {"": on, "ended": on, "stopped": None})
    counted = (on - origin).days
    assert made["extension"] == [
        {"url": f"{EXTENSION}{name}", "valueInteger": counted} for name in ("study-day", "ended-study-day")
    ]
    assert faults(made) == []


def test_before_any_dose_no_day_is_told() -> None:
    made = leaving(pseudonymous.patient("ABCDEFGH"), by(Days.SINCE_FIRST_DOSE, None), {"": date(2026, 5, 4)})
    assert "extension" not in made


@given(st.lists(st.uuids(), unique=True, min_size=12, max_size=30), st.randoms())
def test_lines_lie_the_same_whatever_order_they_were_read_in(ids: list[UUID], luck: Any) -> None:
    told_ids = [{"id": str(one), "number": number} for number, one in enumerate(ids)]
    body = frozen(told_ids)
    assert body == frozen(luck.sample(told_ids, len(told_ids)))
    assert sorted(json.loads(line)["number"] for line in body.splitlines()) == list(range(len(ids)))


@pytest.mark.parametrize("day", pseudonymous.DAYS)
def test_days_are_named_as_the_reference_says(day: str) -> None:
    name = day.removesuffix("study-day").rstrip("-")
    made = leaving(pseudonymous.patient("A"), by(Days.SINCE_LAST_DOSE), {name: date(2026, 3, 1)})
    assert made["extension"] == [{"url": EXTENSION + day, "valueInteger": -1}]
