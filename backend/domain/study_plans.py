"""Study plans: the arms of a study and the visits it asks for, as its site decides them, every version kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.domain.assignments import Assignment, read, written
from backend.domain.errors import invalid
from backend.domain.languages import LANGUAGES

MOST_ARMS = 20
MOST_VISITS = 100
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm: its key, and its name by language."""

    key: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: its key, its name by language, and its days, told as an assignment without questionnaire tells them.

    Its grace is how many days later it may still be held.
    """

    key: str
    names: Mapping[str, str]
    days: Assignment


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """The arms and visits of a study, in the order in which they are shown."""

    arms: tuple[Arm, ...] = ()
    visits: tuple[Visit, ...] = ()

    def arm(self, key: str) -> Arm | None:
        """Return an arm by its key."""
        return next((one for one in self.arms if one.key == key), None)

    def visit(self, key: str) -> Visit | None:
        """Return a visit by its key."""
        return next((one for one in self.visits if one.key == key), None)


def plan(told: Mapping[str, Any], pointer: str = "") -> StudyPlan:
    """Return the plan that a checked form, or `told_plan`, tells.

    Raises ClinicError `invalid` or `out-of-bounds` with a pointer where it cannot be meant: a key twice or of another
    form, no name, days that are none (as `domain.assignments.read`), a visit of which several fall on the same days.
    """
    for name in ("arms", "visits"):
        _check_keys(told[name], f"{pointer}/{name}")
    arms = tuple(Arm(one["key"], _names(one["names"], f"{pointer}/arms/{n}")) for n, one in enumerate(told["arms"]))
    visits = tuple(_visit(one, f"{pointer}/visits/{n}") for n, one in enumerate(told["visits"]))
    return StudyPlan(arms, visits)


def told_plan(one: StudyPlan) -> dict[str, Any]:
    """Return a plan as JSON, which `plan` takes."""
    arms = [{"key": arm.key, "names": dict(arm.names)} for arm in one.arms]
    visits = [{"key": each.key, "names": dict(each.names), "days": written(each.days)} for each in one.visits]
    return {"arms": arms, "visits": visits}


def chosen_name(names: Mapping[str, str], language: str) -> str:
    """Return the name in a language, else in the first there is one in."""
    return next(names[one] for one in (language, *LANGUAGES) if one in names)


def _visit(told: Mapping[str, Any], pointer: str) -> Visit:
    days = read({**told["days"], "questionnaire": None}, f"{pointer}/days")
    if days.burst:
        raise invalid(f"{pointer}/days", "A visit is held once within its days.")
    return Visit(told["key"], _names(told["names"], pointer), days)


def _names(told: Mapping[str, str], pointer: str) -> dict[str, str]:
    for language, name in told.items():
        if language not in LANGUAGES or not name.strip():
            raise invalid(f"{pointer}/names/{language}", f"Must be a name in one of: {', '.join(LANGUAGES)}.")
    if not told:
        raise invalid(f"{pointer}/names", "Is missing.")
    return dict(told)


def _check_keys(told: Sequence[Mapping[str, Any]], pointer: str) -> None:
    seen: set[str] = set()
    for number, one in enumerate(told):
        if not KEY.fullmatch(one["key"]):
            raise invalid(f"{pointer}/{number}/key", "Must be small letters, digits and hyphens, at most 40.")
        if one["key"] in seen:
            raise invalid(f"{pointer}/{number}/key", "Is there twice.")
        seen.add(one["key"])
