"""What staff see on the worklist, and what they say became of a call."""

from typing import Any
from uuid import uuid4

from tests.house import House, Patient, Staff

Items = list[dict[str, Any]]


def worklist(house: House, who: Staff) -> dict[str, Any]:
    """Return somebody's worklist."""
    answer = house.get("/worklist", headers=who.headers)
    assert answer.status_code == 200, answer.json
    found: dict[str, Any] = answer.json
    return found


def listed(house: House, who: Staff, *kinds: str) -> Items:
    """Return what is on somebody's worklist, of some kinds if told; checks are left out unless named."""
    items: Items = worklist(house, who)["items"]
    return [one for one in items if one["kind"] in kinds or (not kinds and one["kind"] != "monitoring_due")]


def one(house: House, who: Staff, kind: str) -> dict[str, Any]:
    """Return the only thing of a kind on somebody's worklist."""
    (item,) = listed(house, who, kind)
    return item


def called(item: dict[str, Any], outcome: str = "reached", **said: Any) -> dict[str, Any]:
    """Return what is sent after a call about something."""
    about = {name: item[name] for name in ("kind", "subject", "version")}
    return {"id": str(uuid4()), **about, "outcome": outcome, **said}


def call(house: House, who: Staff, patient: Patient, told: dict[str, Any]) -> Any:
    """Say what became of a call."""
    return house.post(f"/patients/{patient.id}/calls", headers=who.headers, json=told)


def asked(house: House, patient: Patient, **told: Any) -> str:
    """Let a patient ask the clinic for something, and return the request's id."""
    body = {"id": str(uuid4()), "kind": "contact", "words": "Please call", "recorded_at": "2026-06-01T11:00:00+02:00"}
    answer = house.post("/me/requests", headers=house.phone(patient), json=body | told)
    assert answer.status_code == 201, answer.json
    return str(answer.json["id"])
