"""Two corrections of one record: merged where nothing clinical is at stake, told apart field by field where it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from backend.domain.errors import Difference

LONGEST = 4000


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of two corrections: one statement, or the fields on which they contradict each other."""

    statement: Mapping[str, Any]
    difference: tuple[Difference, ...] = ()


def merge(
    base: Mapping[str, Any], standing: Mapping[str, Any], yours: Mapping[str, Any], soft: Collection[str] = ()
) -> Merged:
    """Return what follows from `standing` and `yours`, which both began from `base`; all three have the same fields.

    What is clinical is one statement of one person at one moment: where both changed any of it, and not to the same,
    nothing is mixed and every field that differs is told. A `soft` field (free text) is taken from whoever changed
    it; where both did, the texts are put one under the other.
    """
    clinical = [name for name in standing if name not in soft]
    theirs_moved = any(standing[name] != base[name] for name in clinical)
    yours_moved = any(yours[name] != base[name] for name in clinical)
    apart = [name for name in clinical if theirs_moved and yours_moved and standing[name] != yours[name]]
    texts = {name: _joined(base[name], standing[name], yours[name]) for name in soft}
    apart += [name for name, text in texts.items() if text is not None and len(text) > LONGEST]
    if apart:
        return Merged(standing, tuple(Difference(name, base[name], standing[name], yours[name]) for name in apart))
    taken = yours if yours_moved else standing
    return Merged({name: texts[name] if name in texts else taken[name] for name in standing})


def _joined(base: str | None, standing: str | None, yours: str | None) -> str | None:
    if yours in {base, standing}:
        return standing
    if standing == base:
        return yours
    if not standing or not yours:
        return standing or yours
    if f"\n{yours}\n" in f"\n{standing}\n":
        return standing
    return f"{standing}\n{yours}"
