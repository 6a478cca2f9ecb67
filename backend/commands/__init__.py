"""The subcommands of `uitwerk`, one module each: `add_arguments(parser)` and `run(args)`, which gives the exit code."""


class Refused(Exception):
    """The command will not do what was asked; its message is one sentence for the terminal. Exit code 1."""
