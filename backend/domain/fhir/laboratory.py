"""FHIR R4 of a finger prick: the Specimen, and what the laboratory measured in it as Observations.

No LOINC code exists for the level of natalizumab or its antibodies that we could find: codes of our own (DOMAIN.md).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from backend.domain.fhir import elements as fhir
from backend.domain.fhir.ids import token
from backend.domain.fhir.places import standing
from backend.domain.fhir.telling import Head, Telling
from backend.domain.linking import Place
from backend.domain.moments import Occurred
from backend.domain.samples import RANK, Matrix, State, Step, Unusable, find
from backend.domain.troughs import Trough

_MATRIX: Mapping[Matrix, tuple[str, str]] = {
    Matrix.CAPILLARY_WET: ("122554006", "Capillary blood specimen"),
    Matrix.CAPILLARY_DRIED: ("440500007", "Dried blood spot specimen"),
    Matrix.VENOUS_SERUM: ("119364003", "Serum specimen"),
}
_ANALYTES: Mapping[str, str] = {
    "level": "Concentration of the drug",
    "antibodies": "Antibodies against the drug",
}
LABORATORY = fhir.concept(fhir.coding(fhir.CATEGORY, "laboratory", "Laboratory"))


class Measured(Protocol):
    """A result as the laboratory told it, in its standard unit."""

    @property
    def analyte(self) -> str:
        """What was measured."""
        ...

    @property
    def value(self) -> Decimal:
        """The number."""
        ...

    @property
    def unit(self) -> str:
        """Its unit."""
        ...

    @property
    def comparator(self) -> str:
        """How the number stands to the true one."""
        ...

    @property
    def lloq(self) -> Decimal | None:
        """The assay's lower limit of quantification, in the same unit."""
        ...


def suffix(analyte: str) -> str:
    """Return the end of the id of a result."""
    return f".r{token(analyte)}"


def is_specimen(steps: Sequence[Step], state: State) -> bool:
    """Tell whether blood was taken, as far as anybody logged: an order alone is no specimen."""
    return find(steps, State.COLLECTED) is not None or RANK.get(state, 0) > RANK[State.COLLECTED]


def specimen(
    told: Telling,
    head: Head,
    *,
    matrix: Matrix,
    state: State,
    steps: Sequence[Step],
    unusable: Sequence[Unusable],
) -> dict[str, Any]:
    """Return a sample from its prick on; with `head.gone` one whose prick was withdrawn."""
    collected, received = find(steps, State.COLLECTED), find(steps, State.RECEIVED)
    return fhir.full(
        fhir.resource("Specimen", told, head)
        | {
            "identifier": fhir.identifiers(told, head),
            "status": "entered-in-error" if head.gone else _status(state),
            "type": fhir.concept(
                fhir.coding(fhir.SNOMED, *_MATRIX[matrix]), fhir.coding(f"{fhir.OURS}:matrix", matrix.value)
            ),
            "subject": fhir.subject(told),
            "receivedTime": None if received is None else told.moment(received.at),
            "collection": None if collected is None else {"collectedDateTime": told.moment(collected.at)},
            "condition": [fhir.ours("unusable", why.value) for why in unusable],
        }
    )


def _status(state: State) -> str | None:
    """Return whether a laboratory has it; None while it is under way."""
    if state is State.REJECTED:
        return "unsatisfactory"
    if state in {State.RECEIVED, State.ANALYSED, State.REPORTED}:
        return "available"
    return "unavailable" if state not in RANK else None


def result(
    told: Telling,
    head: Head,
    sample_id: UUID,
    measured: Measured,
    *,
    corrected: bool,
    issued: datetime,
    collected: Occurred | None,
    place: Place | None = None,
    trough: Trough | None = None,
) -> dict[str, Any]:
    """Return the standing result of an analyte; `head` is that of the sample, its version the number of results."""
    return fhir.full(
        fhir.resource("Observation", told, head, part=suffix(measured.analyte))
        | {
            "status": "corrected" if corrected else "final",
            "category": [LABORATORY],
            "code": fhir.ours("analyte", measured.analyte, _ANALYTES[measured.analyte]),
            "subject": fhir.subject(told),
            "effectiveDateTime": None if collected is None else told.moment(collected),
            "issued": told.at(issued),
            "valueQuantity": fhir.quantity(measured.value, measured.unit, measured.comparator),
            "specimen": fhir.reference("Specimen", told.key(sample_id)),
            "component": [*_limit(measured), *_trough(trough), *standing(place)],
        }
    )


def _limit(measured: Measured) -> list[dict[str, Any]]:
    if measured.lloq is None:
        return []
    code = fhir.ours("observation", "lloq", "Lower limit of quantification")
    return [{"code": code, "valueQuantity": fhir.quantity(measured.lloq, measured.unit)}]


def _trough(trough: Trough | None) -> list[dict[str, Any]]:
    if trough is None:
        return []
    code = fhir.ours("observation", "trough-class", "Which part of the interval the prick stands for")
    return [{"code": code, "valueCodeableConcept": fhir.ours("trough-class", trough.trough_class.value)}]
