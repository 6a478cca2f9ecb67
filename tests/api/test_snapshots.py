"""Snapshots over HTTP: frozen at one moment under a hash, the same bytes ever after, and without who withdrew."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.domain.datasets import DATASETS, KEYS
from backend.domain.fhir.pseudonymous import TYPES
from backend.domain.snapshots import Format
from backend.services import freezing, snapshot_files
from backend.services.snapshots import Withdrawn
from backend.storage.events import EventRow
from backend.storage.snapshots import ChunkRow, PartRow
from tests.factories.chains import chain, dose
from tests.factories.followed import GIVEN, log, subject
from tests.factories.snapshots import Snapshots, build
from tests.factories.studies import Study, study
from tests.house import House, Staff


@pytest.fixture
def found(house: House) -> Study:
    return study(house)


@pytest.fixture
def snapshots(found: Study) -> Snapshots:
    return Snapshots(found)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small file have many chunks."""
    for module in ("backend.services.freezing.CHUNK", "backend.services.snapshots.CHUNK"):
        monkeypatch.setattr(module, 100)


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(), newline=""), strict=True))


def test_a_snapshot_holds_what_a_pull_holds_and_says_what_each_file_is(
    house: House, bram: Staff, found: Study, snapshots: Snapshots
) -> None:
    for _ in range(2):
        subject(bram, found)
    made = snapshots.frozen(formats=[*Format])
    told = snapshots.told(made)
    files = {one["name"]: one for one in told["files"]}
    names = {f"{dataset}.{form}" for dataset in DATASETS for form in ("csv", "jsonl", "parquet", "redcap.csv")}
    about = {"codebook.csv", "codebook.json", "manifest.json", "dictionary.redcap.csv", "study.odm.xml", "views.sql"}
    assert files.keys() == names | about | {f"{kind}.ndjson" for kind in TYPES}
    for name, one in files.items():
        raw = snapshots.file(made, name)
        assert (len(raw), sha256(raw).hexdigest()) == (one["bytes"], one["sha256"])
    for dataset in DATASETS:
        frozen = table(snapshots.file(made, f"{dataset}.csv"))
        assert sorted(map(repr, frozen)) == sorted(map(repr, found.pull(dataset)))
        lines = snapshots.file(made, f"{dataset}.jsonl").decode().splitlines()
        assert files[f"{dataset}.csv"]["rows"] == len(frozen) == len(lines)
    assert (told["done"], told["total"], told["revision"], told["withdrawn"]) == (2, 2, 1, 0)
    manifest = json.loads(snapshots.file(made, "manifest.json"))
    assert manifest["content"] == told["sha256"]
    assert {one["name"]: one["hash"] for one in manifest["files"]} == {
        name: one["sha256"] for name, one in files.items() if name != "manifest.json"
    }
    assert {one["what"] for one in manifest["withheld"]} >= {"identity", "free-text", "dates", "withdrawn"}
    assert manifest["definition"] == told["settings"]


def test_what_was_frozen_stays_byte_for_byte_while_the_record_goes_on(
    house: House, bram: Staff, found: Study, snapshots: Snapshots
) -> None:
    anna = subject(bram, found)
    first, again = snapshots.frozen(["entries"]), snapshots.frozen(["entries"])
    assert snapshots.told(first)["sha256"] == snapshots.told(again)["sha256"]
    before = snapshots.file(first, "entries.csv")
    assert before == snapshots.file(again, "entries.csv")
    log(house, anna, range(10, 12))
    later = snapshots.frozen(["entries"])
    assert snapshots.file(first, "entries.csv") == before
    assert snapshots.told(later)["sha256"] != snapshots.told(first)["sha256"]
    assert len(table(snapshots.file(later, "entries.csv"))) == len(table(before)) + 2


@pytest.mark.promise("P21")
def test_whoever_withdraws_is_gone_at_once_from_what_was_frozen_before(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, small: None
) -> None:
    anna, other = subject(bram, found), subject(bram, found)
    made = snapshots.frozen(["entries", "subjects"], ["csv", "jsonl"])
    gone = {row["subject"] for row in table(snapshots.file(made, "subjects.csv"))}
    sending = iter(snapshots.get(f"/{made}/files/subjects.csv").response)
    assert found.leave(anna, bram).status_code == 200
    refused = snapshots.get(f"/{made}/files/subjects.csv")
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")
    assert (snapshots.told(made)["state"], snapshots.told(made)["files"]) == ("building", [])
    with pytest.raises(Withdrawn):  # the answer that was on its way breaks off
        list(sending)

    assert build(house)
    assert not build(house)
    told = snapshots.told(made)
    assert (told["state"], told["revision"], told["withdrawn"]) == ("ready", 2, 1)
    (left,) = {row["subject"] for row in table(snapshots.file(made, "subjects.csv"))}
    gone.remove(left)
    (withdrawn,) = gone
    for one in told["files"]:
        assert withdrawn.encode() not in snapshots.file(made, one["name"])
    assert {row["subject"] for row in table(snapshots.file(made, "entries.csv"))} == {left}
    manifest = json.loads(snapshots.file(made, "manifest.json"))
    assert manifest["withheld"][-1]["subjects"] == 1
    with house.unit(writes=False) as ctx:
        held = set(ctx.session.scalars(select(PartRow.patient_id)))
        packed = ctx.session.scalar(select(func.count()).select_from(ChunkRow))
    assert held == {other.id}
    assert packed == sum(-(-one["bytes"] // 100) for one in told["files"])


def test_a_download_that_broke_off_goes_on_where_it_was(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, small: None
) -> None:
    subject(bram, found, days=9)
    made = snapshots.frozen(["entries"])
    path, whole = f"/{made}/files/entries.csv", snapshots.file(made, "entries.csv")
    tag = snapshots.get(path).headers["ETag"]
    for start in (1, 99, 100, 250, len(whole) - 1):
        rest = snapshots.get(path, Range=f"bytes={start}-", **{"If-Range": tag})
        assert (rest.status_code, rest.data) == (206, whole[start:])
        assert rest.headers["Content-Range"] == f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        assert rest.headers["Content-Length"] == str(len(whole) - start)
    for other in (f"bytes={len(whole)}-", "bytes=5-9", "bytes=-5", "lines=3-", "bytes=x-"):
        assert snapshots.get(path, Range=other).data == whole
    assert snapshots.get(path, Range="bytes=5-", **{"If-Range": '"other"'}).data == whole


def test_nothing_of_a_snapshot_on_its_way_can_be_taken_and_cancelled_it_leaves_nothing(
    house: House, bram: Staff, found: Study, snapshots: Snapshots
) -> None:
    subject(bram, found)
    made = snapshots.ask(["entries"])
    refused = snapshots.get(f"/{made}/files/entries.csv")
    assert (refused.status_code, refused.json["code"]) == (409, "wrong-state")
    turns = iter([False, False, True])
    assert build(house, lambda: next(turns, True))  # told to end after the rows were read
    assert snapshots.told(made)["state"] == "building"
    assert snapshots.get(f"/{made}/files/entries.csv").status_code == 409
    assert snapshots.act(made, "cancel").json["state"] == "cancelled"
    assert not build(house)
    with house.unit(writes=False) as ctx:
        assert [ctx.session.scalar(select(func.count()).select_from(of)) for of in (PartRow, ChunkRow)] == [0, 0]
    assert snapshots.act(made, "resume").json["state"] == "waiting"
    assert build(house)
    assert snapshots.told(made)["state"] == "ready"
    assert snapshots.act(made, "cancel").status_code == 409
    assert snapshots.act(made, "resume").status_code == 409


def test_one_whose_builder_died_is_taken_over_when_its_lease_has_ended(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject(bram, found)
    made = snapshots.ask(["entries"])

    def die(_build: freezing.Build) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(freezing, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            build(house)
    assert not build(house)
    house.clock.now += freezing.LEASE + freezing.LEASE
    assert build(house)
    assert snapshots.told(made)["state"] == "ready"
    assert len(table(snapshots.file(made, "entries.csv"))) == 3


def test_its_builder_holds_on_while_a_file_takes_all_rows_before_its_first_piece(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        subject(bram, found)
    made = snapshots.ask(["subjects"], ["parquet"])
    monkeypatch.setattr(snapshot_files, "SUBJECTS_TOGETHER", 1)
    held: list[UUID] = []
    hold = freezing.Build.go_on

    def go_on(build: freezing.Build) -> None:
        held.append(build.id)
        hold(build)

    monkeypatch.setattr(freezing.Build, "go_on", go_on)
    build(house)
    assert held == [UUID(made)] * 2


def test_one_that_is_stopped_within_a_file_waits_for_whoever_comes_next_with_all_its_rows(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        subject(bram, found)
    made = snapshots.ask(["entries"], ["parquet"])
    monkeypatch.setattr(snapshot_files, "SUBJECTS_TOGETHER", 1)
    stopped, go_on = list[bool](), freezing.Build.go_on

    def stop(build: freezing.Build) -> None:
        stopped.append(True)
        go_on(build)

    with monkeypatch.context() as patched:
        patched.setattr(freezing.Build, "go_on", stop)
        build(house, lambda: bool(stopped))
    assert snapshots.told(made)["state"] == "building"
    house.clock.now += timedelta(seconds=1)
    assert build(house)
    assert snapshots.told(made)["state"] == "ready"
    assert snapshots.file(made, "entries.parquet")


def test_who_was_too_slow_takes_nothing_from_whoever_took_over(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        subject(bram, found)
    made = snapshots.ask(["entries"], ["parquet"])
    monkeypatch.setattr(snapshot_files, "SUBJECTS_TOGETHER", 1)
    go_on = freezing.Build.go_on

    def slowly(slow: freezing.Build) -> None:
        monkeypatch.setattr(freezing.Build, "go_on", go_on)
        house.clock.now += freezing.LEASE + timedelta(seconds=1)
        assert build(house)
        raise ZeroDivisionError

    monkeypatch.setattr(freezing.Build, "go_on", slowly)
    build(house)
    assert snapshots.told(made)["state"] == "ready"
    assert snapshots.file(made, "entries.parquet")


def test_one_that_cannot_be_built_says_so_and_holds_up_no_other(
    house: House, bram: Staff, found: Study, snapshots: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject(bram, found)
    bad, good = snapshots.ask(["entries"]), snapshots.ask(["subjects"])
    with monkeypatch.context() as patched:
        patched.setattr(freezing, "_read", lambda _build: 1 / 0)
        assert build(house)
    assert (snapshots.told(bad)["state"], snapshots.told(bad)["trouble"]) == ("failed", "ZeroDivisionError")
    assert build(house)
    assert snapshots.told(good)["state"] == "ready"
    assert snapshots.act(bad, "resume").status_code == 200
    assert build(house)
    assert snapshots.told(bad)["state"] == "ready"


def test_the_changes_turn_an_earlier_snapshot_into_the_later(
    house: House, bram: Staff, found: Study, snapshots: Snapshots
) -> None:
    anna, leaves = house.patient(cares_for=[bram]), subject(bram, found)
    treatment = chain(house, anna, GIVEN)
    log(house, anna, range(1, 4))
    found.join(anna, bram)
    first = snapshots.frozen()
    log(house, anna, range(10, 12), rating=9)
    dose(house, anna, treatment, "2026-05-25 09:00")
    found.leave(leaves, bram)
    subject(bram, found)
    assert build(house)  # the first, without who withdrew
    second = snapshots.frozen()
    raw = snapshots.get(f"/{second}/changes?since={first}").data
    told = [json.loads(line) for line in raw.decode().splitlines()]
    assert {one["op"] for one in told} == {"insert", "edit"}
    for dataset in DATASETS:
        held = {_key(row, dataset): row for row in _lines(snapshots.file(first, f"{dataset}.csv"))}
        for one in (one for one in told if one["dataset"] == dataset):
            key = tuple(_text(cell) for cell in one["key"].values())
            assert (key in held) == (one["op"] == "edit")
            held[key] = {name: _text(cell) for name, cell in one["row"].items()}
        after = {_key(row, dataset): row for row in _lines(snapshots.file(second, f"{dataset}.csv"))}
        assert held == after
    assert snapshots.get(f"/{second}/changes?since={second}").data == b""
    back = snapshots.get(f"/{first}/changes?since={second}").data.decode().splitlines()
    assert {json.loads(line)["op"] for line in back} == {"delete", "edit"}


def _lines(raw: bytes) -> Iterator[dict[str, str]]:
    return iter(table(raw))


def _key(row: dict[str, str], dataset: str) -> tuple[str, ...]:
    return tuple(row[name] for name in ("subject", *KEYS[dataset]))


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else str(cell)


def test_changes_between_what_cannot_be_compared_are_refused(house: House, found: Study, snapshots: Snapshots) -> None:
    one, other = snapshots.frozen(["entries"]), snapshots.frozen(["samples"])
    refused = snapshots.get(f"/{one}/changes?since={other}")
    assert (refused.status_code, refused.json["pointers"][0]["pointer"]) == (422, "/query/since")
    assert snapshots.get(f"/{one}/changes?since={uuid4()}").status_code == 404
    assert snapshots.get(f"/{one}/changes").status_code == 422


@pytest.mark.promise("P19")
def test_a_snapshot_of_another_study_is_as_unknown_as_none(house: House, snapshots: Snapshots) -> None:
    other = Snapshots(study(house, name="Other"))
    made = other.frozen(["subjects"])
    below = ("", "/files/subjects.csv", "/cancel")
    for path in below:
        ask = snapshots.house.post if path == "/cancel" else snapshots.house.get
        headers = snapshots.study.dirk.headers
        mine, none = (ask(f"{snapshots.path}/{which}{path}", headers=headers) for which in (made, uuid4()))
        assert (mine.status_code, _said(mine)) == (404, _said(none))
    assert house.delete(f"{other.path}/{made}", headers=other.study.dirk.headers).status_code == 204
    assert other.get(f"/{made}").status_code == 404


def _said(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json.items() if name != "request_id"}


@pytest.mark.promise("P23")
def test_taking_a_file_is_written_down_for_everybody_in_it(
    house: House, bram: Staff, found: Study, snapshots: Snapshots
) -> None:
    anna = subject(bram, found)
    made = snapshots.frozen(["entries"])
    query = select(EventRow.detail).where(EventRow.patient_id == anna.id, EventRow.act == "datasets:read")
    with house.unit(writes=False) as ctx:
        assert list(ctx.session.scalars(query)) == []
    snapshots.file(made, "entries.csv")
    with house.unit(writes=False) as ctx:
        assert list(ctx.session.scalars(query)) == [{"snapshot": made, "file": "entries.csv"}]


def test_only_some_of_a_study_are_on_their_way_at_once(house: House, snapshots: Snapshots) -> None:
    for _ in range(3):
        snapshots.ask()
    refused = house.post(snapshots.path, json={}, headers=snapshots.study.dirk.headers)
    assert (refused.status_code, refused.json["retryable"]) == (429, True)
