"""A researcher's script that keeps a copy of a study's rows by its feed, and holds it against what a pull gives."""

from datetime import timedelta
from typing import Any

from backend.app import db
from backend.domain import cursors
from backend.domain.datasets import DATASETS, KEYS
from backend.services import feeding
from tests.factories.snapshots import acting
from tests.factories.studies import Study
from tests.house import House

Key = tuple[str, str, int]


class Follower:
    """Follows a study's feed; `rows` is the copy of everything that was told and not taken back."""

    def __init__(self, of: Study, limit: int = 500) -> None:
        self.study, self.house, self.limit = of, of.house, limit
        self.path = f"/research/studies/{of.id}/feed"
        self.cursor: str | None = None
        self.rows: dict[Key, dict[str, Any]] = {}
        self.resets = 0
        self.given: set[Key] = set()
        """What earlier pages gave since all had been read."""

    def keep(self, *datasets: str) -> Any:
        """Have the feed kept, and return the answer."""
        return self.house.put(self.path, json={"datasets": list(datasets)}, headers=self.study.dirk.headers)

    def get(self, **query: Any) -> Any:
        """Return the answer to a reading."""
        return self.house.get(self.path, query_string=query, headers=self.study.dirk.headers)

    def page(self) -> dict[str, Any]:
        """Read the next page, and do to the copy what it says."""
        answer = self.get(limit=self.limit, **({"cursor": self.cursor} if self.cursor else {}))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json
        if told["reset"]:
            self.rows.clear()
            self.resets += 1
        for one in told["items"]:
            self._do(one)
        self.cursor = told["cursor"]
        at = cursors.read_of_study(self.cursor)
        if at is not None and at.base == at.seq:
            self.given.clear()
        return told

    def follow(self) -> list[dict[str, Any]]:
        """Read until no more follows, and return all that was told."""
        found = []
        while True:
            told = self.page()
            found += told["items"]
            if not told["more"]:
                return found

    def check(self, *datasets: str) -> None:
        """Hold the copy against a pull of datasets, of every one for none."""
        for dataset in datasets or DATASETS:
            mine = [_texts(row) for (of, _, _), row in self.rows.items() if of == dataset]
            assert sorted(map(repr, mine)) == sorted(map(repr, self.study.pull(dataset))), dataset

    def _do(self, one: dict[str, Any]) -> None:
        assert list(one["key"]) == ["subject", *KEYS[one["dataset"]]]
        key = (one["dataset"], repr(one["key"]), one["nth"])
        if one["op"] == "delete":
            assert one["row"] is None
            known = self.rows.pop(key, None)
            assert known is not None or self.given
        else:
            assert (key in self.rows) == (one["op"] == "edit") or key in self.given, one
            self.rows[key] = one["row"]
        self.given.add(key)


def round_over(house: House) -> bool:
    """Go one round over the study whose turn it is, as a dispatcher does; tell whether there was one."""
    with house.app.app_context():
        return feeding.keep_next(db.engine, lambda session: acting(house, session))


def later(house: House) -> bool:
    """Let the next round come due, and go it."""
    house.clock.now += feeding.EVERY + timedelta(seconds=1)
    return round_over(house)


def _texts(row: dict[str, Any]) -> dict[str, str]:
    return {name: _text(cell) for name, cell in row.items()}


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else f"{cell:.10g}" if isinstance(cell, float) else str(cell)
