"""FHIR R4 Bundle: the answer to a search, with where each resource stands and where the next page is."""

from collections.abc import Sequence
from typing import Any


def searchset(
    base: str, resources: Sequence[dict[str, Any]], *, total: int, own: str, following: str | None
) -> dict[str, Any]:
    """Return a page; `own` is the search as it was understood, `following` the address of the next page."""
    links = [{"relation": "self", "url": own}] + ([{"relation": "next", "url": following}] if following else [])
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": links,
        **({"entry": [_entry(base, one) for one in resources]} if resources else {}),
    }


def _entry(base: str, resource: dict[str, Any]) -> dict[str, Any]:
    address = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": "match"}}
