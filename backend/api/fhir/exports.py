"""Bulk export: a study as a Group, its FHIR snapshot kicked off, waited for, taken and let go.

The Bulk Data Access guide, version 2 (hl7.org/fhir/uv/bulkdata/STU2/export.html), over the snapshots of `/api/v1`.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import request

from backend.api.downloads import sent
from backend.api.endpoint import Answer, Room
from backend.api.fhir import parameters
from backend.domain.errors import ClinicError
from backend.domain.fhir.pseudonymous import TYPES
from backend.domain.snapshots import Format, State
from backend.services import snapshots
from backend.services.context import Context
from backend.services.fhir.reports import base
from backend.services.snapshots import Snapshot

NDJSON = "application/fhir+ndjson"
FORMATS = frozenset({NDJSON, "application/ndjson", "ndjson"})
PERMISSION = snapshots.PERMISSION
WAIT_S = 10
"""So many seconds pass before it is worth asking again."""
_TYPE, _OUTPUT = "_type", "_outputFormat"
_UNSUPPORTED: Mapping[str, str] = {
    "_since": "Not supported: what is exported does not tell when it changed. Export the whole."
}

room = Room("fhir")
_GROUP = "/Group/<uuid:study_id>/$export"
_ONE = f"{_GROUP}/<uuid:export_id>"


@room.route("GET", _GROUP, permission=PERMISSION, status=202, media=parameters.JSON, writes=True)
def fhir_kick_off_export(ctx: Context, study_id: UUID) -> Answer:
    """Ask for all that leaves of a study's subjects as FHIR; it is built in the background."""
    parameters.negotiated()
    if not parameters.prefers("respond-async"):
        why = "Must be respond-async: an export is never answered at once."
        raise ClinicError("bad-request", why, {"/header/Prefer": why})
    kinds = _understood()
    made = snapshots.ask(ctx, study_id, (), [Format.FHIR], kinds)
    # The address to ask at keeps the query, so that the manifest can name the whole request.
    return Answer(status=202, headers={"Content-Location": f"{_address(ctx, study_id)}/{made.id}{_query()}"})


@room.route("GET", _ONE, permission=PERMISSION, also=(202,))
def fhir_export_status(ctx: Context, study_id: UUID, export_id: UUID) -> Answer:
    """Say how far an export is, or which files it has."""
    parameters.negotiated()
    found = _export(ctx, study_id, export_id)
    if found.state == State.READY:
        return Answer(_manifest(_address(ctx, study_id), found))
    if found.state == State.FAILED:
        raise ClinicError("internal", "The export failed and is not tried again; ask for another.")
    if found.state == State.CANCELLED:
        raise ClinicError("not-found")
    told = f"{found.state}: {found.done} of {found.total} subjects" if found.total else found.state
    return Answer(status=202, headers={"X-Progress": told, "Retry-After": str(WAIT_S)})


@room.route("DELETE", _ONE, permission=PERMISSION, status=202)
def fhir_cancel_export(ctx: Context, study_id: UUID, export_id: UUID) -> None:
    """Stop an export, or let go of its files."""
    snapshots.discard(ctx, study_id, _export(ctx, study_id, export_id).id)


@room.route("GET", f"{_ONE}/<string:name>", permission=PERMISSION, media=NDJSON, also=(206,))
def fhir_export_file(ctx: Context, study_id: UUID, export_id: UUID, name: str) -> Answer:
    """Take a file of an export, one resource a line, or what is left of it."""
    found = snapshots.download(ctx, study_id, export_id, name)
    if found.file.format != Format.FHIR:
        raise ClinicError("not-found")
    return sent(found)


def _understood() -> Sequence[str]:
    """Return the types that are asked for, none for all; raises ClinicError `bad-request` for what is not served."""
    said = parameters.told()
    wrong = {name: _UNSUPPORTED.get(name, "Not supported.") for name in said}
    for name in (_TYPE, _OUTPUT, parameters.FORMAT):
        wrong.pop(name, None)
    kinds = [kind for value in said.get(_TYPE, ()) for kind in value.split(",")]
    if unknown := sorted({kind[:60] for kind in kinds} - {*TYPES}):
        wrong[_TYPE] = f"Not exported: {', '.join(unknown)}. There are {', '.join(TYPES)}."
    if any(value.replace(" ", "+") not in FORMATS for value in said.get(_OUTPUT, ())):
        wrong[_OUTPUT] = f"Only {NDJSON}."
    if wrong:
        pointers = {f"/query/{name[:60]}": why for name, why in sorted(wrong.items())}
        raise ClinicError("bad-request", "This export is not served.", pointers)
    return [kind for kind in TYPES if kind in kinds]


def _export(ctx: Context, study_id: UUID, export_id: UUID) -> Snapshot:
    """Return a snapshot of a study that holds FHIR. Raises ClinicError `not-found`."""
    found = snapshots.one(ctx, study_id, export_id)
    if not found.resources:
        raise ClinicError("not-found")
    return found


def _manifest(address: str, found: Snapshot) -> dict[str, Any]:
    """Return what was exported; a type of which there is nothing is left out, as the guide says it should be."""
    here = f"{address}/{found.id}"
    return {
        "transactionTime": found.taken_at and found.taken_at.isoformat(),
        "request": f"{address}{_query()}",
        "requiresAccessToken": True,
        "output": [
            {"type": file.name.removesuffix(".ndjson"), "url": f"{here}/{file.name}", "count": file.rows}
            for file in found.files
            if file.format == Format.FHIR and file.rows
        ],
        "error": [],
    }


def _query() -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"?{query}" if query else ""


def _address(ctx: Context, study_id: UUID) -> str:
    return f"{base(ctx)}/Group/{study_id}/$export"
