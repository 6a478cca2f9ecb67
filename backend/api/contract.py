"""All rooms of the API, the contract they make together, and its readable page."""

from importlib.metadata import version

from flask import Flask, Response

from backend.api import symptoms
from backend.api.docs import page
from backend.api.endpoint import Room, dump, mount
from backend.api.openapi import document

PREFIX = "/api/v1"
ROOMS: list[Room] = [symptoms.room]


def install(app: Flask) -> None:
    """Mount every room and serve the document made of them."""
    endpoints = mount(app, PREFIX, ROOMS)
    app.extensions["uitwerk-endpoints"] = endpoints
    told = document(endpoints, version("uitwerk"), PREFIX)
    app.extensions["uitwerk-openapi"] = told
    as_json, as_page = dump(told), page(told).encode()

    @app.get(f"{PREFIX}/openapi.json")
    def openapi() -> Response:
        return Response(as_json, content_type="application/json")

    @app.get(f"{PREFIX}/docs")
    def docs() -> Response:
        response = Response(as_page, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; frame-ancestors 'none'"
        )
        return response
