"""The clinic: frozen dataclasses and pure functions, standard library only."""
