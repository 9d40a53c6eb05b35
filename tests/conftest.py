"""Fixtures for every test."""

from __future__ import annotations

from tests.support.databases import database_url, empty_postgres_url, postgres_url, store

__all__ = ["database_url", "empty_postgres_url", "postgres_url", "store"]
