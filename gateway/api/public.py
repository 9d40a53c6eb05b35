"""The public files: only what `publication.publish` wrote, with the media types that their formats name."""

from __future__ import annotations

import os
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_MEDIA_TYPES = {
    "status/": "application/statuslist+jwt",
    "vct/": "application/json",
    ".well-known/": "application/json",
    "log/": "text/plain; charset=utf-8",
    "trust.json": "application/json",
}


class PublicFiles(StaticFiles):
    """Static files below the public directory; nothing else is reachable, and temporary files never are."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, follow_symlink=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        name = path.replace(os.sep, "/")
        for prefix, media_type in _MEDIA_TYPES.items():
            if name.startswith(prefix):
                response.headers["Content-Type"] = media_type
        response.headers["Cache-Control"] = "max-age=60"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response
