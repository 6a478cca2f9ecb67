"""The catalogue over HTTP: drugs, symptom vocabulary and forms, the same for everybody."""

from dataclasses import asdict
from typing import Any

from marshmallow import Schema

from backend.api import fields
from backend.api.endpoint import Room
from backend.domain import drugs, forms, labs, symptoms
from backend.domain import findings as found
from backend.domain.definitions import content_hash, written
from backend.domain.dosing import BodySite
from backend.domain.findings import Field, Kind, KindOf, Type
from backend.domain.languages import LANGUAGES
from backend.domain.regimens import Cycle, Regimen, Route, Span
from backend.domain.treatment import loggable_at_home, opens_intervals, routes
from backend.services import gate
from backend.services.context import Context

room = Room("catalogue")


class RegimenOut(Schema):
    """One way to give a drug; `personal_interval` tells whether a plan may set its weeks."""

    key = fields.Text(60, required=True)
    route = fields.Choice(Route, required=True)
    dose_text = fields.Text(300, required=True)
    pattern = fields.Text(20, required=True)
    every = fields.Text(10, required=True, allow_none=True)
    loading_doses = fields.Integer(0, 20, required=True)
    personal_interval = fields.Flag(required=True)
    confirmed = fields.Flag(required=True)


class DrugCheckOut(Schema):
    """What a check is called."""

    key = fields.Text(60, required=True)
    nl = fields.Text(500, required=True)
    en = fields.Text(500, required=True)


class DrugOut(Schema):
    """One drug; `routes` are those of its substance, `home_routes` those a patient may log at home."""

    key = fields.Text(40, required=True)
    substance = fields.Text(80, required=True)
    name_nl = fields.Text(120, required=True)
    name_en = fields.Text(120, required=True)
    brands = fields.Many(fields.Text(80), most=20, required=True)
    atc = fields.Many(fields.Text(10), most=20, required=True)
    routes = fields.Many(fields.Choice(Route), most=4, required=True)
    home_routes = fields.Many(fields.Choice(Route), most=4, required=True)
    opens_intervals = fields.Flag(required=True)
    min_interval = fields.Text(10, required=True, allow_none=True)
    missed_rule = fields.Text(500, required=True)
    body_sites = fields.Many(fields.Choice(BodySite), most=20, required=True)
    regimens = fields.Many(fields.Part(RegimenOut), most=20, required=True)
    checks = fields.Many(fields.Part(DrugCheckOut), most=100, required=True)


class DrugList(Schema):
    """The drugs, in the catalogue's order."""

    items = fields.Many(fields.Part(DrugOut), most=500, required=True)


class SymptomOut(Schema):
    """One word of the vocabulary; `status` says how sure its SNOMED CT code is."""

    key = fields.Text(40, required=True)
    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)
    snomed = fields.Text(20, required=True, allow_none=True)
    status = fields.Text(20, required=True, allow_none=True)


class SymptomList(Schema):
    """The vocabulary, in the order shown."""

    items = fields.Many(fields.Part(SymptomOut), most=500, required=True)


class FormOut(Schema):
    """One form that ships, as it is defined; `hash` is the SHA-256 of its definition as canonical JSON."""

    key = fields.Text(64, required=True)
    version = fields.Text(20, required=True)
    hash = fields.Text(64, required=True)
    languages = fields.Many(fields.Words(*LANGUAGES), most=2, required=True)
    title = fields.Object(required=True)
    items = fields.Many(fields.Object(), most=200, required=True)


class FormList(Schema):
    """The forms."""

    items = fields.Many(fields.Part(FormOut), most=500, required=True)


class FindingChoiceOut(Schema):
    """One of a list, as it reads."""

    key = fields.Text(40, required=True)
    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)


class FindingFieldOut(Schema):
    """One field of a finding: what it takes, and within which bounds where that is a number.

    A number has at most so many `decimals`, goes by `step` where there is one, and is never one of `but_not`.
    """

    key = fields.Text(40, required=True)
    type = fields.Choice(Type, required=True)
    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)
    required = fields.Flag(required=True)
    low = fields.Integer(0, 1_000_000, required=True, allow_none=True)
    high = fields.Integer(0, 1_000_000, required=True, allow_none=True)
    decimals = fields.Integer(0, 10, required=True, allow_none=True)
    step = fields.Number(0, 100, required=True, allow_none=True)
    but_not = fields.Many(fields.Number(0, 1_000_000), most=20, required=True)
    unit = fields.Text(20, required=True, allow_none=True)
    choices = fields.Many(fields.Part(FindingChoiceOut), most=100, required=True)


class LabUnitOut(Schema):
    """A unit a laboratory reports in, and the factor that makes it the analyte's first."""

    unit = fields.Text(20, required=True)
    factor = fields.Number(0, 1_000_000, required=True)


class AnalyteOut(Schema):
    """What a laboratory measures, up to `high` in the first of its units; one without units has an outcome only."""

    key = fields.Text(40, required=True)
    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)
    high = fields.Number(0, 1_000_000, required=True, allow_none=True)
    units = fields.Many(fields.Part(LabUnitOut), most=10, required=True)


class FindingKindOut(Schema):
    """One kind of finding, as a form asks for it.

    `lasts` tells whether it may have an end; `apart_days` for how long it sets diary days apart where no end was
    entered, null where it does not. `analytes` are those of blood values.
    """

    key = fields.Choice(Kind, required=True)
    nl = fields.Text(200, required=True)
    en = fields.Text(200, required=True)
    source = fields.Text(500, required=True)
    lasts = fields.Flag(required=True)
    apart_days = fields.Integer(1, 1000, required=True, allow_none=True)
    fields_ = fields.Many(fields.Part(FindingFieldOut), most=20, required=True, data_key="fields")
    analytes = fields.Many(fields.Part(AnalyteOut), most=50, required=True)


class FindingKindList(Schema):
    """The kinds of findings, in the order shown."""

    items = fields.Many(fields.Part(FindingKindOut), most=50, required=True)


@room.route("GET", "/catalogue/drugs", permission="catalogue:read", gives=DrugList)
def list_drugs(ctx: Context) -> dict[str, Any]:
    """List the drugs with their regimens."""
    gate.permit(ctx, "catalogue:read")
    return {"items": [_drug(drug) for drug in drugs.catalogue().values()]}


@room.route("GET", "/catalogue/symptoms", permission="catalogue:read", gives=SymptomList)
def list_symptoms(ctx: Context) -> dict[str, Any]:
    """List the symptoms one can rate."""
    gate.permit(ctx, "catalogue:read")
    return {"items": list(symptoms.vocabulary().values())}


@room.route("GET", "/catalogue/forms", permission="catalogue:read", gives=FormList)
def list_forms(ctx: Context) -> dict[str, Any]:
    """List the forms with their questions."""
    gate.permit(ctx, "catalogue:read")
    return {"items": [written(form) | {"hash": content_hash(form)} for form in forms.forms().values()]}


@room.route("GET", "/catalogue/findings", permission="catalogue:read", gives=FindingKindList)
def list_finding_kinds(ctx: Context) -> dict[str, Any]:
    """List what staff can enter about a patient, with fields, units and bounds."""
    gate.permit(ctx, "catalogue:read")
    return {"items": [_kind(kind) for kind in found.kinds().values()]}


def _drug(drug: drugs.Drug) -> dict[str, Any]:
    return {
        "key": drug.key,
        "substance": drug.substance,
        "name_nl": drug.name_nl,
        "name_en": drug.name_en,
        "brands": drug.brands,
        "atc": drug.atc,
        "routes": routes(drug),
        "home_routes": [route for route in routes(drug) if loggable_at_home(drug, route)],
        "opens_intervals": opens_intervals(drug),
        "min_interval": _span(drug.min_interval),
        "missed_rule": drug.missed.text_en,
        "body_sites": drug.administration.sites if drug.administration else (),
        "regimens": [_regimen(regimen) for regimen in drug.regimens],
        "checks": [{"key": one.key, "nl": one.what_nl, "en": one.what_en} for one in drug.monitoring],
    }


def _regimen(regimen: Regimen) -> dict[str, Any]:
    pattern = regimen.pattern
    cycle = pattern if isinstance(pattern, Cycle) else None
    return {
        "key": regimen.key,
        "route": regimen.route,
        "dose_text": regimen.dose_text,
        "pattern": type(pattern).__name__.lower(),
        "every": _span(cycle.every) if cycle else None,
        "loading_doses": len(cycle.loading) if cycle else 0,
        "personal_interval": cycle is not None,
        "confirmed": drugs.is_confirmed(regimen.source),
    }


def _span(span: Span | None) -> str | None:
    return None if span is None else f"{span.n} {span.unit.value}"


def _kind(kind: KindOf) -> dict[str, Any]:
    return {
        "key": kind.key,
        "nl": kind.nl,
        "en": kind.en,
        "source": kind.source,
        "lasts": kind.lasts,
        "apart_days": kind.apart_days,
        "fields": [_field(field) for field in kind.fields.values()],
        "analytes": list(labs.analytes().values()) if kind.key is Kind.LAB else [],
    }


def _field(field: Field) -> dict[str, Any]:
    numeric = field.type in {Type.INTEGER, Type.NUMBER}
    bounds = {name: getattr(field, name) if numeric else None for name in ("low", "high", "decimals", "step")}
    return asdict(field) | bounds
