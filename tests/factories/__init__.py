"""Factories: rows as they would stand in the database, one module per noun."""
