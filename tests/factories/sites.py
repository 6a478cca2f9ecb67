"""The client of the docs, asking a house of the tests."""

from collections.abc import Iterator
from typing import Any

from uitwerk import Refused, Snapshot, Uitwerk

from tests.factories.snapshots import build
from tests.factories.studies import Study


class Site(Uitwerk):
    """The client of the docs, at the house itself; what it asks for is built at once."""

    def __init__(self, found: Study) -> None:
        super().__init__("", found.dirk.headers["Authorization"].removeprefix("Bearer "))
        self.house = found.house

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Any:
        answer = self.house.client.open(path, method=method, headers={**headers, **self._own()}, data=body)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json or {})
        return answer.status_code, answer.headers, answer.data

    def stream(self, path: str, start: int) -> Iterator[bytes]:
        yield self.ask("GET", f"/api/v1{path}", {}, None)[2]

    def ready(self, made: Snapshot, wait_s: float) -> Snapshot:
        assert build(self.house)
        return self.snapshot(made.study, made.id).ready(wait_s)
