"""`gateway release --asked`: what recipients asked for over HTTP is released."""

from __future__ import annotations

from gateway.cli.terminal import console, open_gateway, warn_of_development_key, writing


def answer_asks() -> None:
    """Release what waits, and say of the rest why it waits on."""
    from gateway.release import asks
    from gateway.release.publication import publish

    gateway = open_gateway()
    is_empty = True
    for one in asks.answer_asks(gateway):
        is_empty = False
        what = f"{one.contract} {one.window} {one.template} to {one.recipient}"
        if one.released is None:
            console.print(f"waits: {what}: {one.why_not}", style="yellow")
        else:
            console.print(f"released: {what} (entry {one.released.leaf_index} of the {one.released.log} log)")
    if is_empty:
        console.print("nothing that was asked for waits")
    with writing(gateway.settings.public_directory):
        publish(gateway)
    warn_of_development_key(gateway)
