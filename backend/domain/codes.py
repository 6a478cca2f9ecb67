"""Codes that are typed from a screen: Crockford's base 32, forgiving to read, a selector and a verifier."""

from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32 (crockford.com/base32): no I, L, O or U."""

SELECTOR = 4
VERIFIER = 8
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Code:
    """A typed pairing code: the selector finds it, the verifier proves it."""

    selector: str
    verifier: str

    @property
    def shown(self) -> str:
        """The code as it is shown: ABCD-EFGHJKMN."""
        return f"{self.selector}-{self.verifier}"


def from_bytes(random: bytes) -> Code:
    """Return the code made of at least 12 random bytes; five bits of each are used."""
    signs = "".join(ALPHABET[byte & 31] for byte in random[: SELECTOR + VERIFIER])
    if len(signs) < SELECTOR + VERIFIER:
        raise ValueError("too few random bytes")
    return Code(signs[:SELECTOR], signs[SELECTOR:])


def read(typed: str) -> Code | None:
    """Return the code somebody typed, None when it cannot be one.

    Case, spaces and hyphens do not matter; O is 0, I and L are 1.
    """
    signs = "".join(typed.upper().replace("-", "").split()).translate(_READ_AS)
    if len(signs) != SELECTOR + VERIFIER or not set(signs) <= set(ALPHABET):
        return None
    return Code(signs[:SELECTOR], signs[SELECTOR:])
