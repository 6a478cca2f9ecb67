"""Who takes part: what the queries say of a consent is what the rule says, for whatever was published and agreed to."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from backend.domain.consents import Purpose, Version, lapses_at
from backend.storage import research
from backend.storage.research import ConsentVersionRow, SubjectRow
from tests.factories.studies import study
from tests.house import House

HISTORIES = 60
AGREED = {Purpose.STUDY: "agreed", Purpose.CARE: "care_agreed", Purpose.CONTACT: "contact_agreed"}


@pytest.mark.parametrize("purpose", Purpose)
def test_a_consent_lapses_and_holds_in_a_query_as_it_does_by_the_rule(house: House, purpose: Purpose) -> None:
    bram, found, random = house.login("nurse"), study(house), Random(purpose.value)
    assert found.join(house.patient(cares_for=[bram]), bram).status_code == 200
    for _ in range(HISTORIES):
        now = house.clock.now
        moments = [random.choice([None, now + timedelta(seconds=random.randint(-2, 2))]) for _ in range(4)]
        versions = [Version(number, {}, at) for number, at in enumerate(moments, 1)]
        agreed = random.randint(0, 4) if purpose is Purpose.STUDY else random.choice([None, 1, 2, 3, 4])
        left = random.choice([None, None, now])
        with house.unit() as ctx:
            ctx.session.execute(delete(ConsentVersionRow))
            ctx.session.add_all(_row(found.id_, purpose, one, now) for one in versions)
            ctx.session.flush()
            ctx.session.execute(update(SubjectRow).values({AGREED[purpose]: agreed, "withdrawn_at": left}))
            asked = select(research.lapses_at(purpose), research.holds(now, purpose)).select_from(SubjectRow)
            lapses, holds = ctx.session.execute(asked).one()
        by_rule = None if agreed is None else lapses_at(versions, agreed)
        assert lapses == by_rule
        assert bool(holds) == (left is None and agreed is not None and (by_rule is None or by_rule > now))


def _row(study_id: UUID, purpose: Purpose, one: Version, now: datetime) -> ConsentVersionRow:
    return ConsentVersionRow(
        study_id=study_id, purpose=purpose.value, version=one.number, texts={}, needed_from=one.needed_from,
        published_at=now, published_by=None,
    )  # fmt: skip
