"""Findings: what staff enter about a patient beside doses and levels, each kind with its fields and their bounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.errors import invalid


class Kind(StrEnum):
    """What was found."""

    RELAPSE = "relapse"
    STEROID_COURSE = "steroid_course"
    INFECTION = "infection"
    ADVERSE_EVENT = "adverse_event"
    REACTION = "reaction"
    EDSS = "edss"
    SDMT = "sdmt"
    T25FW = "t25fw"
    NHPT = "nhpt"
    MRI = "mri"
    LAB = "lab"
    WEIGHT = "weight"


class Type(StrEnum):
    """What a field takes: one or several of a list, yes or no, a number, or the id of one of the patient's doses."""

    CHOICE = "choice"
    CHOICES = "choices"
    FLAG = "flag"
    INTEGER = "integer"
    NUMBER = "number"
    DOSE = "dose"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list: its key, and how it reads."""

    key: str
    nl: str
    en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind.

    Numbers lie from `low` to `high` with at most so many `decimals`, in steps of `step` where it has one, and are never
    one of `but_not`.
    """

    key: str
    type: Type
    nl: str
    en: str
    required: bool = False
    low: int = 0
    high: int = 0
    decimals: int = 0
    step: Decimal | None = None
    but_not: tuple[Decimal, ...] = ()
    unit: str | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class KindOf:
    """What a kind of finding holds.

    `lasts` tells whether it may have an end. One with `apart_days` sets diary days apart: so many, its own day
    included, where no end was entered and its field `apart_field`, if it has one, says nothing. `source` says where
    scale and bounds come from, and what may be done with them.
    """

    key: Kind
    nl: str
    en: str
    source: str
    fields: Mapping[str, Field]
    lasts: bool = False
    apart_days: int | None = None
    apart_field: str | None = None


@cache
def kinds() -> Mapping[Kind, KindOf]:
    """Return what each kind holds, in the order shown (findings.json); KeyError or ValueError on a bad file."""
    return MappingProxyType({Kind(told["key"]): _kind(told) for told in told_in_file()["kinds"]})


@cache
def told_in_file() -> Mapping[str, Any]:
    """Return findings.json as it is."""
    told: dict[str, Any] = json.loads(files("backend.domain").joinpath("findings.json").read_text("utf-8"))
    return MappingProxyType(told)


def _kind(told: Mapping[str, Any]) -> KindOf:
    fields = MappingProxyType({one["key"]: _field(one) for one in told["fields"]})
    plain = {name: told[name] for name in told.keys() - {"key", "fields"}}
    return KindOf(key=Kind(told["key"]), fields=fields, **plain)


def _field(told: Mapping[str, Any]) -> Field:
    plain = {name: told[name] for name in told.keys() - {"type", "step", "but_not", "choices"}}
    return Field(
        **plain,
        type=Type(told["type"]),
        step=Decimal(told["step"]) if "step" in told else None,
        but_not=tuple(Decimal(one) for one in told.get("but_not", ())),
        choices=tuple(Choice(**one) for one in _choices(told)),
    )


def _choices(told: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what a field offers: its own list, or of a laboratory's fields what is listed with the analytes."""
    if told.get("key") == "analyte":
        return [{name: one[name] for name in ("key", "nl", "en")} for one in told_in_file()["analytes"]]
    if told.get("key") == "unit":
        units = dict.fromkeys(unit["unit"] for one in told_in_file()["analytes"] for unit in one["units"])
        return [{"key": unit, "nl": unit, "en": unit} for unit in units]
    return list(told.get("choices", ()))


def check_end(kind: Kind, began_on: date, ended_on: date | None, today: date) -> None:
    """Pass for an end that can be.

    Raises ClinicError `contradiction` for one before the beginning, or of a kind that has none, and `out-of-time` for
    one that lies ahead.
    """
    if ended_on is None:
        return
    if not kinds()[kind].lasts:
        raise invalid("/ended_on", "This has no end.", "contradiction")
    if ended_on < began_on:
        raise invalid("/ended_on", "Must not lie before the beginning.", "contradiction")
    if ended_on > today:
        raise invalid("/ended_on", "Must not lie ahead.", "out-of-time")
