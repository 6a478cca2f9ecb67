"""The command line `uitwerk`: finds the command that is asked for, runs it, and turns a refusal into an exit code."""

import os
import sys
from collections.abc import Sequence

from backend.commands import Refused
from backend.commands.table import make_parser

OK, REFUSED, USAGE = 0, 1, 2
"""Exit codes: done; refused, failed or found unsafe; the command line itself was wrong."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; wrong usage leaves through SystemExit(2)."""
    told = list(sys.argv[1:] if argv is None else argv)
    chosen = next((word for word in told if not word.startswith("-")), None)
    args = make_parser(chosen).parse_args(told)
    os.umask(0o077)  # what this program writes is for its owner alone, whatever folder it is told to use
    try:
        code: int = args.run(args)
    except Refused as error:
        print(f"uitwerk {args.command}: {error}", file=sys.stderr)  # noqa: T201  # the terminal is the reader
        return REFUSED
    return code
