"""Tests that hold the code to how the house is laid out."""
