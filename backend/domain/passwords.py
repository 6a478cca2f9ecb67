"""What a password must be: long, not made of the usual words, of who somebody is or of what this is called."""

import unicodedata

from backend.domain.errors import invalid

SHORTEST = 15
LONGEST = 200
PRODUCT = "uitwerk"
_USUAL = frozenset(
    """
    password passw0rd wachtwoord welkom welcome qwerty azerty asdfgh zxcvbn letmein iloveyou admin geheim secret
    ziekenhuis hospital neurologie neurology multiplesclerose multiplesclerosis natalizumab tysabri zomer winter lente
    herfst summer spring autumn voetbal football monkey dragon sunshine princess trustno changeme abcdefgh 0123456789
    1234567890 123456 654321
    """.split()  # noqa: SIM905 - a list of words reads better as text
)
"""Words that guessing begins with; a password that is little else than these is refused."""

_LEFT_OVER = 8
_DIFFERENT = 6


def check(password: str, email: str, name: str, pointer: str = "/password") -> str:
    """Return the password in its normal form (NFKC), or raise ClinicError `weak-password`.

    At least 15 characters, no demand for kinds of characters (NIST SP 800-63B-4, 3.1.1.2), and at least eight that
    remain when usual words, the product's name and the person's own name and address are taken out.
    """
    password = normal(password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise invalid(pointer, f"Must have between {SHORTEST} and {LONGEST} characters.", "weak-password")
    if len(set(password.casefold())) < _DIFFERENT:
        raise invalid(pointer, "Repeats the same few characters.", "weak-password")
    if len(_stripped(password, email, name)) < _LEFT_OVER:
        raise invalid(pointer, "Is made of usual words, your own name or address.", "weak-password")
    return password


def normal(password: str) -> str:
    """Return a password as it is hashed: the same on every keyboard (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _stripped(password: str, email: str, name: str) -> str:
    """Return what remains of a password without the words anybody would try."""
    parts = [*name.split(), *email.replace("@", ".").split("."), email.partition("@")[0]]
    own = {part for part in parts if len(part) > 2}
    left = password.casefold()
    for word in sorted({PRODUCT, *_USUAL, *(part.casefold() for part in own)}, key=lambda word: (-len(word), word)):
        left = left.replace(word, "")
    return "".join(left.split())
