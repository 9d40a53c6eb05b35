"""Outcome contracts and their evaluation: pure functions over weeks, integers only, no clock and no database."""
