"""Responses: which answers a form takes, and which of them are dropped because the others hide their question."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from backend.domain.answers import several, taken
from backend.domain.enabling import settle, values
from backend.domain.errors import ClinicError, invalid
from backend.domain.questionnaires import KEY, NOT_ASKED, Answer, Form, Item

_MOST_INSTANCES = 100


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers in the order of the form, and pointers (below the answers) to those that were dropped."""

    answers: Mapping[str, Answer]
    dropped: tuple[str, ...]


def check(asked: Form, answers: Mapping[str, object], *, completed: bool = False) -> Checked:
    """Return the answers that count, or raise ClinicError with pointers `/answers/<key>`.

    An answer to a question that the others hide is dropped, and told so: skip logic is the form's, whatever a phone
    made of it. Codes: `unknown-form` (no such question), `invalid` (wrong type or choice; when `completed`, a required
    question that is put and left open), `out-of-bounds` (a value outside its range), `contradiction` (a band its
    number does not lie in). No answer is ever inferred from another; an empty list is none.
    """
    settled = settle(asked, _shaped(asked, (), answers, "/answers"))
    for key, pointer in _bands_amiss(asked, settled.kept, "/answers"):
        raise invalid(pointer, f"Does not agree with {key}.", "contradiction")
    if completed and settled.missing:
        why = "This question needs an answer."
        raise ClinicError("invalid", why, {f"/answers{pointer}": why for pointer in settled.missing})
    return Checked(MappingProxyType(dict(settled.kept)), settled.dropped)


def as_json(answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return answers as JSON gives them back, so that what is said can be compared with what is stored."""
    return {key: _plain(answer) for key, answer in answers.items()}


def _plain(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return [_plain(one) for one in answer]
    return {key: _plain(one) for key, one in answer.items()} if isinstance(answer, Mapping) else answer


def _shaped(asked: Form, within: tuple[str, ...], answers: Mapping[str, object], at: str) -> dict[str, Answer]:
    here = {place.item.key: place.item for place in asked.level(within)}
    for key in answers:
        if key not in here:
            pointer = f"{at}/{key}" if KEY.fullmatch(key) else at
            raise invalid(pointer, "The form has no such question.", "unknown-form")
    found = {key: _answer(asked, within, here[key], value, f"{at}/{key}") for key, value in answers.items()}
    return {key: answer for key, answer in found.items() if answer != ()}


def _answer(asked: Form, within: tuple[str, ...], item: Item, value: object, at: str) -> Answer:
    if item.instances:
        return _instances(asked, (*within, item.key), value, at)
    if item.type in NOT_ASKED:
        raise invalid(at, "This takes no answer.", "unknown-form")
    return several(item, value, at) if item.repeats else taken(item, value, at)


def _instances(asked: Form, within: tuple[str, ...], value: object, at: str) -> tuple[Mapping[str, Answer], ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        raise invalid(at, "Must be a list of objects.")
    if len(value) > _MOST_INSTANCES:
        raise invalid(at, "Holds too many.", "out-of-bounds")
    return tuple(_shaped(asked, within, one, f"{at}/{index}") for index, one in enumerate(value))


def _bands_amiss(asked: Form, answers: Mapping[str, Answer], at: str) -> Iterator[tuple[str, str]]:
    """Yield the number and the pointer of each band that its number does not lie in."""
    for key, answer in answers.items():
        item = asked.item(key)
        if item.instances:
            for index, one in enumerate(values(answer)):
                if isinstance(one, Mapping):
                    yield from _bands_amiss(asked, one, f"{at}/{key}/{index}")
        elif item.band_of and not _agrees(item, answer, answers.get(item.band_of)):
            yield item.band_of, f"{at}/{key}"


def _agrees(item: Item, code: Answer, number: Answer | None) -> bool:
    band = next(option for option in item.options if option.code == code)
    if not isinstance(number, int) or band.low is None or band.high is None:
        return True
    return band.low <= number <= band.high
