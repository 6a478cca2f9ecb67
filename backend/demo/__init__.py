"""Invented patients for trying the product out: a seeded story, and what writes it into an empty database."""
