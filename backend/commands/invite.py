"""`uitwerk invite`: prints the link with which a member of staff enrols; how the first administrator gets in."""

import argparse
import re

from backend.commands import Refused, surroundings
from backend.domain.permissions import Role
from backend.services import people

ROLES = tuple(role.value for role in Role if role is not Role.PATIENT)
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,189}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Take who is invited, where, and as what."""
    parser.add_argument("--site", required=True, help="name of the centre; made when there is none of that name")
    parser.add_argument("--name", required=True, help="name of the person")
    parser.add_argument("--email", required=True, help="address they will log in with")
    parser.add_argument("--role", required=True, choices=ROLES, help="what they are here")
    parser.add_argument("--zone", default="Europe/Amsterdam", help="time zone of a new centre (%(default)s)")
    parser.add_argument("--language", default="nl", help="language of a new centre (%(default)s)")


def run(args: argparse.Namespace) -> int:
    """Print the link and until when it works. Raises Refused."""
    for value in (args.site, args.name):
        if not (value.strip() and len(value) <= 200 and value.isprintable()):
            raise Refused("site and name are 1 to 200 printable characters.")
    if not _EMAIL.fullmatch(args.email.strip()):
        raise Refused("that is no e-mail address.")
    found = surroundings.settings()
    with (
        surroundings.database(found) as engine,
        surroundings.unit(found, engine, writes=True) as ctx,
    ):
        made = people.invite_from_console(
            ctx, args.site, args.zone, args.language, args.name, args.email, Role(args.role)
        )
    # The token stands behind the #, which browsers do not send: it reaches no server's log.
    print(f"{found.public_url}/enrol#{made.token}")
    print(f"This link works once, for 15 minutes, until {made.expires_at:%H:%M} UTC.")
    return 0
