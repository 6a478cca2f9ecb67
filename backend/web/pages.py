"""Serving the pages: static files from `backend/web`, read and packed once, with a strict content policy."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import orjson
from flask import Flask, Response, abort, request

ROOT = Path(__file__).parent
POLICY = "; ".join(
    [
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect", "manifest", "worker")),
        *(f"{thing} 'none'" for thing in ("frame-ancestors", "base-uri", "form-action")),
    ]
)
KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
}
PACKED = frozenset(KINDS) - {".png"}
# What a browser opens as a page or runs as a worker; everything else gets the shorter policy that every answer has.
GOVERNED = frozenset({".html", ".svg"})
# The service worker, plain and as a module; both may keep every page below the root.
WORKERS = frozenset({"patient/sw.js", "patient/sw.module.js"})
# These carry the version of the whole app, so that they change when any file does: browsers replace a service worker
# when its own bytes differ, and a page whose frame differs takes its files from the server.
STAMPED: Mapping[str, bytes] = {
    "patient/sw.js": b"\n// %b\n",
    "patient/sw.module.js": b"\n// %b\n",
    "patient/index.html": b"\n<!-- %b -->\n",
}
PAGES: Mapping[str, str] = {
    "/": "shared/start.html",
    "/enrol": "enrol/index.html",
    "/clinic": "clinic/index.html",
    "/app": "patient/index.html",
    "/pair": "patient/index.html",
    "/app.webmanifest": "patient/app.webmanifest",
    "/app.shell.json": "patient/shell.json",
    "/sw.js": "patient/sw.js",
    "/sw.module.js": "patient/sw.module.js",
}
# What others wrote is served as they wrote it, with the notice of their licence.
VENDORED = "vendor"
# What the app has from the folder that it shares with the pages of the staff.
_SHARED_WITH_APP = frozenset(
    f"shared/{name}" for name in ("common.words.js", "dom.js", "icon.svg", "ids.js", "words.js")
)
# A service worker is no part of what it keeps, and the large icons are for installing only.
_NOT_IN_SHELL = WORKERS | {f"patient/icon-{which}.png" for which in ("512", "maskable-512", "apple-180")}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent: its bytes, the packed bytes where that is shorter, and what names this content."""

    body: bytes
    packed: bytes | None
    tag: str
    kind: str


def install(app: Flask, root: Path = ROOT) -> None:
    """Serve the start page, the pages and their files; all are small and read once."""
    files = gathered(root)
    for address, name in PAGES.items():
        app.add_url_rule(address, endpoint=f"page {address}", view_func=lambda name=name: _response(files, name))

    @app.get("/static/<string:folder>/<string:name>")
    def static_file(folder: str, name: str) -> Response:
        return _response(files, f"{folder}/{name}")


def gathered(root: Path) -> Mapping[str, File]:
    """Read every file of the pages; the app's list of files, its frame and worker carry the version of the whole."""
    paths = [path for path in sorted(root.glob("*/*")) if path.is_file() and path.suffix in KINDS]
    found = {f"{path.parent.name}/{path.name}": _read(path) for path in paths}
    shell = {name: body for name, body in found.items() if name.startswith("patient/") or name in _SHARED_WITH_APP}
    version = _tag(b"".join(name.encode() + b"\x00" + body + b"\x00" for name, body in shell.items()))
    urls = sorted(_url(name) for name in shell if name not in _NOT_IN_SHELL)
    found["patient/shell.json"] = orjson.dumps({"version": version, "files": urls})
    for name in STAMPED.keys() & found.keys():
        found[name] += STAMPED[name] % version.encode()
    return {name: _file(name, body) for name, body in found.items()}


def without_comments(code: str) -> str:
    """Return a script or style sheet without comment lines and indents: lighter, and with the same line numbers."""
    lines, comment, template = [], False, False
    for line in code.split("\n"):
        begins = line.lstrip()
        if not template and not comment:
            comment = begins.startswith("/*") and begins.find("*/") in {-1, len(begins) - 2}
        only = comment or (begins.startswith("//") and not template)
        lines.append("" if only else line if template else begins)
        comment = comment and "*/" not in line
        # A text over several lines may well begin one of them with two slashes.
        template ^= not only and line.count("`") % 2 == 1
    return "\n".join(lines)


def _read(path: Path) -> bytes:
    if path.suffix in {".js", ".css"} and path.parent.name != VENDORED:
        return without_comments(path.read_text(encoding="utf-8")).encode()
    return path.read_bytes()


def _response(files: Mapping[str, File], name: str) -> Response:
    file = files.get(name)
    if file is None:
        abort(404)
    packed = file.packed if request.accept_encodings["gzip"] > 0 else None
    response = Response(file.body if packed is None else packed, content_type=file.kind)
    if packed is not None:
        response.headers["Content-Encoding"] = "gzip"
    if file.packed is not None:
        response.vary.add("Accept-Encoding")
    if name in WORKERS:
        response.headers["Service-Worker-Allowed"] = "/"
    if name in WORKERS or Path(name).suffix in GOVERNED:
        response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(file.tag if packed is None else f"{file.tag}-gzip")
    response.make_conditional(request)
    return response


def _file(name: str, body: bytes) -> File:
    suffix = Path(name).suffix
    packed = gzip.compress(body, mtime=0) if suffix in PACKED else body
    return File(body, packed if len(packed) < len(body) else None, _tag(body), KINDS[suffix])


def _url(name: str) -> str:
    own = {page: address for address, page in PAGES.items() if address != "/pair"}
    return own.get(name, f"/static/{name}")


def _tag(content: bytes) -> str:
    return sha256(content).hexdigest()[:16]
