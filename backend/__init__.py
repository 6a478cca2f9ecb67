"""Uitwerk: a symptom diary tied to dosing intervals, for people with MS and those who treat and study them."""
