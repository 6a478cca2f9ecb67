"""Tests of the demo story and of what writes it down."""
