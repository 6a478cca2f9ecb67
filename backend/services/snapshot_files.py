"""The files of a snapshot: which there are, what each holds, and the manifest that names them all."""

import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from backend.domain import codebook, odm, redcap_records, sql_views
from backend.domain.datasets import DATASETS
from backend.domain.export import as_csv, as_jsonl, lines
from backend.domain.fhir import pseudonymous
from backend.domain.snapshots import Cell, Format, thawed, withheld
from backend.domain.study_days import Days
from backend.services import parquet
from backend.services.digest_mark import mark
from backend.services.narrowing import SMALL_CELLS, SUBJECTS
from backend.storage import snapshots
from backend.storage.snapshots import SnapshotRow

CHUNK = 256 * 1024
"""So many bytes of a file are kept, and sent, together."""
ROWS_TOGETHER = 1000
"""So many rows of a file are written together: somebody may have thousands."""
SUBJECTS_TOGETHER = 20
"""After the rows of so many subjects it is said that it goes on."""
MANIFEST = "manifest.json"
_DOSES = "MedicationAdministration"


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


def of(session: Session, row: SnapshotRow, go_on: Callable[[], None]) -> Iterator[Plan]:
    """Yield the files of a snapshot one after another; each has to be taken whole before the next.

    A file may need all rows before its first piece: `go_on` is called now and then as they are read.
    """
    yield Plan("codebook.csv", Format.CSV, "", 0, iter([as_csv([codebook.HEADER, *codebook.rows()])]))
    yield Plan("codebook.json", "json", "", 0, iter([_json(codebook.document())]))
    for dataset in row.datasets:
        rows = snapshots.rows_of(session, row.id, dataset)
        for form, (ending, written) in _WRITERS.items():
            if form in row.formats:
                yield Plan(
                    f"{dataset}.{ending}", form, dataset, rows, written(dataset, _bodies(session, row, dataset, go_on))
                )
    if {Format.CSV, Format.PARQUET} & {*row.formats}:
        views = sql_views.script(row.datasets, parquet=Format.CSV not in row.formats)
        yield Plan("views.sql", "sql", "", 0, iter([views.encode()]))
    yield from _resources(session, row)
    if Format.REDCAP in row.formats:
        yield Plan("dictionary.redcap.csv", Format.REDCAP, "", 0, iter([redcap_records.dictionary(row.datasets)]))
    if Format.ODM in row.formats:
        yield Plan("study.odm.xml", Format.ODM, "", 0, _odm(session, row))


def _bodies(session: Session, row: SnapshotRow, dataset: str, go_on: Callable[[], None]) -> Iterator[bytes]:
    with closing(snapshots.parts(session, row.id, dataset)) as parts:
        for number, (_, _, body) in enumerate(parts, 1):
            yield zlib.decompress(body)
            if number % SUBJECTS_TOGETHER == 0:
                go_on()


def _odm(session: Session, row: SnapshotRow) -> Iterator[bytes]:
    told = groupby(snapshots.by_subject(session, row.id, row.datasets), key=itemgetter(0))
    subjects = ((who, ((dataset, zlib.decompress(body)) for _, dataset, body in parts)) for who, parts in told)
    made_at = row.taken_at.isoformat() if row.taken_at else ""
    return odm.document(row.datasets, subjects, oid=str(row.id), study=str(row.study_id), made_at=made_at)


def _resources(session: Session, row: SnapshotRow) -> Iterator[Plan]:
    """Yield a file for each FHIR type that was asked for; what several subjects point at stands in it once."""
    for kind in row.resources:
        bodies = (body for _, _, body in snapshots.parts(session, row.id, pseudonymous.part(kind)))
        if kind in pseudonymous.SHARED:
            once = sorted({line for body in bodies for line in zlib.decompress(body).splitlines(keepends=True)})
            yield Plan(f"{kind}.ndjson", Format.FHIR, "", len(once), iter(once))
        else:
            rows = snapshots.rows_of(session, row.id, pseudonymous.part(kind))
            yield Plan(f"{kind}.ndjson", Format.FHIR, "", rows, (piece for body in bodies for piece in _unpacked(body)))


def _unpacked(body: bytes) -> Iterator[bytes]:
    """Yield what was packed in pieces of at most a chunk: a diary of years is many megabytes of FHIR."""
    unpacking = zlib.decompressobj()
    while piece := unpacking.decompress(body, CHUNK):
        yield piece
        body = unpacking.unconsumed_tail


def content_hash(session: Session, snapshot_id: UUID, datasets: Sequence[str], resources: Sequence[str] = ()) -> str:
    """Return the hash of all rows, whatever files are made of them: two snapshots of the same rows have the same.

    FHIR resources say the same in another form, and only count where nothing else was asked for.
    """
    digest = sha256()
    for kind in sorted(resources if not datasets else ()):
        for pseudonym, _, body in snapshots.parts(session, snapshot_id, pseudonymous.part(kind)):
            digest.update(f"{kind} {pseudonym}\n".encode() + zlib.decompress(body))
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


def manifest(session: Session, told: Mapping[str, Any], days: Days, row: SnapshotRow, made: Sequence[Made]) -> Plan:
    """Return the manifest: what was frozen when, by which definitions, every file with its hash, what is withheld."""
    files = [asdict(one) for one in made]
    small = snapshots.rows_of(session, row.id, SMALL_CELLS) if SUBJECTS in row.datasets else None
    doses = _DOSES in row.resources
    missing = withheld(tells_dates=days is Days.CALENDAR, withdrawn=row.withdrawn, doses=doses, small=small)
    held = {"datasets": row.datasets, "resources": row.resources}
    whole = {**told, "definition": definition(days), **held, "files": files, "withheld": missing}
    return Plan(MANIFEST, "json", "", 0, iter([_json(whole)]))


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode() + b"\n"


def _csv(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    columns = DATASETS[dataset]
    yield lines(columns, [{column.name: column.name for column in columns}])
    for rows in _some(dataset, bodies):
        yield as_csv(rows)


def _jsonl(dataset: str, bodies: Iterator[bytes]) -> Iterator[bytes]:
    for rows in _some(dataset, bodies):
        yield as_jsonl(DATASETS[dataset], rows)


def _some(dataset: str, bodies: Iterator[bytes]) -> Iterator[list[list[Cell]]]:
    """Yield the rows of bodies, so many at a time."""
    for body in bodies:
        rows = thawed(dataset, body)
        while some := list(islice(rows, ROWS_TOGETHER)):
            yield some


_WRITERS: Mapping[Format, tuple[str, Callable[[str, Iterator[bytes]], Iterator[bytes]]]] = {
    Format.CSV: ("csv", _csv),
    Format.JSONL: ("jsonl", _jsonl),
    Format.PARQUET: ("parquet", parquet.written),
    Format.REDCAP: ("redcap.csv", redcap_records.records),
}
"""For each form of a single dataset the ending of its name, and what writes it."""
