"""Every route of an application, also those that stand in a router of it."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute


def all_routes(routes: Iterable[BaseRoute]) -> list[BaseRoute]:
    """The routes themselves, in order: an included router is replaced by what it holds."""
    found: list[BaseRoute] = []
    for route in routes:
        router = getattr(route, "original_router", None)
        found += [route] if router is None else all_routes(router.routes)
    return found
