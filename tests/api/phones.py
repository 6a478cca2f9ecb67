"""Phones and their patient's diary as a naive model: what a server ought to hold after any order of deliveries."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

Content = tuple[int, str | None]
"""What an entry says here: how bad the fatigue is, and a note."""


@dataclass
class Record:
    """One entry as the model keeps it: every version it had, the uploads behind them, and what was kept aside."""

    versions: list[Content]
    uploads: list[tuple[int, Content]]
    retracted: bool = False
    aside: set[tuple[int, Content]] = field(default_factory=set)

    @property
    def version(self) -> int:
        """The standing version's number; a tombstone is one more."""
        return len(self.versions) + self.retracted


class Model:
    """The rules in their plainest form, kept apart from the product's own."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}

    def deliver(self, change: dict[str, Any]) -> str:
        """Take one change and return what ought to become of it."""
        record = self.records.get(change["id"])
        if change["op"] == "retract":
            return self._retract(record, change["base_version"])
        base: int | None = change.get("base_version")
        said = told(change)
        if base is None:
            return self._create(change["id"], record, said)
        if record is None:
            return "stale"
        return self._correct(record, base, said)

    def _create(self, id_: str, record: Record | None, said: Content) -> str:
        if record is None:
            self.records[id_] = Record([said], [(0, said)])
            return "created"
        return "duplicate" if record.uploads[0] == (0, said) else "conflict"

    def _retract(self, record: Record | None, base: int) -> str:
        if record is None or base > record.version:
            return "stale"
        record.retracted = True
        return "retracted"

    def _correct(self, record: Record, base: int, said: Content) -> str:
        if record.retracted:
            return "retracted"
        if base > record.version:
            return "stale"
        if base < record.version:
            if (base, said) in record.uploads:
                return "duplicate"
            was, stands = record.versions[base - 1], record.versions[-1]
            if was[0] not in {stands[0], said[0]} and said[0] != stands[0]:
                record.aside.add((base, said))
                return "conflict"
            merged = (stands[0] if said[0] == was[0] else said[0], notes(was[1], stands[1], said[1]))
            if merged == stands:
                return "duplicate"
            record.versions.append(merged)
        else:
            record.versions.append(said)
        record.uploads.append((base, said))
        return "updated"


def notes(was: str | None, stands: str | None, said: str | None) -> str | None:
    """Return what two notes come to."""
    if said in (was, stands):
        return stands
    if stands == was:
        return said
    if said is None or stands is None:
        return stands or said
    return stands if said in stands.split("\n") else f"{stands}\n{said}"


def told(change: dict[str, Any]) -> Content:
    """Return what a change says."""
    return content(change["data"])


def content(data: dict[str, Any]) -> Content:
    """Return what an entry says."""
    return data["ratings"][0]["intensity"], data["note"]


@dataclass
class Phone:
    """One device: what it has still to send, what it was given, and where it is in the feed."""

    headers: dict[str, str]
    queue: list[dict[str, Any]] = field(default_factory=list)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursor: str | None = None

    def take(self, answer: dict[str, Any]) -> None:
        """Take in an answer, as an app does."""
        if answer["reset"]:
            self.known.clear()
        for change in answer["changes"]:
            if change["type"] != "diary-entry":
                continue
            if change["retracted"]:
                self.known.pop(change["id"], None)
            else:
                self.known[change["id"]] = change["data"]
        self.cursor = answer["cursor"]

    def settle(self, sent: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
        """Drop from the queue what was answered, but for what is to be sent again."""
        for change, result in zip(sent, results, strict=True):
            if result["result"] != "stale" and change in self.queue:
                self.queue.remove(change)


def versions_of(items: list[dict[str, Any]], standing: dict[str, Any]) -> list[Content]:
    """Return what each version of an entry said, from its history and as it stands."""
    return [(one["content"]["ratings"][0]["intensity"], one["note"]) for one in items] + [content(standing)]


def ids(count: int) -> list[str]:
    """Return ids of entries, the same ones every time."""
    return [str(UUID(int=number + 1)) for number in range(count)]
