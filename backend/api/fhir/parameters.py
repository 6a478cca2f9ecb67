"""Search parameters: what a search says, in which form the answer is wanted, and what is not understood."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import request

from backend.domain.errors import ClinicError
from backend.services.fhir.search import Asked, Texts, checked
from backend.services.fhir.types import Type

JSON = "application/fhir+json"
LARGEST = 500
PAGE, FORMAT, STATUS = "_page", "_format", "status"
_GENERAL = frozenset({PAGE, FORMAT})
_FORMATS = frozenset({JSON, "application/json", "json", "text/json"})
_TAKEN = (JSON, "application/json", "text/json")


def of(kind: Type) -> tuple[tuple[str, str], ...]:
    """Return the search parameters of a type with their FHIR types."""
    dated = [(kind.date, "date")] if kind.date else []
    whose = [("patient", "reference")] if kind.by_patient and kind.name != "Patient" else []
    stands = [(STATUS, "token")] if kind.statuses else []
    return (("_id", "token"), ("_lastUpdated", "date"), *whose, *dated, *stands)


def negotiated() -> None:
    """Pass where FHIR's JSON will do; `_format` goes before Accept. Raises ClinicError `not-acceptable`."""
    told = request.args.get(FORMAT)
    if told is not None:
        # A plus in an address is a space, and many write it so.
        if told.partition(";")[0].strip().replace(" ", "+") not in _FORMATS:
            raise ClinicError("not-acceptable")
    elif request.headers.get("Accept") and not _accepts():
        raise ClinicError("not-acceptable")


def _accepts() -> bool:
    for media, quality in request.accept_mimetypes:
        name, _, rest = str(media).partition(";")
        version = rest.replace(" ", "").lower().partition("fhirversion=")[2].partition(";")[0]
        if quality > 0 and version in {"", "4.0"} and any(_matches(name.strip(), one) for one in _TAKEN):
            return True
    return False


def _matches(asked: str, media: str) -> bool:
    return asked in {"*/*", media, f"{media.partition('/')[0]}/*"}


def told() -> dict[str, list[str]]:
    """Return the parameters of the request: those of the address, and of the form where one was posted."""
    found: dict[str, list[str]] = {}
    for source in (request.args, request.form):
        for name, values in source.lists():
            found.setdefault(name, []).extend(values)
    return found


def understood(kind: Type, said: Mapping[str, Sequence[str]]) -> Asked:
    """Return what a search asks.

    What is not known is left out, unless the client wants to be told (Prefer: handling=strict). Raises ClinicError
    `bad-request` for that and for a value that cannot be read.
    """
    known = {name for name, _ in of(kind)} | {"_count"}
    unknown = sorted(said.keys() - known - _GENERAL)
    if unknown and prefers("handling=strict"):
        raise ClinicError("bad-request", "Not understood.", {f"/query/{name[:60]}": "Unknown." for name in unknown})
    mine = {name: list(values) for name, values in said.items() if name in known}
    listed = [value.split(",") for value in mine.get("_id", [])]
    ids = None if not listed else tuple(sorted(set.intersection(*map(set, listed))))
    dates = checked(mine.get(kind.date or "", []), kind.date or "")
    updated = checked(mine.get("_lastUpdated", []), "_lastUpdated")
    return Asked(_patient(mine), ids, dates, updated, _count(mine), _statuses(kind, mine.get(STATUS, [])))


def self_link(kind: Type, asked: Asked) -> list[tuple[str, str]]:
    """Return a search as it was understood: parameters and values."""
    found = [("patient", f"Patient/{asked.patient_id}")] if asked.patient_id is not None else []
    found += [("_id", ",".join(asked.ids))] if asked.ids is not None else []
    found += [(kind.date or "", ",".join(either)) for either in asked.dates]
    found += [("_lastUpdated", ",".join(either)) for either in asked.updated]
    found += [(STATUS, ",".join(either)) for either in asked.statuses]
    return [*found, ("_count", str(asked.count))]


def prefers(what: str) -> bool:
    """Tell whether the client said so in Prefer (RFC 7240)."""
    wanted = [one.replace(" ", "").lower() for one in request.headers.get("Prefer", "").replace(";", ",").split(",")]
    return what in wanted


def _patient(said: Mapping[str, Sequence[str]]) -> UUID | None:
    """Return whose records are sought, from `Patient/id` or the bare id; no patient has an id of another form."""
    values = said.get("patient", [])
    if not values:
        return None
    if len(set(values)) > 1:
        raise ClinicError("bad-request", "One patient at a time.", {"/query/patient": "Several."})
    try:
        return UUID(values[0].removeprefix("Patient/"))
    except ValueError as error:
        raise ClinicError("not-found") from error


def _statuses(kind: Type, said: Sequence[str]) -> Texts:
    """Return the codes that are sought, from `code` or `system|code`; of another system there is none."""
    return tuple(tuple(_code(kind, one) for one in value.split(",")) for value in said)


def _code(kind: Type, token: str) -> str:
    system, bar, code = token.rpartition("|")
    return code if not bar or system == kind.statuses else token


def _count(said: Mapping[str, Sequence[str]]) -> int:
    text = said.get("_count", ["50"])[-1]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ClinicError("bad-request", "Not a number.", {"/query/_count": "Must be a whole number."})
    return min(int(text), LARGEST)
