"""A phone that syncs, as tests use it: changes of each kind, and calls that follow every page."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.factories.entries import EntryUpload
from tests.factories.responses import ResponseUpload
from tests.house import House, Patient

ZONE = "Europe/Amsterdam"


def put(kind: str, data: dict[str, Any], base_version: int | None = None, id_: str | None = None) -> dict[str, Any]:
    """Return a change that stores a record, its id taken from the data where it stands there."""
    told = dict(data)
    found = told.pop("id", None)
    change = {"op": "put", "type": kind, "id": id_ or found or str(uuid4()), "data": told}
    return change if base_version is None else change | {"base_version": base_version}


def entry(base_version: int | None = None, **told: Any) -> dict[str, Any]:
    """Return a change that logs or corrects an entry."""
    return put("diary-entry", EntryUpload.build(**told), base_version)


def response(**told: Any) -> dict[str, Any]:
    """Return a change that answers a form."""
    return put("response", ResponseUpload.build(**told))


def retraction(change: dict[str, Any], base_version: int = 1, at: str = "2026-06-01T10:00:00+02:00") -> dict[str, Any]:
    """Return a change that takes a record back."""
    told = {"recorded_at": at, "reason": "mistake"}
    return {"op": "retract", "type": change["type"], "id": change["id"], "base_version": base_version, "data": told}


@dataclass
class SyncingPhone:
    """A paired phone of a patient."""

    house: House
    patient: Patient
    cursor: str | None = None
    given: dict[tuple[str, str], Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.headers = self.house.phone(self.patient)

    def call(self, *changes: Any, **told: Any) -> Any:
        """Make one call and return its answer."""
        body = {"cursor": self.cursor, "changes": list(changes), **told}
        made = self.house.post("/me/sync", json=body, headers=self.headers)
        assert made.status_code == 200, made.json
        return made.json

    def sync(self, *changes: Any, **told: Any) -> list[dict[str, Any]]:
        """Sync until nothing is left to pull; return what became of the changes."""
        answer = self.call(*changes, **told)
        results: list[dict[str, Any]] = answer["results"]
        self._take(answer)
        while answer["more"]:
            answer = self.call(**{"limit": told["limit"]} if "limit" in told else {})
            self._take(answer)
        return results

    def of(self, kind: str) -> dict[str, Any]:
        """Return what this phone holds of a kind, by id."""
        return {id_: data for (found, id_), data in self.given.items() if found == kind}

    def _take(self, answer: dict[str, Any]) -> None:
        if answer["reset"]:
            self.given.clear()
        for change in answer["changes"]:
            key = change["type"], change["id"]
            if change["retracted"]:
                self.given.pop(key, None)
            else:
                self.given[key] = change["data"]
        self.cursor = answer["cursor"]
