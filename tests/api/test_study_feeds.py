"""The feed of a study: whoever follows it has what a pull has, whatever came, changed and went on the way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from backend.services import feeding, freezing
from backend.storage import study_feeds
from backend.storage.events import EventRow
from backend.storage.study_feeds import FeedLineRow, FeedPartRow, StudyFeedRow
from tests.factories.chains import chain, dose, local
from tests.factories.feeds import Follower, later, round_over
from tests.factories.followed import GIVEN, entries, log, retract, subject
from tests.factories.sites import Site
from tests.factories.studies import Study, study
from tests.house import House, Staff


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


@pytest.fixture
def script(found: Study) -> Follower:
    return Follower(found)


def test_it_begins_with_everything_and_then_tells_only_what_changed(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    anna, bea = subject(bram, found), subject(bram, found)
    assert (script.keep().status_code, script.page()["feed"]["kept_at"]) == (200, None)
    assert round_over(house)
    assert not round_over(house)
    assert {one["op"] for one in script.follow()} == {"insert"}
    script.check()
    assert datetime.fromisoformat(script.page()["feed"]["kept_at"]) == house.clock.now
    assert later(house)
    assert script.follow() == []
    log(house, anna, range(10, 12), rating=9)
    retract(house, bea, entries(house, bea)[0])
    assert later(house)
    told = script.follow()
    assert {(one["dataset"], one["op"]) for one in told} >= {
        ("entries", "insert"), ("entries", "delete"), ("intervals", "edit"),
    }  # fmt: skip
    assert len({one["key"]["subject"] for one in told}) == 2
    script.check()
    assert script.resets == 1


def test_a_dose_that_comes_later_changes_the_intervals_of_the_rows_that_lie_in_it(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    house.clock.now = local("2026-06-20 12:00")
    anna = house.patient(cares_for=[bram])
    treatment = chain(house, anna, GIVEN)
    log(house, anna, range(90, 93))
    found.join(anna, bram)
    script.keep("entries", "intervals")
    round_over(house)
    assert {one["row"]["interval"] for one in script.follow() if one["dataset"] == "entries"} == {3}
    dose(house, anna, treatment, "2026-05-25 09:00")
    later(house)
    told = script.follow()
    moved = [one for one in told if one["dataset"] == "entries"]
    assert [(one["op"], one["row"]["interval"]) for one in moved] == [("edit", 4)] * 3
    assert {one["dataset"] for one in told} == {"entries", "intervals"}


def test_of_who_withdraws_nothing_is_told_from_that_moment_and_their_rows_are_taken_back_at_once(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    leaves, stays = subject(bram, found), subject(bram, found)
    script.keep()
    round_over(house)
    late = Follower(found)
    script.follow()
    found.leave(leaves, bram)
    theirs = {one["subject"] for one in script.rows.values()} - {row["subject"] for row in found.pull("subjects")}
    assert len(theirs) == 1
    assert not {one["key"]["subject"] for one in late.follow()} & theirs
    assert round_over(house)  # it is not waited for the next five minutes
    assert {one["op"] for one in script.follow() if one["key"]["subject"] in theirs} == {"delete"}
    script.check()
    assert not {one["key"]["subject"] for one in late.follow()} & theirs
    late.check()
    with house.unit(writes=False) as ctx:
        held = select(FeedLineRow.row).where(FeedLineRow.patient_id == leaves.id)
        assert set(ctx.session.scalars(held)) == {None}
        assert set(ctx.session.scalars(select(FeedPartRow.patient_id))) == {stays.id}


def test_whose_consent_lapsed_and_was_renewed_before_anybody_looked_is_not_lost_on_the_way(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    both = [subject(bram, found) for _ in range(2)]
    script.keep("entries")
    round_over(house)
    found.publish(needed_from=house.clock.now + timedelta(seconds=1))
    house.clock.now += timedelta(seconds=2)
    assert script.follow() == []
    for patient in both:
        again = house.post(
            f"/patients/{patient.id}/studies/{found.id}/consent", json={"version": 1, "language": "nl"},
            headers=bram.headers,
        )  # fmt: skip
        assert again.status_code == 200
    assert len(script.follow()) == 6


def test_what_came_and_went_between_two_readings_is_not_told(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    anna = subject(bram, found, days=1)
    script.keep("entries")
    round_over(house)
    script.follow()
    log(house, anna, range(5, 6))
    later(house)
    newest = max(entries(house, anna), key=lambda one: str(one["occurred"]))
    retract(house, anna, newest)
    later(house)
    assert script.follow() == []
    script.cursor = None
    assert len(script.follow()) == 1


@pytest.mark.parametrize("cursor", ["", "nonsense", "c3R1ZHl8YWJjfDF8MXw", "x" * 300])
def test_a_cursor_that_is_none_of_this_feed_begins_anew(
    house: House, bram: Staff, found: Study, script: Follower, cursor: str
) -> None:
    subject(bram, found)
    script.keep("entries")
    round_over(house)
    script.follow()
    script.cursor = cursor
    assert len(script.follow()) == 3
    assert script.resets == 2


def test_a_feed_takes_more_datasets_in_and_one_of_a_restored_copy_begins_anew(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    subject(bram, found)
    script.keep("entries")
    round_over(house)
    script.follow()
    assert script.keep("entries").json["datasets"] == ["entries"]
    assert (script.follow(), script.resets) == ([], 1)
    assert script.keep("intervals").json["datasets"] == ["entries", "intervals"]
    assert script.page()["feed"]["kept_at"] is None
    assert round_over(house)
    assert {(one["op"], one["dataset"]) for one in script.follow()} == {("insert", "intervals")}
    assert script.resets == 1
    part = script.get(datasets="entries").json["items"]
    assert {one["dataset"] for one in part} == {"entries"}
    assert script.get(datasets="entries,nothing").json["pointers"][0]["pointer"] == "/query/datasets"
    with house.unit() as ctx:
        assert study_feeds.renew(ctx.session) == 1
    later(house)
    assert {one["op"] for one in script.follow()} == {"insert"}
    with house.unit() as ctx:  # a copy of the database from before those numbers were given
        ctx.session.execute(update(StudyFeedRow).values(seq=0))
    script.follow()
    assert script.resets == 3


def test_rows_that_an_upgrade_gave_other_columns_are_told_anew(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    subject(bram, found)
    script.keep("entries")
    round_over(house)
    script.follow()
    with house.unit() as ctx:
        ctx.session.execute(update(StudyFeedRow).values(shape="of before"))
    later(house)
    assert len(script.follow()) == 3
    assert script.resets == 2


def test_a_study_without_a_feed_and_one_of_others_have_none(
    house: House, found: Study, script: Follower, bram: Staff
) -> None:
    assert script.get().status_code == 404
    other = Follower(study(house, "Another"))
    assert other.keep().status_code == 200
    assert house.get(other.path, headers=found.dirk.headers).status_code == 404
    assert house.put(other.path, json={}, headers=found.dirk.headers).status_code == 404
    assert house.delete(other.path, headers=found.dirk.headers).status_code == 404
    assert script.keep("nothing").status_code == 422
    assert house.delete(script.path, headers=found.dirk.headers).status_code == 404


def test_a_feed_that_is_ended_leaves_nothing(house: House, bram: Staff, found: Study, script: Follower) -> None:
    subject(bram, found)
    script.keep()
    round_over(house)
    assert house.delete(script.path, headers=found.dirk.headers).status_code == 204
    with house.unit(writes=False) as ctx:
        for table in (StudyFeedRow, FeedPartRow, FeedLineRow):
            assert ctx.session.scalar(select(func.count()).select_from(table)) == 0
    assert not later(house)


def test_one_that_cannot_be_kept_says_so_holds_up_no_other_and_is_tried_again(
    house: House, bram: Staff, found: Study, script: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject(bram, found)
    script.keep("entries")
    other = Follower(study(house, "Another"))
    house.clock.now += timedelta(seconds=1)
    other.keep("entries")
    with monkeypatch.context() as patched:
        patched.setattr(feeding, "_tell", lambda _round, _changed: 1 / 0)
        assert round_over(house)
    assert script.page()["feed"] == {"datasets": ["entries"], "kept_at": None, "trouble": "ZeroDivisionError"}
    assert round_over(house)
    assert other.page()["feed"]["kept_at"] is not None
    assert not round_over(house)
    assert [later(house), round_over(house)] == [True, True]
    assert script.page()["feed"]["trouble"] == ""
    assert len(script.rows) == 3


def test_a_round_whose_keeper_died_is_gone_anew_when_its_lease_has_ended_and_the_dead_can_write_no_more(
    house: House, bram: Staff, found: Study, script: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject(bram, found)
    script.keep("entries")
    lost: list[feeding.Round] = []

    def die(found: feeding.Round, _changed: object) -> None:
        lost.append(found)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(feeding, "_tell", die)
        with pytest.raises(KeyboardInterrupt):
            round_over(house)
    assert not round_over(house)
    house.clock.now += freezing.LEASE + timedelta(seconds=1)
    assert round_over(house)
    assert len(script.follow()) == 3
    with house.app.app_context(), pytest.raises(freezing.Stopped):
        feeding._go_round(lost[0])


def test_two_keepers_at_once_and_a_reader_between_them_miss_nothing(
    house: House, bram: Staff, found: Study, script: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "EVERY", timedelta(0))
    people = [subject(bram, found, days=1) for _ in range(6)]
    script.keep("entries", "intervals", "subjects")
    done = threading.Event()

    def keep_on() -> int:
        rounds = 0
        while not done.is_set():
            rounds += round_over(house)
        return rounds

    with ThreadPoolExecutor(2) as keepers:
        running = [keepers.submit(keep_on) for _ in range(2)]
        try:
            for day in range(3, 11):
                log(house, people[day % 4], range(day, day + 1))
                script.page()
            found.leave(people[5], bram)
            script.page()
        finally:
            done.set()
        assert sum(one.result() for one in running) > 1
    assert later(house)
    script.follow()
    script.check("entries", "intervals", "subjects")
    assert script.resets == 1


def test_reading_is_written_down_for_everybody_who_was_told_of(
    house: House, bram: Staff, found: Study, script: Follower
) -> None:
    anna, bea = subject(bram, found), subject(bram, found)
    script.keep("entries")
    round_over(house)

    def read_of() -> set[UUID | None]:
        with house.unit(writes=False) as ctx:
            mine = select(EventRow.patient_id).where(EventRow.act == "datasets:read", EventRow.patient_id.is_not(None))
            return set(ctx.session.scalars(mine))

    assert read_of() == set()
    script.limit = 1
    script.page()
    assert len(read_of()) == 1
    script.follow()
    assert read_of() == {anna.id, bea.id}


def test_the_client_of_the_docs_keeps_a_copy_in_a_file_and_asks_only_for_what_changed(
    house: House, bram: Staff, found: Study, tmp_path: Path
) -> None:
    anna, leaves = subject(bram, found), subject(bram, found)
    file = tmp_path / "copy.json"
    assert Site(found).copy(found.id, file, ["entries", "intervals"]).update() == []
    round_over(house)
    assert len(Site(found).copy(found.id, file, ["entries", "intervals"]).update()) == 2 * (3 + 3)
    log(house, anna, range(20, 21), rating=9)
    found.leave(leaves, bram)
    later(house)
    copy = Site(found).copy(found.id, file, ["entries", "intervals"])
    assert sorted((one["op"], one["dataset"]) for one in copy.update()) == [
        *[("delete", "entries")] * 3, *[("delete", "intervals")] * 3, ("edit", "intervals"), ("insert", "entries"),
    ]  # fmt: skip
    (pseudonym,) = {row["subject"] for row in copy.rows("entries")}
    assert [row["subject"] for row in found.pull("subjects")] == [pseudonym]
    assert sorted(row["mean_rating"] for row in copy.rows("entries")) == [4, 4, 4, 9]
    assert copy.update() == []
    assert datetime.fromisoformat(copy.kept_at or "") == house.clock.now
    with house.unit() as ctx:
        study_feeds.renew(ctx.session)
    again = Site(found).copy(found.id, file, ["entries", "intervals"])
    assert again.update() == []
    assert len(again.rows("entries")) == 4  # what one has stays until all is read anew


def test_scripts_that_follow_different_datasets_do_not_empty_each_others_copies(
    house: House, bram: Staff, found: Study, tmp_path: Path
) -> None:
    subject(bram, found)
    for _ in range(3):
        first = Site(found).copy(found.id, tmp_path / "first", ["entries"])
        first.update()
        later(house)
        second = Site(found).copy(found.id, tmp_path / "second", ["intervals"])
        second.update()
        later(house)
    assert (len(first.rows("entries")), len(second.rows("intervals"))) == (3, 3)
    assert first.rows("intervals") == second.rows("entries") == []
