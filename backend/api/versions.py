"""Versions of a record in headers: the entity tag an answer bears, and the one a correction names."""

import re

from flask import request

from backend.domain.errors import ClinicError

VERSION = re.compile(r'(?:W/)?"(?P<version>[0-9]{1,9})"', re.ASCII)
"""How If-Match names a version: an entity tag (RFC 9110, 8.8.3)."""


def if_match() -> int:
    """Return the version that If-Match names. Raises ClinicError `if-match-needed` or `invalid`."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        raise ClinicError("if-match-needed")
    named = VERSION.fullmatch(header)
    if named is None:
        raise ClinicError("invalid", pointers={"/header/If-Match": 'Must be a version number in quotes, like "3".'})
    return int(named["version"])


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version, for If-Match."""
    return {"ETag": f'"{version}"'}
