"""FHIR R4 of what was done: a change as Provenance of what it made, a look at the record as an AuditEvent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.telling import Head, Telling

_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_RECORD = fhir.coding(_DICOM, "110110", "Patient Record")
_READS = frozenset({"read", "list", "export", "sync"})
_REFUSED, _DONE = "4", "0"


def provenance(
    told: Telling,
    head: Head,
    *,
    targets: Sequence[dict[str, str]],
    act: str,
    first: bool,
    by: tuple[UUID, str | None, str] | None,
    reason: str | None,
) -> dict[str, Any]:
    """Return a change of a record: `head.updated` is when, `by` the id, name and role of who made it.

    Staff are no resources here: they are named as an identifier with a name. What a record said before is not told.
    """
    operation = fhir.coding(_OPERATION, "CREATE" if first else "UPDATE")
    return fhir.full(
        fhir.resource("Provenance", told, head)
        | {
            "target": list(targets),
            "recorded": None if head.updated is None else told.at(head.updated),
            "activity": fhir.concept(operation, fhir.coding(f"{fhir.OURS}:act", act)),
            "reason": [fhir.concept(text=reason)] if reason and told.words else None,
            "agent": [_agent(told, by)],
        }
    )


def _agent(told: Telling, by: tuple[UUID, str | None, str] | None) -> dict[str, Any]:
    if by is None:
        return {"who": {"display": "Nobody was logged in"}}
    person_id, name, role = by
    told_role = [fhir.ours("role", role)]
    if role == "patient":
        return {"role": told_role, "who": fhir.subject(told)}
    who = {"type": "Practitioner", "identifier": fhir.identified(person_id), "display": name}
    return {"role": told_role, "who": who}


def audit_event(
    told: Telling, key: str, *, at: datetime, who: str | None, role: str, act: str, refused: bool
) -> dict[str, Any]:
    """Return one look at a patient's record; only staff are named, and what was refused failed."""
    read = act.rpartition(":")[2] in _READS
    return fhir.full(
        {
            "resourceType": "AuditEvent",
            "id": key,
            "meta": {"versionId": "1", "lastUpdated": told.at(at)},
            "type": _RECORD,
            "subtype": [fhir.coding(f"{fhir.OURS}:act", act)],
            "action": "R" if read else None,
            "recorded": told.at(at),
            "outcome": _REFUSED if refused else _DONE,
            "agent": [{"role": [fhir.ours("role", role)], "name": who, "requestor": True}],
            "source": {"observer": {"display": "Uitwerk"}},
            "entity": [{"what": fhir.subject(told)}],
        }
    )
