"""A push service of our own over TLS, with a certificate of our own, and a browser that opens what it is sent."""

import json
import ssl
import threading
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import uuid4

import http_ece
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from notifications import vapid
from notifications.envelope import CURVE, base64url, encoded

SECRET = b"v" * 32
CONTACT = "mailto:post@clinic.example"
LOOPBACK, NAME = "127.0.0.1", "push.test"


@dataclass(frozen=True, slots=True)
class Pushed:
    """One message as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Takes everything, unless told what to answer, by path; `drips` answers without end."""

    port: int
    ca: Path
    got: list[Pushed] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    drips: threading.Event = field(default_factory=threading.Event)

    @property
    def seam(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def origin(self) -> str:
        return f"https://{self.seam}"

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


@dataclass
class Browser:
    """One browser with its subscription at a push service."""

    origin: str
    path: str = field(default_factory=lambda: f"/send/{uuid4().hex}")
    auth: bytes = b"a" * 16
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))

    @property
    def told(self) -> dict[str, Any]:
        """The subscription as the browser tells it."""
        keys = {"p256dh": base64url(encoded(self.key.public_key())), "auth": base64url(self.auth)}
        return {"endpoint": self.origin + self.path, "keys": keys}

    def address(self, name: str = "one", secret: bytes = SECRET) -> dict[str, str]:
        """The subscription as it stands in an address."""
        signed_for = vapid.public_key(secret)
        return {"id": name, "endpoint": self.told["endpoint"], **self.told["keys"], "signed_for": signed_for}

    def opened(self, body: bytes) -> Any:
        """Return what an envelope holds."""
        content = http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        return json.loads(content)


def signer(header: str) -> tuple[dict[str, Any], str]:
    """Return the claims of an Authorization header and the key it names; fails where the signature does not fit."""
    told = dict(part.split("=", 1) for part in header.removeprefix("vapid ").split(", "))
    signed, _, signature = told["t"].rpartition(".")
    r, s = (int.from_bytes(half, "big") for half in (_bytes(signature)[:32], _bytes(signature)[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(told["k"]))
    public.verify(encode_dss_signature(r, s), signed.encode(), ec.ECDSA(SHA256()))
    head, claims = (json.loads(_bytes(part)) for part in signed.split("."))
    assert head == {"typ": "JWT", "alg": "ES256"}
    return claims, told["k"]


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def push_service(folder: Path) -> Iterator[PushService]:
    """Run a push service; its certificate and the authority behind it are made in `folder`."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads, server.block_on_close = True, False
    service = PushService(server.server_port, folder / "ca.pem")
    server.service = service  # type: ignore[attr-defined]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.drips.clear()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        service: PushService = self.server.service  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        service.got.append(Pushed(self.path, dict(self.headers), body))
        status, headers = service.answers.get(self.path, (201, {}))
        while service.drips.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            threading.Event().wait(0.02)
        told = f"HTTP/1.1 {status} So\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.wfile.write(f"{told}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            return  # the other side hung up

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def certified(folder: Path) -> Path:
    """Make an authority and a certificate for the loopback; return the file of the latter and its key."""
    authority, key = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A test authority")])
    root = _certificate(issuer, issuer, authority, authority.public_key(), x509.BasicConstraints(True, None))
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK)), x509.DNSName(NAME)])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "A push service")])
    leaf = _certificate(subject, issuer, authority, key.public_key(), names)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "service.pem").write_bytes(private + leaf.public_bytes(Encoding.PEM))
    return folder / "service.pem"


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    signer_key: ec.EllipticCurvePrivateKey,
    public: ec.EllipticCurvePublicKey,
    says: x509.ExtensionType,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    made = made.serial_number(x509.random_serial_number()).add_extension(says, critical=False)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return made.sign(signer_key, SHA256())
