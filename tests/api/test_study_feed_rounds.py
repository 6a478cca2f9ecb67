"""Rounds over a study's feed: what comes between while one is under way, and what keeps one from being gone at all."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from backend.services import feeding
from backend.storage.study_feeds import FeedLineRow, StudyFeedRow
from tests.factories.feeds import Follower, later, round_over
from tests.factories.followed import log, subject
from tests.factories.studies import Study, admit, study
from tests.house import House, Staff


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


@pytest.fixture
def script(found: Study) -> Follower:
    return Follower(found)


def test_a_round_under_way_writes_no_more_once_its_feed_was_ended_and_begun_again(
    house: House, bram: Staff, found: Study, script: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [subject(bram, found) for _ in range(4)]
    script.keep("entries")
    round_over(house)
    for one in people:
        log(house, one, range(10, 11))
    real, told = feeding._tell, list[int]()

    def tell(found_: feeding.Round, changed: list[feeding.Told]) -> None:
        real(found_, changed)
        told.append(len(changed))
        if len(told) == 2:
            assert house.delete(script.path, headers=found.dirk.headers).status_code == 204
            for dataset in ("intervals", "subjects", "entries"):
                script.keep(dataset)

    with monkeypatch.context() as patched:
        patched.setattr(feeding, "_tell", tell)
        later(house)
    assert len(told) <= 3
    later(house)
    script.cursor = None
    script.follow()
    script.check("entries", "intervals", "subjects")


def test_whose_rows_are_taken_back_is_told_before_anything_else(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    leaves, stays = (subject(bram, found, days=1) for _ in range(2))
    script.keep("entries")
    round_over(house)
    script.follow()
    log(house, stays, range(10, 11))
    found.leave(leaves, bram)
    assert round_over(house)
    assert [one["op"] for one in script.follow()] == ["delete", "insert"]


def test_of_who_left_before_all_was_read_only_what_was_given_is_taken_back(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    leaves = subject(bram, found)
    script.keep("entries")
    round_over(house)
    script.limit = 1
    (given,) = script.page()["items"]
    found.leave(leaves, bram)
    assert script.page()["items"] == []
    assert round_over(house)
    (gone,) = script.follow()
    assert (gone["op"], gone["key"]) == ("delete", given["key"])


def test_a_feed_that_nobody_may_read_is_not_kept_but_gives_back_who_left(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    def rows() -> int:
        with house.unit(writes=False) as ctx:
            return ctx.session.scalar(select(func.count()).where(FeedLineRow.row.is_not(None))) or 0

    anna = subject(bram, found, days=1)
    script.keep("entries")
    round_over(house)
    admit(found, found.dirk, house.clock.now)
    house.clock.now += timedelta(days=1)
    log(house, anna, range(10, 12))
    assert not later(house)
    assert rows() == 1
    found.leave(anna, bram)
    assert round_over(house)
    assert rows() == 0


def test_a_feed_of_a_dataset_that_is_no_more_holds_up_no_other(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    subject(bram, found)
    script.keep("entries")
    with house.unit() as ctx:
        ctx.session.execute(update(StudyFeedRow).values(datasets=["gone", "entries"], shape="of before"))
    house.clock.now += timedelta(seconds=1)
    other = Follower(study(house, "Another"))
    other.keep("entries")
    assert [round_over(house), round_over(house)] == [True, True]
    assert other.page()["feed"]["kept_at"] is not None
    assert script.page()["feed"]["datasets"] == ["entries"]
    script.follow()
    assert len(script.rows) == 3
