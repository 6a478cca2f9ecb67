"""The subcommands of `uitwerk`, one module each, loaded only when asked for."""
