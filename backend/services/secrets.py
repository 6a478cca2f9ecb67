"""What people prove themselves with: password hashes, one-time codes, and the random strings we hand out."""

import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from backend.domain.passwords import normal
from backend.settings import Settings

STEP_S = 30
DRIFT = 1
"""How many time steps a phone's clock may be off."""


def new() -> str:
    """Return a fresh secret of 256 bits."""
    return secrets.token_urlsafe(32)


def hashed(settings: Settings, password: str) -> str:
    """Return the argon2id hash of a password (t=2, p=1, memory as set). Slow: never inside a transaction."""
    return _hasher(settings.argon2_memory_kib).hash(normal(password))


def matches(settings: Settings, password_hash: str | None, password: str) -> bool:
    """Whether a password belongs to a hash; without one just as slow, and never. Not inside a transaction."""
    memory_kib = settings.argon2_memory_kib
    try:
        _hasher(memory_kib).verify(password_hash or _nobodys(memory_kib), normal(password))
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def totp_seed(material: bytes) -> str:
    """Return the TOTP seed (RFC 6238, 160 bits, base 32) made of keyed key material of at least 20 bytes."""
    return b32encode(material[:20]).decode()


def totp_uri(seed: str, email: str) -> str:
    """Return the address by which an authenticator app takes a seed over."""
    return pyotp.TOTP(seed).provisioning_uri(name=email, issuer_name="Uitwerk")


def totp_step(seed: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """Return the time step a code belongs to; None for a wrong code and for one used before."""
    here = int(now.timestamp()) // STEP_S
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(pyotp.TOTP(seed).generate_otp(step), code) and (last_step is None or step > last_step):
            return step
    return None


@cache
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=memory_kib, parallelism=1)


@cache
def _nobodys(memory_kib: int) -> str:
    """Return the hash that unknown people are measured against, so that they take as long as known ones."""
    return _hasher(memory_kib).hash(new())
