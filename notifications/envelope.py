"""The envelope of a push message: content only the browser it is for can open (RFC 8291, aes128gcm of RFC 8188)."""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
LONGEST = 3000
"""Bytes of content; every push service takes an envelope of 4096 (RFC 8030, 7.2)."""
AUTH_BYTES = 16

_BLOCK = 1024
"""Content is filled up to a multiple of so many bytes, so that its length does not tell what kind of message it is."""
_RECORD = 4096
_LAST = b"\x02"
_SALT = 16
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Keys:
    """A browser's own keys: its public point (`p256dh`, uncompressed) and the secret it shared with us (`auth`)."""

    p256dh: bytes
    auth: bytes


def point(text: str) -> bytes:
    """Return a public point written in base64url. Raises ValueError for what is no point of the curve."""
    found = from_base64url(text)
    if found[:1] != b"\x04":
        raise ValueError("not an uncompressed point")
    ec.EllipticCurvePublicKey.from_encoded_point(CURVE, found)
    return found


def secret(text: str) -> bytes:
    """Return a browser's secret written in base64url. Raises ValueError for another length."""
    found = from_base64url(text)
    if len(found) != AUTH_BYTES:
        raise ValueError("not a secret of 16 bytes")
    return found


def seal(content: bytes, keys: Keys) -> bytes:
    """Return the content in an envelope for one browser. Raises ValueError when it is too long."""
    if len(content) > LONGEST:
        raise ValueError("too long for a push message")
    filling = bytes(-(len(content) + 1) % _BLOCK)
    return sealed_with(content + _LAST + filling, keys, ec.generate_private_key(CURVE), secrets.token_bytes(_SALT))


def sealed_with(record: bytes, keys: Keys, ours: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Return the envelope of a whole record under a key pair and salt that are used this one time."""
    public = encoded(ours.public_key())
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, keys.p256dh))
    mixed = _derived(shared, keys.auth, b"WebPush: info\x00" + keys.p256dh + public, 32)
    key = _derived(mixed, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(mixed, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(key).encrypt(nonce, record, None)


def encoded(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64url(content: bytes) -> str:
    """Return bytes as base64url without filling."""
    return urlsafe_b64encode(content).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Return the bytes of base64url, filled up or not. Raises ValueError for anything else."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(material)
