"""Saying it: when and how a reminder is told; knows no clinic, no SQL and no web framework."""
