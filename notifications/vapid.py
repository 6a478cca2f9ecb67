"""Who sends a push message: signed with the installation's own key (RFC 8292), which browsers subscribe to."""

import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from notifications.envelope import CURVE, base64url, encoded

_HOLDS = timedelta(hours=12)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SIDE = 32


def public_key(secret: bytes) -> str:
    """Return what a browser subscribes with: the public point of a 32-byte secret, base64url."""
    return base64url(encoded(_private(secret).public_key()))


def authorization(secret: bytes, origin: str, contact: str, now: datetime) -> str:
    """Return the Authorization header for a push service; `contact` is a mailto: or https: address of ours."""
    claims = {"aud": origin, "exp": int((now + _HOLDS).timestamp()), "sub": contact}
    signed = f"{_part({'typ': 'JWT', 'alg': 'ES256'})}.{_part(claims)}"
    key = _private(secret)
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = base64url(r.to_bytes(_SIDE, "big") + s.to_bytes(_SIDE, "big"))
    return f"vapid t={signed}.{signature}, k={base64url(encoded(key.public_key()))}"


def _private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of a secret; any 32 bytes make one."""
    return ec.derive_private_key(int.from_bytes(secret, "big") % (_ORDER - 1) + 1, CURVE)


def _part(told: dict[str, Any]) -> str:
    return base64url(json.dumps(told, separators=(",", ":")).encode())
