"""Proof with real processes over real HTTP, on both databases."""
