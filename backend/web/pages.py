"""Serving the pages: static files from `backend/web`, with a strict content policy."""

from pathlib import Path

from flask import Flask, Response, send_from_directory

ROOT = Path(__file__).parent
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_FOLDERS = frozenset({"shared", "enrol"})
_KINDS = frozenset({".css", ".js", ".svg", ".png", ".json"})


def install(app: Flask) -> None:
    """Serve the start page and the static files."""

    @app.get("/")
    def start() -> Response:
        return _file("shared", "start.html")

    @app.get("/enrol")
    def enrol() -> Response:
        return _file("enrol", "index.html")

    @app.get("/static/<string:folder>/<string:name>")
    def static_file(folder: str, name: str) -> Response:
        known = folder in _FOLDERS and Path(name).suffix in _KINDS
        return _file(folder if known else "shared", name if known else "nothing-there")


def _file(folder: str, name: str) -> Response:
    response = send_from_directory(ROOT / folder, name, max_age=0)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
