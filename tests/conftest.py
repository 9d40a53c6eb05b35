"""Fixtures for every test."""

from __future__ import annotations

from hypothesis import settings

from tests.support.databases import database_url, empty_postgres_url, postgres_url, store

__all__ = ["database_url", "empty_postgres_url", "postgres_url", "store"]

# how long an example takes says something of the machine and nothing of the code: speed is measured in bench/
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")
