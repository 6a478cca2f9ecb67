"""Snapshots for tests: asked for over HTTP, built as a dispatcher builds them, and their files taken."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from backend.app import db
from backend.services import freezing
from tests.factories.studies import Study
from tests.house import House


class Snapshots:
    """The snapshots of a study."""

    def __init__(self, of: Study) -> None:
        self.study, self.house = of, of.house
        self.path = f"/research/studies/{of.id}/snapshots"

    def ask(self, datasets: Sequence[str] = (), formats: Sequence[str] = ("csv",)) -> str:
        """Ask for one, a second after whatever was asked before, and return its id."""
        self.house.clock.now += timedelta(seconds=1)
        body = {"datasets": list(datasets), "formats": list(formats)}
        answer = self.house.post(self.path, json=body, headers=self.study.dirk.headers)
        assert answer.status_code == 202, answer.text
        return str((answer.json or {})["id"])

    def get(self, below: str = "", **headers: str) -> Any:
        """Return the answer to what is below a study's snapshots."""
        return self.house.get(f"{self.path}{below}", headers=self.study.dirk.headers | headers)

    def told(self, snapshot: str) -> dict[str, Any]:
        """Return how one stands."""
        found: dict[str, Any] = self.get(f"/{snapshot}").json
        return found

    def act(self, snapshot: str, act: str) -> Any:
        """Cancel one, or resume it."""
        return self.house.post(f"{self.path}/{snapshot}/{act}", headers=self.study.dirk.headers)

    def frozen(self, datasets: Sequence[str] = (), formats: Sequence[str] = ("csv",)) -> str:
        """Ask for one, let it be built, and return its id."""
        made = self.ask(datasets, formats)
        build(self.house)
        assert self.told(made)["state"] == "ready", self.told(made)
        return made

    def file(self, snapshot: str, name: str) -> bytes:
        """Return a file."""
        answer = self.get(f"/{snapshot}/files/{name}")
        assert answer.status_code == 200, answer.text
        raw: bytes = answer.data
        return raw


def build(house: House, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Build what waits, as a dispatcher does; tell whether something did."""
    with house.app.app_context():
        return freezing.freeze_next(db.engine, lambda session: acting(house, session), stopping)


def acting(house: House, session: Any) -> Any:
    """Return the surroundings of what a dispatcher does in a session."""
    return replace(house.app.extensions["uitwerk"].context("freezing"), session=session)
