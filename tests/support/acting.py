"""Who acts in tests of the store alone."""

from __future__ import annotations

from gateway.events import actor

SOMEBODY = actor.staff_member("somebody")
