"""Where a push message may go: a browser names the address, so it is held against a list and its numbers are looked at.

Whatever a phone sends us here, nothing inside the house is ever called (P32): https and port 443, a host that is on the
list, an address that is public, and the connection goes to that very address, however the name is answered next time.
"""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

PORT = 443
LONGEST = 2048

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FORM = re.compile(
    rf"https://(?P<host>{_LABEL}(?:\.{_LABEL})+)(?::(?P<port>[1-9][0-9]{{0,4}}))?(?P<path>/[\w.~:/?&=%+@!$'()*,;\[\]-]*)",
    re.ASCII,
)
_GLOBAL_V6 = ip_network("2000::/3")
_TRANSLATED = ip_network("64:ff9b::/96")


class NotPublic(OSError):
    """A name that is on the list leads to an address that is not public."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The list: names, with `*.` in front for whatever is below. `seams` are `host:port` that only tests may name."""

    names: tuple[str, ...]
    seams: tuple[str, ...] = ()

    def knows(self, host: str) -> bool:
        """Whether a host stands on the list."""
        return any(host.endswith(name[1:]) if name.startswith("*.") else host == name for name in self.names)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address that may be called; `seam` is true for one that only a test can name."""

    host: str
    port: int
    path: str
    seam: bool = False

    @property
    def origin(self) -> str:
        """The address of the push service itself."""
        return f"https://{self.host}" + ("" if self.port == PORT else f":{self.port}")


def listed(names: str, seams: str = "") -> Hosts:
    """Return the list written with spaces between."""
    return Hosts(tuple(names.split()), tuple(seams.split()))


def parse(text: str, hosts: Hosts) -> Endpoint:
    """Return the address a text names. Raises ValueError for one that is not to be called."""
    found = _FORM.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ValueError("not the address of a push service")
    host, port = found["host"], int(found["port"] or PORT)
    if f"{host}:{port}" in hosts.seams:
        return Endpoint(host, port, found["path"], seam=True)
    if port != PORT or not hosts.knows(host):
        raise ValueError("not a known push service")
    return Endpoint(host, port, found["path"])


def addresses(endpoint: Endpoint) -> list[str]:
    """Return the addresses a host has at this moment. Raises NotPublic if one is not public, OSError if it has none."""
    found = looked_up(endpoint)
    if not endpoint.seam and not all_public(found):
        raise NotPublic("an address that is not public")
    return found


def looked_up(endpoint: Endpoint) -> list[str]:
    """Return the addresses a host has at this moment, public or not. Raises OSError if it has none."""
    told = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(where[0]) for *_, where in told))


def all_public(found: Iterable[str]) -> bool:
    """Whether every one of some numeric addresses is public."""
    return all(_public(address) for address in found)


def _public(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    inner = _inner(address)
    if inner is not None:
        return inner.is_global and not inner.is_multicast
    return address.scope_id is None and address in _GLOBAL_V6 and address.is_global


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a mapped, translated or tunnelled one really means."""
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour
