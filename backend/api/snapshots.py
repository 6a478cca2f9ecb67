"""Snapshots over HTTP: a study's datasets frozen under a hash, their files, and what changed between two."""

from typing import Any
from uuid import UUID

from marshmallow import Schema

from backend.api import fields
from backend.api.downloads import sent
from backend.api.endpoint import Answer, Room
from backend.domain.datasets import DATASETS
from backend.domain.fhir.pseudonymous import TYPES
from backend.domain.snapshots import Format, State
from backend.services import snapshots
from backend.services.context import Context

room = Room("snapshots")
_ONE = "/research/studies/<uuid:study_id>/snapshots/<uuid:snapshot_id>"


class SnapshotIn(Schema):
    """What to freeze: some datasets or all of them, in which forms; of the form `fhir` some types or all of them."""

    datasets = fields.Many(fields.Words(*DATASETS), most=len(DATASETS), load_default=list)
    resources = fields.Many(fields.Words(*TYPES), most=len(TYPES), load_default=list)
    formats = fields.Many(fields.Words(*Format), most=len(Format), fewest=1, load_default=lambda: ["csv"])


class FileOut(Schema):
    """One file: its size in bytes, and its SHA-256 in hexadecimals."""

    name = fields.Text(60, required=True)
    format = fields.Text(10, required=True)
    rows = fields.Integer(0, 2**53, required=True)
    bytes = fields.Integer(0, 2**53, required=True)
    sha256 = fields.Text(64, required=True)


class SnapshotOut(Schema):
    """A snapshot: how far it is (subjects done, of how many), and its files once it is ready.

    `sha256` is that of all rows: the same whenever the rows are. `settings` is the definition set they were reckoned
    with, `revision` how often files were made: once more after each withdrawal.
    """

    id = fields.Id(required=True)
    study_id = fields.Id(required=True)
    asked_at = fields.Instant(required=True)
    datasets = fields.Many(fields.Words(*DATASETS), most=len(DATASETS), required=True)
    resources = fields.Many(fields.Words(*TYPES), most=len(TYPES), required=True)
    formats = fields.Many(fields.Words(*Format), most=len(Format), required=True)
    settings = fields.Anything(required=True)
    state = fields.Words(*State, required=True)
    trouble = fields.Text(60, shortest=0, required=True)
    done = fields.Integer(0, 2**31 - 1, required=True)
    total = fields.Integer(0, 2**31 - 1, required=True)
    withdrawn = fields.Integer(0, 2**31 - 1, required=True)
    revision = fields.Integer(0, 2**31 - 1, required=True)
    sha256 = fields.Text(64, shortest=0, required=True)
    taken_at = fields.Instant(required=True, allow_none=True)
    ready_at = fields.Instant(required=True, allow_none=True)
    files = fields.Many(fields.Part(FileOut), most=200, required=True)


class SnapshotList(Schema):
    """Snapshots of a study, the newest first."""

    items = fields.Many(fields.Part(SnapshotOut), most=10_000, required=True)


class SinceIn(Schema):
    """The earlier snapshot to tell the changes from."""

    since = fields.Id(required=True)


@room.route(
    "POST", "/research/studies/<uuid:study_id>/snapshots", permission="datasets:read", takes=SnapshotIn,
    gives=SnapshotOut, status=202, problems=(422, 429),
)  # fmt: skip
def freeze_datasets(ctx: Context, study_id: UUID, data: dict[str, Any]) -> snapshots.Snapshot:
    """Ask for a snapshot of a study's datasets; it is built in the background."""
    return snapshots.ask(ctx, study_id, data["datasets"], data["formats"], data["resources"])


@room.route(
    "GET", "/research/studies/<uuid:study_id>/snapshots", permission="datasets:read", gives=SnapshotList
)  # fmt: skip
def list_snapshots(ctx: Context, study_id: UUID) -> dict[str, Any]:
    """List the snapshots of a study, the newest first."""
    return {"items": snapshots.of_study(ctx, study_id)}


@room.route("GET", _ONE, permission="datasets:read", gives=SnapshotOut)
def get_snapshot(ctx: Context, study_id: UUID, snapshot_id: UUID) -> snapshots.Snapshot:
    """See how far a snapshot is, and which files it has."""
    return snapshots.one(ctx, study_id, snapshot_id)


@room.route("POST", f"{_ONE}/cancel", permission="datasets:read", gives=SnapshotOut, problems=(409,))
def cancel_snapshot(ctx: Context, study_id: UUID, snapshot_id: UUID) -> snapshots.Snapshot:
    """Stop building a snapshot."""
    return snapshots.cancel(ctx, study_id, snapshot_id)


@room.route("POST", f"{_ONE}/resume", permission="datasets:read", gives=SnapshotOut, problems=(409,))
def resume_snapshot(ctx: Context, study_id: UUID, snapshot_id: UUID) -> snapshots.Snapshot:
    """Build a snapshot after all that was cancelled or failed."""
    return snapshots.resume(ctx, study_id, snapshot_id)


@room.route("DELETE", _ONE, permission="datasets:read", status=204)
def discard_snapshot(ctx: Context, study_id: UUID, snapshot_id: UUID) -> None:
    """Delete a snapshot with its files."""
    snapshots.discard(ctx, study_id, snapshot_id)


@room.route(
    "GET", f"{_ONE}/files/<string:name>", permission="datasets:read", media="application/octet-stream",
    also=(206,), problems=(409,),
)  # fmt: skip
def download_file(ctx: Context, study_id: UUID, snapshot_id: UUID, name: str) -> Answer:
    """Take a file of a snapshot, or what is left of it (`Range: bytes=<start>-`)."""
    found = snapshots.download(ctx, study_id, snapshot_id, name)
    return sent(found)


@room.route(
    "GET",
    f"{_ONE}/changes",
    permission="datasets:read",
    asks=SinceIn,
    media="application/octet-stream",
    problems=(409,),
)
def pull_changes(ctx: Context, study_id: UUID, snapshot_id: UUID, query: dict[str, Any]) -> Answer:
    """Pull what changed since an earlier snapshot: inserts, edits and deletions, one JSON object a line."""
    return Answer(raw=snapshots.changes(ctx, study_id, snapshot_id, query["since"]))
