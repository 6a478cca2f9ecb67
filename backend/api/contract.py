"""All rooms of the API, the contract they make together, and its readable page."""

from functools import cache
from importlib.metadata import version
from typing import Any

from flask import Flask, Response

from backend.api import (
    access,
    access_log,
    assignments,
    bootstrap,
    callbacks,
    care,
    catalogue,
    checklists,
    claims,
    cohort,
    consents,
    decisions,
    definitions,
    devices,
    dose_previews,
    doses,
    emergency,
    findings,
    health,
    history,
    instruments,
    intake,
    intervals,
    monitoring,
    overview,
    own_doses,
    patients,
    people,
    protocols,
    push,
    questionnaires,
    record,
    reminder_wishes,
    reminders,
    requests,
    research,
    research_keys,
    results,
    roster,
    samples,
    snapshot_tables,
    snapshots,
    study_feeds,
    study_places,
    supplied,
    symptoms,
    sync,
    treatment,
    trends,
    undelivered,
    ward,
    worklist,
    worsening,
)
from backend.api.docs import page
from backend.api.endpoint import Room, dump, mount
from backend.api.fhir import door
from backend.api.openapi import document

PREFIX = "/api/v1"
ROOMS: list[Room] = [
    access.room,
    access_log.room,
    bootstrap.room,
    patients.room,
    devices.room,
    care.room,
    emergency.room,
    people.room,
    symptoms.room,
    reminders.room,
    reminder_wishes.room,
    callbacks.room,
    undelivered.room,
    worklist.room,
    push.room,
    requests.room,
    research.room,
    snapshots.room,
    study_feeds.room,
    snapshot_tables.room,
    research_keys.room,
    consents.room,
    study_places.room,
    record.room,
    trends.room,
    cohort.room,
    protocols.room,
    decisions.room,
    history.room,
    overview.room,
    roster.room,
    ward.room,
    intake.room,
    samples.room,
    results.room,
    questionnaires.room,
    assignments.room,
    definitions.room,
    claims.room,
    supplied.room,
    monitoring.room,
    treatment.room,
    doses.room,
    dose_previews.room,
    own_doses.room,
    checklists.room,
    findings.room,
    worsening.room,
    intervals.room,
    sync.room,
    catalogue.room,
    instruments.room,
]


@cache
def contract() -> dict[str, Any]:
    """Return the OpenAPI document of everything there is; made when it is first asked for, which takes a while."""
    rooms = {PREFIX: ROOMS, "": [health.room, health.still]}
    mounted = {prefix: [endpoint for room in held for endpoint in room.endpoints] for prefix, held in rooms.items()}
    return document(mounted, version("uitwerk"))


def install(app: Flask) -> None:
    """Mount every room and serve the document made of them."""
    app.extensions["uitwerk-endpoints"] = mount(app, PREFIX, ROOMS)
    mount(app, "", [health.room])
    health.mount_still(app)
    door.install(app)

    @app.get(f"{PREFIX}/openapi.json")
    def openapi() -> Response:
        return Response(dump(contract()), content_type="application/json")

    @app.get(f"{PREFIX}/docs")
    def docs() -> Response:
        response = Response(page(contract()), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        return response
