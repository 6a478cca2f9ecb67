"""What a phone uploads in the journeys."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx2


def entry(now: datetime, intensity: int = 4, **told: Any) -> dict[str, Any]:
    """Return a diary entry of now, under a fresh id."""
    moment = now.isoformat(timespec="seconds")
    return {
        "id": str(uuid4()),
        "occurred": {"at": moment, "zone": "Europe/Amsterdam"},
        "recorded_at": moment,
        "ratings": [{"symptom": "fatigue", "intensity": intensity}],
        **told,
    }


def all_entries(client: httpx2.Client) -> list[dict[str, Any]]:
    """Return every diary entry of the patient whose phone it is, page by page."""
    found: list[dict[str, Any]] = []
    path: str | None = "/me/diary-entries?limit=500"
    while path is not None:
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        path = page["next"]
    return found
