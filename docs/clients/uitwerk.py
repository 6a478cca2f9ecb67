"""Pull frozen research data from Uitwerk: one file, standard library only, Python 3.10 or newer.

    from uitwerk import Uitwerk
    site = Uitwerk("https://diary.example", token)     # a key made on the research page, or a log-in's access token
    study = site.studies()[0]["id"]
    frozen = site.freeze(study, ["intervals", "answers"])
    for row in frozen.rows("intervals"):
        print(row["subject"], row["planned_weeks"], row["diary_wearing_off"])

Every file is held against the SHA-256 its snapshot names; a download that breaks off goes on where it was.
"""

import hashlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

API = "/api/v1"
TRIES = 5
Row = dict[str, Any]


class Refused(Exception):
    """The server said no: `status`, `code`, and what it told."""

    def __init__(self, status: int, told: dict[str, Any]) -> None:
        super().__init__(f"{status} {told.get('code', '')}: {told.get('detail') or told.get('title', '')}")
        self.status, self.code, self.told = status, told.get("code", ""), told


class Broken(Exception):
    """What arrived is not what the snapshot says it is."""


class Uitwerk:
    """An installation, asked by one researcher."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self._token = url.rstrip("/"), token

    def studies(self) -> list[Row]:
        """Return the studies one was admitted to."""
        found: list[Row] = self.get("/research/studies")["items"]
        return found

    def snapshots(self, study: str) -> list["Snapshot"]:
        """Return a study's snapshots, the newest first."""
        return [Snapshot(self, study, one) for one in self.get(f"/research/studies/{study}/snapshots")["items"]]

    def snapshot(self, study: str, snapshot: str) -> "Snapshot":
        """Return one snapshot of a study."""
        return Snapshot(self, study, self.get(f"/research/studies/{study}/snapshots/{snapshot}"))

    def freeze(
        self, study: str, datasets: Sequence[str] = (), formats: Sequence[str] = ("csv", "jsonl"), wait_s: float = 3600
    ) -> "Snapshot":
        """Freeze datasets of a study (none: all of them) and return the snapshot once it is ready."""
        body = {"datasets": list(datasets), "formats": list(formats)}
        return self.ready(Snapshot(self, study, self.post(f"/research/studies/{study}/snapshots", body)), wait_s)

    def ready(self, made: "Snapshot", wait_s: float) -> "Snapshot":
        """Return a snapshot once it can be downloaded. Raises Broken."""
        return made.ready(wait_s)

    def copy(self, study: str, file: str | Path, datasets: Sequence[str] = ()) -> "Copy":
        """Return one's own copy of a study's rows in a file, kept up to date by the study's feed of some datasets."""
        self.put(f"/research/studies/{study}/feed", {"datasets": list(datasets)})
        return Copy(self, study, Path(file), datasets)

    def get(self, path: str) -> Any:
        """Return what an address below /api/v1 says."""
        return json.loads(self.ask("GET", API + path, {}, None)[2])

    def post(self, path: str, body: Any = None) -> Any:
        """Send something to an address below /api/v1 and return the answer."""
        return self._send("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        """Put something at an address below /api/v1 and return the answer."""
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Any) -> Any:
        raw = json.dumps(body if body is not None else {}).encode()
        return json.loads(self.ask(method, API + path, {"Content-Type": "application/json"}, raw)[2] or b"null")

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Any:
        """Return status, headers and body of one request. Raises Refused."""
        request = urllib.request.Request(self.url + path, body, {**headers, **self._own()}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _told(error.read())) from None

    def stream(self, path: str, start: int) -> Iterator[bytes]:
        """Yield an address below /api/v1 from a byte on. Raises Refused, and OSError where it breaks off."""
        asked = {**self._own(), **({"Range": f"bytes={start}-"} if start else {})}
        request = urllib.request.Request(self.url + API + path, headers=asked)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                if start and answer.status != 206:
                    raise Broken("the server began the file anew")
                while piece := answer.read(1 << 16):
                    yield piece
        except urllib.error.HTTPError as error:
            raise Refused(error.code, _told(error.read())) from None

    def _own(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}


class Snapshot:
    """A study's datasets as they stood at one moment; `told` is all that the server says of it."""

    def __init__(self, site: Uitwerk, study: str, told: Row) -> None:
        self._site, self.study, self.told, self.id = site, study, told, told["id"]

    @property
    def path(self) -> str:
        """Its address below /api/v1."""
        return f"/research/studies/{self.study}/snapshots/{self.id}"

    @property
    def sha256(self) -> str:
        """The hash of all rows: the same for two snapshots of the same rows."""
        return str(self.told["sha256"])

    def ready(self, wait_s: float = 3600, every_s: float = 0.5) -> "Snapshot":
        """Wait until it can be downloaded. Raises Broken when it failed or was cancelled, or takes too long."""
        until = time.monotonic() + wait_s
        while self.told["state"] in {"waiting", "building"}:
            if time.monotonic() > until:
                raise Broken(f"still {self.told['state']} after {wait_s} s")
            time.sleep(every_s)
            self.told = self._site.get(self.path)
        if self.told["state"] != "ready":
            raise Broken(f"{self.told['state']} {self.told['trouble']}")
        return self

    def save(self, name: str, folder: str | Path = ".") -> Path:
        """Download a file, or the rest of it, hold it against its SHA-256, and return where it is."""
        about = next((one for one in self.told["files"] if one["name"] == name), None)
        if about is None:
            raise Broken(f"there is no file {name}; there are {[one['name'] for one in self.told['files']]}")
        part, whole = Path(folder) / f"{name}.part", Path(folder) / name
        for tried in range(TRIES):
            start = part.stat().st_size if part.exists() else 0
            try:
                with part.open("ab") as file:
                    for piece in self._site.stream(f"{self.path}/files/{name}", start if start < about["bytes"] else 0):
                        file.write(piece)
                break
            except OSError:
                if tried + 1 == TRIES:
                    raise
        found = hashlib.sha256(part.read_bytes()).hexdigest()
        if found != about["sha256"]:
            part.unlink()
            raise Broken(f"{name} is not what the snapshot says it is")
        part.replace(whole)
        return whole

    def rows(self, dataset: str, folder: str | Path | None = None) -> list[Row]:
        """Return the rows of a dataset with their types: numbers, true and false, None where nothing is."""
        if folder is not None:
            raw = self.save(f"{dataset}.jsonl", folder).read_bytes()
        else:
            raw = b"".join(self._site.stream(f"{self.path}/files/{dataset}.jsonl", 0))
            self._check(f"{dataset}.jsonl", raw)
        return [json.loads(line) for line in raw.splitlines()]

    def manifest(self) -> Row:
        """Return the manifest: definitions, files with their hashes, and what is withheld and why."""
        told: Row = json.loads(b"".join(self._site.stream(f"{self.path}/files/manifest.json", 0)))
        return told

    def changes(self, since: str) -> Iterator[Row]:
        """Yield what became of each row since an earlier snapshot: `op` insert, edit or delete, `key`, `row`."""
        held = b""
        for piece in self._site.stream(f"{self.path}/changes?since={since}", 0):
            *lines, held = (held + piece).split(b"\n")
            for line in lines:
                yield json.loads(line)

    def _check(self, name: str, raw: bytes) -> None:
        about = next(one for one in self.told["files"] if one["name"] == name)
        if hashlib.sha256(raw).hexdigest() != about["sha256"]:
            raise Broken(f"{name} is not what the snapshot says it is")


class Copy:
    """Rows of a study in a file of one's own; `update` does to them what changed since it was last called.

    `kept_at` says of which moment they are; None until the server has read them for the first time, within minutes.
    """

    def __init__(self, site: Uitwerk, study: str, file: Path, datasets: Sequence[str] = ()) -> None:
        self._site, self.study, self.file, self.datasets = site, study, file, sorted(datasets)
        held = json.loads(file.read_text("utf-8")) if file.exists() else {}
        if held.get("datasets") != self.datasets:
            held = {}
        self.cursor: str | None = held.get("cursor")
        self.kept_at: str | None = held.get("kept_at")
        self._rows: dict[str, Row] = held.get("rows", {})

    def update(self) -> list[Row]:
        """Read what changed, do it, keep it in the file, and return it: `op` insert, edit or delete, `key`, `row`."""
        told: Row = {"more": True}
        found: list[Row] = []
        while told["more"]:
            query = [("limit", "500"), ("datasets", ",".join(self.datasets)), ("cursor", self.cursor or "")]
            asked = "&".join(f"{name}={value}" for name, value in query if value)
            told = self._site.get(f"/research/studies/{self.study}/feed?{asked}")
            if told["feed"]["kept_at"] is None:  # not read yet, or being read anew: what one has stays
                break
            if told["reset"]:  # another feed than before: nothing that was given counts
                self._rows, found = {}, []
            for one in told["items"]:
                self._do(one)
            found += told["items"]
            self.cursor, self.kept_at = told["cursor"], told["feed"]["kept_at"]
        part = self.file.with_name(f"{self.file.name}.part")
        held = {"cursor": self.cursor, "kept_at": self.kept_at, "datasets": self.datasets, "rows": self._rows}
        part.write_text(json.dumps(held), "utf-8")
        part.replace(self.file)
        return found

    def rows(self, dataset: str) -> list[Row]:
        """Return the rows of a dataset as they were when it was last brought up to date."""
        return [row for key, row in self._rows.items() if json.loads(key)[0] == dataset]

    def _do(self, one: Row) -> None:
        key = json.dumps([one["dataset"], one["key"], one["nth"]])
        if one["op"] == "delete":
            self._rows.pop(key, None)
        else:
            self._rows[key] = one["row"]


def _told(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
