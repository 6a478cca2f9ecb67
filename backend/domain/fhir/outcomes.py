"""FHIR R4 OperationOutcome: a refusal with the code, title and detail it has as a problem document."""

from collections.abc import Mapping
from typing import Any

from backend.domain.errors import REGISTRY, Kind
from backend.domain.fhir import elements as fhir

PROBLEM = "urn:uitwerk:problem"
_ISSUES: Mapping[Kind, str] = {
    Kind.MALFORMED: "invalid",
    Kind.UNAUTHENTICATED: "login",
    Kind.FORBIDDEN: "forbidden",
    Kind.UNKNOWN: "not-found",
    Kind.METHOD: "not-supported",
    Kind.NOT_ACCEPTABLE: "not-supported",
    Kind.CONFLICT: "conflict",
    Kind.GONE: "deleted",
    Kind.TOO_LARGE: "too-long",
    Kind.MEDIA_TYPE: "not-supported",
    Kind.MEANING: "business-rule",
    Kind.PRECONDITION: "required",
    Kind.TOO_MANY: "throttled",
    Kind.INTERNAL: "exception",
    Kind.UNAVAILABLE: "transient",
}
"""hl7.org/fhir/R4/valueset-issue-type.html."""


def outcome(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Return a problem document (RFC 9457, as `/api/v1` gives it) as an OperationOutcome.

    The first issue is the refusal itself, one more stands for each pointer.
    """
    kind = _ISSUES[REGISTRY[problem["code"]].kind]
    details = fhir.concept(fhir.coding(PROBLEM, problem["code"], problem["title"]), text=problem["title"])
    whole = {"severity": "error", "code": kind, "details": details, "diagnostics": problem["detail"]}
    parts = [
        {"severity": "error", "code": kind, "diagnostics": f"{one['pointer']}: {one['detail']}"}
        for one in problem["pointers"]
    ]
    return fhir.full({"resourceType": "OperationOutcome", "issue": [whole, *parts]})
