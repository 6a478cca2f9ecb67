"""Templates of assignments: the assessment windows of published designs, as data (assignment_templates.json)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from backend.domain.assignments import Assignment, Doses, read


@dataclass(frozen=True, slots=True)
class NamedWindow:
    """One window of a design, as an assignment that asks for nothing yet."""

    name: str
    told: Assignment


@dataclass(frozen=True, slots=True)
class Template:
    """The windows of one published design; `assumed` says what its source does not, None where it says all."""

    key: str
    source: str
    assumed: str | None
    windows: tuple[NamedWindow, ...]

    @property
    def around_doses(self) -> bool:
        """Whether all its windows hang on doses, on days that its source tells."""
        return self.assumed is None and all(isinstance(one.told.when, Doses) for one in self.windows)


@cache
def templates() -> Mapping[str, Template]:
    """Return the templates by key, in the file's order; ValueError, KeyError or ClinicError on a bad file."""
    told = json.loads(files("backend.domain").joinpath("assignment_templates.json").read_text("utf-8"))
    return MappingProxyType({one["key"]: _template(one) for one in told["templates"]})


def _template(told: Mapping[str, Any]) -> Template:
    found = tuple(NamedWindow(one["name"], read({**one, "questionnaire": None})) for one in told["windows"])
    return Template(told["key"], told["source"], told.get("assumed"), found)
