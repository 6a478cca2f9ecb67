"""Who sends a push message: signed with the installation's own key (RFC 8292), which browsers subscribe to."""

from datetime import datetime, timedelta

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from notifications.envelope import CURVE, base64url, encoded

_HOLDS = timedelta(hours=12)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def public_key(secret: bytes) -> str:
    """Return what a browser subscribes with: the public point of a 32-byte secret, base64url."""
    return base64url(encoded(_private(secret).public_key()))


def authorization(secret: bytes, origin: str, contact: str, now: datetime) -> str:
    """Return the Authorization header for a push service; `contact` is a mailto: or https: address of ours."""
    claims = {"aud": origin, "exp": int((now + _HOLDS).timestamp()), "sub": contact}
    key = _private(secret)
    return f"vapid t={jwt.encode(claims, key, 'ES256')}, k={base64url(encoded(key.public_key()))}"


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of a secret; any 32 bytes make one."""
    return ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, CURVE)
