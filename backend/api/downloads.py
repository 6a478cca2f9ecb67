"""Downloads: a snapshot's file as an answer, whole or from a byte on, so that what broke off goes on where it was."""

import re

from flask import request

from backend.api.endpoint import Answer
from backend.services.snapshots import Download

_FROM = re.compile(r"bytes=(?P<start>\d{1,15})-", re.ASCII)


def sent(found: Download) -> Answer:
    """Return a file, or what is left of it where the request says so (`Range: bytes=<start>-`)."""
    tag, size = f'"{found.file.sha256}"', found.file.bytes
    start = _start(tag, size)
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Length": str(size - start),
        "Content-Disposition": f'attachment; filename="{found.file.name}"',
    }
    if start:
        headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return Answer(raw=found.pieces(start), status=206 if start else 200, headers=headers)


def _start(tag: str, size: int) -> int:
    """Return from which byte on the file is wanted; another range, or one of another version, gets the whole."""
    asked = _FROM.fullmatch(request.headers.get("Range", "").strip())
    if asked is None or request.headers.get("If-Range", tag) != tag:
        return 0
    start = int(asked["start"])
    return start if start < size else 0
