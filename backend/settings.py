"""The settings: one frozen object read from the environment, each variable with its type, default and meaning."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """The environment asks for something unsafe or unreadable; the process must not start."""


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_PUSH_HOST = re.compile(rf"(\*\.)?({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?", re.ASCII)
_PUSH_HOSTS = (
    "fcm.googleapis.com updates.push.services.mozilla.com *.push.services.mozilla.com *.notify.windows.com "
    "web.push.apple.com *.push.apple.com"
)


_MOST_EMERGENCY_HOURS = 24
"""Access in an emergency is short (P25), whatever an installation sets."""


def _var(name: str, kind: str, default: object, meaning: str) -> Any:
    return field(default=default, metadata={"name": name, "kind": kind, "default": default, "meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside. Only tests may use the seams (the last of them)."""

    app_env: str = _var("APP_ENV", "str", "production", "production, or test: only then are the test seams honoured")
    database_url: str = _var(
        "DATABASE_URL",
        "str",
        "",
        "SQLAlchemy URL; empty means SQLite in the data folder; postgresql:// means psycopg 3",
    )
    data_dir: Path = _var("UITWERK_DATA_DIR", "path", Path("instance"), "folder of the database, keys and mail outbox")
    key_file: Path | None = _var(
        "UITWERK_KEY_FILE", "path", None, "the key that seals identities; made (0600) while nothing is sealed yet"
    )
    host: str = _var("UITWERK_HOST", "str", "127.0.0.1", "address the web server listens on; loopback unless told")
    port: int = _var("UITWERK_PORT", "int", 8000, "port the web server listens on")
    base_url: str = _var(
        "UITWERK_BASE_URL",
        "str",
        "",
        "address people reach us at, in links and QR codes; empty means host and port",
    )
    proxies: int = _var(
        "UITWERK_PROXIES", "int", 0, "how many proxies of yours stand in front and name the caller in X-Forwarded-For"
    )
    workers: int = _var("UITWERK_WORKERS", "int", 2, "web processes")
    threads: int = _var("UITWERK_THREADS", "int", 4, "threads of each web process")
    log_level: str = _var("UITWERK_LOG_LEVEL", "str", "INFO", "DEBUG, INFO, WARNING or ERROR")
    busy_timeout_ms: int = _var("UITWERK_BUSY_TIMEOUT_MS", "int", 5000, "how long a write waits for a lock")
    body_limit: int = _var("UITWERK_BODY_LIMIT", "int", 256 * 1024, "largest body of a request in bytes")
    access_minutes: int = _var("UITWERK_ACCESS_MINUTES", "int", 15, "life of an access token")
    refresh_days: int = _var("UITWERK_REFRESH_DAYS", "int", 180, "how long a phone may stay silent before pairing anew")
    staff_idle_minutes: int = _var("UITWERK_STAFF_IDLE_MINUTES", "int", 20, "staff sessions end after this silence")
    staff_hours: int = _var("UITWERK_STAFF_HOURS", "int", 12, "staff sessions end after this long whatever happens")
    login_limit: int = _var("UITWERK_LOGIN_LIMIT", "int", 10, "failed log-ins per account and quarter of an hour")
    pairing_limit: int = _var(
        "UITWERK_PAIRING_LIMIT", "int", 30, "wrong pairing codes per address and quarter of an hour"
    )
    emergency_hours: int = _var(
        "UITWERK_EMERGENCY_HOURS", "int", 4, "how long a record opened in an emergency stays open: 1 to 24"
    )
    min_client: str = _var("UITWERK_MIN_CLIENT", "str", "0", "oldest version of the app that is still supported")
    sync_backoff_s: int = _var(
        "UITWERK_SYNC_BACKOFF_S", "int", 0, "seconds phones wait between two calls of sync; more takes load off"
    )
    dispatch_every_s: float = _var("UITWERK_DISPATCH_EVERY_S", "float", 5.0, "seconds between looks for due reminders")
    dispatch_width: int = _var(
        "UITWERK_DISPATCH_WIDTH", "int", 4, "messages of one channel that a dispatcher sends at a time"
    )
    lease_s: int = _var("UITWERK_LEASE_S", "int", 120, "how long a dispatcher may hold a reminder it claimed")
    dispatcher_silence_s: int = _var(
        "UITWERK_DISPATCHER_SILENCE_S",
        "int",
        120,
        "silence of dispatchers, or wait of a due reminder, after which /readyz answers 503 and the operator is told",
    )
    watch_every_s: float = _var(
        "UITWERK_WATCH_EVERY_S",
        "float",
        20.0,
        "seconds between looks of the web process whether reminders go out",
    )
    operator_mail: str = _var(
        "UITWERK_OPERATOR_MAIL", "str", "", "addresses, with spaces between, told once when reminders stop going out"
    )
    operator_urls: str = _var(
        "UITWERK_OPERATOR_URLS", "str", "", "the same to Apprise addresses, with spaces between; needs uitwerk[apprise]"
    )
    mail_host: str = _var(
        "UITWERK_MAIL_HOST", "str", "", "SMTP server; empty means mail is written to the outbox folder"
    )
    mail_port: int = _var("UITWERK_MAIL_PORT", "int", 587, "SMTP port")
    mail_security: str = _var("UITWERK_MAIL_SECURITY", "str", "starttls", "starttls, tls or none")
    mail_user: str = _var("UITWERK_MAIL_USER", "str", "", "SMTP user; empty means no log-in")
    mail_password: str = _var("UITWERK_MAIL_PASSWORD", "str", "", "SMTP password")
    mail_from: str = _var("UITWERK_MAIL_FROM", "str", "uitwerk@localhost", "sender of reminders")
    push_hosts: str = _var(
        "UITWERK_PUSH_HOSTS", "str", _PUSH_HOSTS, "push services of browsers that may be called; *. for all below"
    )
    push_contact: str = _var(
        "UITWERK_PUSH_CONTACT",
        "str",
        "",
        "mailto: or https: address told to push services; empty means our own if https, else the sender of mail",
    )
    push_key_file: Path | None = _var(
        "UITWERK_PUSH_KEY_FILE",
        "path",
        None,
        "the key that signs push messages; made (0600) when first needed; without it all subscriptions are gone",
    )
    sms_url: str = _var("UITWERK_SMS_URL", "str", "", "HTTPS address of the SMS gateway; empty means no SMS")
    sms_token: str = _var("UITWERK_SMS_TOKEN", "str", "", "bearer token for the SMS gateway")
    sms_sender: str = _var("UITWERK_SMS_SENDER", "str", "Uitwerk", "sender of SMS: a number or up to 11 letters")
    sms_fields: str = _var(
        "UITWERK_SMS_FIELDS",
        "str",
        "",
        "the gateway's own names, as ours=theirs with spaces between, of: to text from reference callback validity",
    )
    sms_secret: str = _var(
        "UITWERK_SMS_SECRET", "str", "", "secret the gateway signs its callbacks with; empty means none are taken"
    )
    fcm_file: Path | None = _var("UITWERK_FCM_FILE", "path", None, "service account of Firebase (JSON); none: no FCM")
    apns_key_file: Path | None = _var("UITWERK_APNS_KEY_FILE", "path", None, "signing key of APNs (.p8); none: no APNs")
    apns_key_id: str = _var("UITWERK_APNS_KEY_ID", "str", "", "id of the APNs key")
    apns_team: str = _var("UITWERK_APNS_TEAM", "str", "", "team the APNs key belongs to")
    apns_topic: str = _var("UITWERK_APNS_TOPIC", "str", "", "bundle id of the app that APNs wakes")
    apns_sandbox: int = _var("UITWERK_APNS_SANDBOX", "int", 0, "1 for development builds of the app")
    argon2_memory_kib: int = _var(
        "UITWERK_ARGON2_MEMORY_KIB", "int", 19456, "memory of a password hash; less only in tests"
    )
    clock_file: Path | None = _var("CLOCK_FILE", "path", None, "test only: seconds by which the clock is shifted")
    push_test_hosts: str = _var("UITWERK_PUSH_TEST_HOSTS", "str", "", "test only: host:port of further push services")
    push_test_ca: Path | None = _var("UITWERK_PUSH_TEST_CA", "path", None, "test only: who vouches for push services")
    back_off: str = _var("UITWERK_TEST_BACK_OFF_S", "str", "", "test only: seconds between tries, spaces between")
    failpoint: str = _var("FAILPOINT", "str", "", "test only: name:kill, name:raise or name:sleep, see the dispatcher")

    @property
    def testing(self) -> bool:
        """Whether the test seams are honoured."""
        return self.app_env == "test"

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL, with the PostgreSQL driver named."""
        if not self.database_url:
            return f"sqlite:///{(self.data_dir / 'uitwerk.db').resolve()}"
        for prefix in ("postgresql://", "postgres://"):
            if self.database_url.startswith(prefix):
                return "postgresql+psycopg://" + self.database_url.removeprefix(prefix)
        return self.database_url

    @property
    def keys(self) -> Path:
        """The file of the sealing key."""
        return self.key_file or self.data_dir / "uitwerk.key"

    @property
    def push_key(self) -> Path:
        """The file of the key that push messages are signed with, beside the sealing key where not told otherwise."""
        return self.push_key_file or self.keys.with_name("push.key")

    @property
    def push_sender(self) -> str:
        """Whom a push service may write to when something is wrong with our messages."""
        own = self.public_url if self.public_url.startswith("https://") else f"mailto:{self.mail_from}"
        return self.push_contact or own

    @property
    def public_url(self) -> str:
        """The address people reach us at, without a closing slash."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def variables() -> list[Mapping[str, Any]]:
    """Return name, kind, default and meaning of every variable, in the order of the reference page."""
    return [f.metadata for f in fields(Settings)]


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of an environment (the process's own by default).

    Raises SettingsError for a value of the wrong type and for a test seam outside APP_ENV=test.
    """
    source = os.environ if environ is None else environ
    settings = Settings(**{f.name: _value(source, f.metadata) for f in fields(Settings)})
    if settings.app_env not in {"production", "test"}:
        raise SettingsError("APP_ENV is production or test.")
    for name in () if settings.testing else _SEAMS:
        if getattr(settings, name):
            raise SettingsError(
                f"{Settings.__dataclass_fields__[name].metadata['name']} is a test seam: it needs APP_ENV=test."
            )
    _check_push(settings)
    if not 1 <= settings.emergency_hours <= _MOST_EMERGENCY_HOURS:
        raise SettingsError(f"UITWERK_EMERGENCY_HOURS lies from 1 to {_MOST_EMERGENCY_HOURS}.")
    if settings.mail_security not in {"starttls", "tls", "none"}:
        raise SettingsError("UITWERK_MAIL_SECURITY is starttls, tls or none.")
    return settings


def _check_push(settings: Settings) -> None:
    for host in settings.push_hosts.split():
        if not _PUSH_HOST.fullmatch(host):
            raise SettingsError("UITWERK_PUSH_HOSTS holds names of hosts, with spaces between, each with a dot in it.")
    if not settings.push_sender.startswith(("mailto:", "https://")):
        raise SettingsError("UITWERK_PUSH_CONTACT begins with mailto: or https://.")


def _value(environ: Mapping[str, str], meta: Mapping[str, Any]) -> Any:
    text = environ.get(meta["name"], "").strip()
    if not text:
        return meta["default"]
    try:
        return _READERS[meta["kind"]](text)
    except ValueError as error:
        raise SettingsError(f"{meta['name']} is not of type {meta['kind']}.") from error


_SEAMS = ("clock_file", "push_test_hosts", "push_test_ca", "back_off", "failpoint")
_READERS: Mapping[str, Any] = {"str": str, "int": int, "float": float, "path": Path}
