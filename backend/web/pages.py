"""Serving the pages: static files from `backend/web`, with a strict content policy."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, abort

ROOT = Path(__file__).parent
POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "connect")),
        *(f"{thing} 'none'" for thing in ("frame-ancestors", "base-uri", "form-action")),
    ]
)
KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def install(app: Flask) -> None:
    """Serve the start page, the pages and their files; all are small and read once."""
    files = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in ROOT.glob("*/*") if path.suffix in KINDS}

    @app.get("/")
    @app.get("/pair")
    def start() -> Response:
        return _response("shared/start.html", files)

    @app.get("/enrol")
    def enrol() -> Response:
        return _response("enrol/index.html", files)

    @app.get("/static/<string:folder>/<string:name>")
    def static_file(folder: str, name: str) -> Response:
        return _response(f"{folder}/{name}", files)


def _response(name: str, files: Mapping[str, bytes]) -> Response:
    if name not in files:
        abort(404)
    response = Response(files[name], content_type=KINDS[Path(name).suffix])
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    return response
