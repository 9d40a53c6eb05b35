"""What one person asks and another confirms while the database takes no ask: it stands in a file beside the heads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from gateway.errors.tree import Refused
from gateway.installation.gateway import Gateway
from gateway.wording.views import JsonValue
from keys.whole_file import write_whole
from outcome_verifier import canonical


def confirm_or_ask(
    gateway: Gateway, name: str, said: Mapping[str, JsonValue], *, refusal: Callable[[str], Refused]
) -> str:
    """The name of another person who asked the very same before; empty where nobody did: then whoever acts has asked it
    now. `said` is JSON: an ask about another state is one of another time, and confirms nothing.

    Raises what `refusal` makes of a reason where the file is damaged.
    """
    file = gateway.settings.heads_directory / name
    try:
        asked = json.loads(file.read_bytes())
        by, before = str(asked["by"]), asked["asked"]
    except FileNotFoundError:
        by, before = "", None
    except (ValueError, TypeError, KeyError):
        raise refusal(f"{name} is damaged; remove it and ask again") from None
    if before == said and gateway.actor.is_second_to(by):
        return by
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(file, canonical.dumps({"by": gateway.actor.name, "asked": dict(said)}))
    return ""


def forget_ask(gateway: Gateway, name: str) -> None:
    """Remove what was asked, once it is confirmed or there is nothing to ask."""
    (gateway.settings.heads_directory / name).unlink(missing_ok=True)
