"""Serve the HTTP API. The port is taken first, so that nobody is told of a service that cannot start."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

from gateway.errors.installation import CannotListen
from gateway.installation.gateway import Gateway
from gateway.installation.server_log import hush_libraries


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; who connects waits until it is served. Raises `CannotListen`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise CannotListen(address=f"{host}:{port}", reason=error.strerror or "refused") from None


def serve_on(listener: socket.socket, gateway: Gateway, *, say: Callable[[str], None]) -> None:
    """Serve this installation until an interrupt; `say` is told the address once everything is there."""
    import uvicorn

    from gateway.api.app import create_app

    gateway.load_policies()  # rules that are refused stop the service before it answers anybody
    hush_libraries(tells=True)
    # our own lines are the log: uvicorn's would hold paths, and messages of exceptions
    quiet = uvicorn.Config(
        create_app(gateway), log_config=None, log_level="warning", access_log=False, lifespan="off", server_header=False
    )
    server = uvicorn.Server(quiet)
    host, port = listener.getsockname()[:2]
    say(f"serving on http://{f'[{host}]' if ':' in host else host}:{port} (API document at /docs); Ctrl-C ends it")
    with suppress(KeyboardInterrupt):  # which uvicorn passes on when it has stopped
        server.run(sockets=[listener])
