"""Sealing: what names a person or is written in free words is kept encrypted, bound to its table, column and row."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_KEY_ID = b"\x01"
KEY_BYTES = 32


class SealError(Exception):
    """A sealed value does not open: wrong key, or it was moved or altered."""


def load_key(path: Path) -> bytes:
    """Return the 32-byte sealing key of a file, making it (mode 0600) when absent. Raises SealError if malformed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make_key(path)
    return _read_key(path)


def _make_key(path: Path) -> None:
    """Write a new key whole or not at all: of several processes starting at once, the first one's key stands."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex())
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except ValueError as error:
        raise SealError(f"{path.name} is not a key") from error
    if len(key) != KEY_BYTES:
        raise SealError(f"{path.name} is not a key of {KEY_BYTES} bytes")
    return key


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives; it opens nowhere else (additional authenticated data)."""

    table: str
    column: str
    row: str

    @property
    def bound(self) -> bytes:
        """The bytes the seal is bound to."""
        return "\x00".join((self.table, self.column, self.row)).encode()


class Sealer:
    """Seals and opens with one master key and a key per patient, itself sealed under the master key."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    def new_key(self, row: str) -> bytes:
        """Return a fresh key for a patient, sealed; throwing it away makes all its values unreadable (P28)."""
        return _seal(self._master, secrets.token_bytes(KEY_BYTES), Place("patients", "key", row))

    def seal(self, key: bytes, row: str, text: str | None, place: Place) -> bytes | None:
        """Return `text` sealed under a patient's sealed key; None stays None."""
        return None if text is None else _seal(self._open_key(key, row), text.encode(), place)

    def open(self, key: bytes, row: str, sealed: bytes | None, place: Place) -> str | None:
        """Return the text of a sealed value. Raises SealError."""
        return None if sealed is None else _open(self._open_key(key, row), sealed, place).decode()

    def seal_own(self, text: str, place: Place) -> bytes:
        """Return a secret of the installation itself (a TOTP seed) sealed under the master key."""
        return _seal(self._master, text.encode(), place)

    def open_own(self, sealed: bytes, place: Place) -> str:
        """Return a secret sealed with `seal_own`. Raises SealError."""
        return _open(self._master, sealed, place).decode()

    def opens(self, sealed: bytes, place: Place) -> bool:
        """Whether a value was sealed under this master key at a place."""
        try:
            _open(self._master, sealed, place)
        except (SealError, ValueError):
            return False
        return True

    def fingerprint(self, purpose: str, text: str) -> bytes:
        """Return a keyed hash by which a sealed value can be found again without opening any."""
        return hmac.new(self._master, f"{purpose}\x00{text}".encode(), hashlib.sha256).digest()

    def _open_key(self, key: bytes, row: str) -> bytes:
        return _open(self._master, key, Place("patients", "key", row))


def _seal(key: bytes, text: bytes, place: Place) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return _KEY_ID + nonce + AESGCM(key).encrypt(nonce, text, place.bound)


def _open(key: bytes, sealed: bytes, place: Place) -> bytes:
    nonce, body = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        return AESGCM(key).decrypt(nonce, body, place.bound)
    except InvalidTag as error:
        raise SealError("a sealed value does not open") from error
