"""`uitwerk doctor`: says what is configured, without secrets, what is unsafe, and what to do about it."""

import argparse
import ipaddress
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, make_url
from sqlalchemy.orm import Session

from backend import mailing
from backend.clock import chosen
from backend.commands import Refused, surroundings
from backend.services import health
from backend.settings import Settings, SettingsError
from backend.storage import keys, migrate
from backend.storage.sealing import SealError

LEAST_ARGON2_KIB = 19456
"""Memory of a password hash below which it is too cheap to guess (OWASP Password Storage Cheat Sheet)."""

_ADDRESS = re.compile(r"[^@,;]+@[^@,;]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was found, and what to do when it is unsafe (empty when it is fine)."""

    what: str
    do: str = ""


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing: everything comes from the environment."""


def run(_args: argparse.Namespace) -> int:
    """Print every finding; 1 when anything is unsafe."""
    found = surroundings.settings()
    findings = list(examine(found))
    for finding in findings:
        print(f"UNSAFE  {finding.what}\n        -> {finding.do}" if finding.do else f"ok      {finding.what}")
    unsafe = sum(bool(finding.do) for finding in findings)
    print(f"{unsafe} unsafe of {len(findings)} looked at")
    return 1 if unsafe else 0


def examine(found: Settings) -> Iterator[Finding]:
    """Yield what there is to say about an installation, the settings first."""
    yield Finding(f"APP_ENV is {found.app_env}", "leave APP_ENV unset outside tests" if found.testing else "")
    yield from _reach(found)
    yield from _mail(found)
    yield from _operator(found)
    yield from _phones(found)
    weak = found.argon2_memory_kib < LEAST_ARGON2_KIB
    do = f"set UITWERK_ARGON2_MEMORY_KIB to {LEAST_ARGON2_KIB} or more" if weak else ""
    yield Finding(f"password hashes take {found.argon2_memory_kib} KiB", do)
    yield from _files(found)
    yield from _stored(found)


def _reach(found: Settings) -> Iterator[Finding]:
    address = urlsplit(found.public_url)
    plain = address.scheme != "https" and not loopback(address.hostname or "")
    do = "put a server with TLS in front and set UITWERK_BASE_URL to its https:// address" if plain else ""
    yield Finding(f"people reach it at {address.scheme}://{address.netloc.rpartition('@')[2]}", do)
    opened = not loopback(found.host)
    do = "set UITWERK_HOST to 127.0.0.1 and let the server with TLS pass requests on" if opened else ""
    yield Finding(f"it listens on {found.host}, port {found.port}", do)


def _mail(found: Settings) -> Iterator[Finding]:
    if not found.mail_host:
        yield Finding("no mail server: reminders only become files", "set UITWERK_MAIL_HOST and UITWERK_MAIL_FROM")
        return
    plain = found.mail_security == "none" and not loopback(found.mail_host)
    do = "set UITWERK_MAIL_SECURITY to starttls or tls" if plain else ""
    yield Finding(f"mail goes through {found.mail_host}:{found.mail_port} ({found.mail_security})", do)


def _operator(found: Settings) -> Iterator[Finding]:
    addresses = found.operator_mail.split()
    if not addresses and not found.operator_urls.split():
        yield Finding("nobody is told when reminders stop", "set UITWERK_OPERATOR_MAIL to who runs this")
        return
    if addresses:
        do = "" if all(map(_ADDRESS.fullmatch, addresses)) else "set it to addresses with spaces between"
        yield Finding(f"UITWERK_OPERATOR_MAIL names {len(addresses)} who are told when reminders stop", do)
    try:
        mailing.alarms(found)
    except SettingsError as error:
        yield Finding("the services in UITWERK_OPERATOR_URLS cannot be told", str(error))


def _phones(found: Settings) -> Iterator[Finding]:
    """Yield which further ways to phones are set up: none has to be, but what is begun has to be whole."""
    if not found.sms_url:
        yield Finding("no SMS gateway")
    else:
        do = "" if found.sms_token else "set UITWERK_SMS_TOKEN"
        yield Finding(f"SMS go through {urlsplit(found.sms_url).hostname}", do)
        told = "may" if found.sms_secret else "cannot: UITWERK_SMS_SECRET is not set"
        yield Finding(f"the SMS gateway {told} say what became of a message")
    yield _keyed("FCM", "UITWERK_FCM_FILE", found.fcm_file, {})
    named = {"KEY_ID": found.apns_key_id, "TEAM": found.apns_team, "TOPIC": found.apns_topic}
    yield _keyed("APNs", "UITWERK_APNS_KEY_FILE", found.apns_key_file, named)


def _keyed(name: str, variable: str, path: Path | None, named: Mapping[str, str]) -> Finding:
    if path is None:
        return Finding(f"no {name}")
    missing = [f"UITWERK_APNS_{part}" for part, value in named.items() if not value]
    lost = "" if path.is_file() else f"put the file there, or unset {variable}"
    return Finding(f"{name} signs with {path}", lost or (f"set {', '.join(missing)}" if missing else ""))


def _files(found: Settings) -> Iterator[Finding]:
    if not found.data_dir.exists():
        yield Finding(f"the data folder {found.data_dir} does not exist yet", "run: uitwerk migrate")
        return
    yield _private(found.data_dir, "data folder", "700")
    if found.keys.exists():
        yield _private(found.keys, "key", "600")
    else:
        yield Finding(f"the key {found.keys} is not there yet")


def _private(path: Path, name: str, mode: str) -> Finding:
    others = stat.S_IMODE(path.stat().st_mode) & 0o077
    return Finding(f"the {name} is {path}", f"others may read it; run: chmod {mode} {path}" if others else "")


def _stored(found: Settings) -> Iterator[Finding]:
    url = make_url(found.url)
    where = url.database or ""
    yield Finding(f"the database is {url.get_backend_name()}, {where}{f' on {url.host}' if url.host else ''}")
    if url.get_backend_name() == "sqlite" and not Path(where).exists():
        yield Finding("the database does not exist yet", "run: uitwerk migrate")
        return
    try:
        with surroundings.database(found) as engine:
            yield from _schema(found, engine)
    except Refused as error:
        yield Finding("the database does not answer", str(error))


def _schema(found: Settings, engine: Engine) -> Iterator[Finding]:
    stands = migrate.current(engine)
    try:
        surroundings.at_head(engine)
    except Refused as error:
        yield Finding(f"the schema is {stands or 'not there'}", str(error))
        return
    yield Finding(f"the schema is {stands}, the newest")
    yield _key(found, engine)
    with Session(engine) as session:
        weak = health.weak(session)
        survives = "may be lost in" if weak else "survives"
        do = f"switch these on: {', '.join(weak)}" if weak else ""
        yield Finding(f"what is stored {survives} a power cut", do)
        silent = health.silence(session, chosen(found.clock_file)(), found.dispatcher_silence_s)
        do = "run: uitwerk serve, or uitwerk dispatch" if silent else ""
        yield Finding(silent.what if silent else "a dispatcher is alive", do)
        admin = health.has_admin(session)
        do = "" if admin else "run: uitwerk invite --role admin ..."
        yield Finding("somebody is administrator" if admin else "nobody is administrator", do)


def _key(found: Settings, engine: Engine) -> Finding:
    try:
        keys.check(engine, found.keys)
    except SealError as error:
        return Finding(f"the key does not serve: {error}", "put the right key back from its backup")
    return Finding("the key fits the database")


def loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
