"""The files of a snapshot: which there are, what each holds, and the manifest that names them all."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain import codebook
from backend.domain.datasets import DATASETS
from backend.domain.export import as_csv, as_jsonl, lines
from backend.domain.snapshots import Format, thawed, withheld
from backend.domain.study_days import Days
from backend.services import parquet
from backend.services.digest_mark import mark
from backend.storage import snapshots

CHUNK = 256 * 1024
"""So many bytes of a file are kept, and sent, together."""
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """A file to be made: its name, form, dataset (empty for what is about all), rows, and its bytes in pieces."""

    name: str
    format: str
    dataset: str
    rows: int
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Made:
    """A file that was made: its size in bytes and its SHA-256 in hexadecimals."""

    name: str
    format: str
    dataset: str
    rows: int
    bytes: int
    hash: str


def of(session: Session, snapshot_id: UUID, datasets: Sequence[str], formats: Sequence[str]) -> Iterator[Plan]:
    """Yield the files of a snapshot one after another; each has to be taken whole before the next."""
    yield Plan("codebook.csv", Format.CSV, "", 0, iter([as_csv([codebook.HEADER, *codebook.rows()])]))
    yield Plan("codebook.json", "json", "", 0, iter([_json(codebook.document())]))
    for dataset in datasets:
        rows = snapshots.rows_of(session, snapshot_id, dataset)
        for form in formats:
            bodies = (zlib.decompress(body) for _, _, body in snapshots.parts(session, snapshot_id, dataset))
            yield Plan(f"{dataset}.{form}", form, dataset, rows, _WRITERS[Format(form)](dataset, bodies))


def content_hash(session: Session, snapshot_id: UUID, datasets: Sequence[str]) -> str:
    """Return the hash of all rows, whatever files are made of them: two snapshots of the same rows have the same."""
    digest = sha256()
    for dataset in sorted(datasets):
        digest.update(_json([dataset, [column.name for column in DATASETS[dataset]]]))
        for pseudonym, _, body in snapshots.parts(session, snapshot_id, dataset):
            digest.update(pseudonym.encode() + b"\n" + zlib.decompress(body))
    return digest.hexdigest()


def definition(days: Days) -> dict[str, Any]:
    """Return the definition set: all that rows were reckoned with, so that it can be told why two differ."""
    book = codebook.document()
    told = {"days": days.value, "settings": book["settings"], "code_book_sha256": sha256(_json(book)).hexdigest()}
    return {**told, "uitwerk": version("uitwerk"), "code": mark()}


def manifest(
    told: Mapping[str, Any], days: Days, datasets: Sequence[str], made: Sequence[Made], withdrawn: int
) -> Plan:
    """Return the manifest: what was frozen when, by which definitions, every file with its hash, what is withheld."""
    files = [asdict(one) for one in made]
    missing = withheld(tells_dates=days is Days.CALENDAR, withdrawn=withdrawn)
    whole = {**told, "definition": definition(days), "datasets": datasets, "files": files, "withheld": missing}
    return Plan(MANIFEST, "json", "", 0, iter([_json(whole)]))


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def _csv(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    columns = DATASETS[dataset]
    yield lines(columns, [{column.name: column.name for column in columns}])
    for body in bodies:
        yield as_csv(thawed(dataset, body))


def _jsonl(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    for body in bodies:
        yield as_jsonl(DATASETS[dataset], thawed(dataset, body))


_WRITERS = {Format.CSV: _csv, Format.JSONL: _jsonl, Format.PARQUET: parquet.written}
