"""Assignments as staff send them."""

from typing import Any
from uuid import uuid4

LAST_WEEK = {"opens": {"from": "before-next", "n": 7}, "closes": {"from": "before-next", "n": 0}}
FIRST_WEEK = {"opens": {"from": "after-dose", "n": 1}, "closes": {"from": "after-dose", "n": 7}}


def assignment(questionnaire: str = "vas-100", **told: Any) -> dict[str, Any]:
    """Return what is asked and when: in the last week before each dose, unless told otherwise."""
    days = {} if "anchor" in told or "dates" in told else {"anchor": "dose", "window": LAST_WEEK}
    return {"questionnaire": questionnaire, **days, **told}


def body(told: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the body of a new assignment."""
    return {"id": str(uuid4()), "assignment": told or assignment(), "reason": "protocol", **more}
