"""Hashes of a log's tree from tiles that were fetched beforehand (c2sp.org/tlog-tiles): files, never the network.

Nothing that a tile says is trusted: whoever uses a hash proves with it, and a wrong one leads to no proof.
"""

from __future__ import annotations

import re
from pathlib import Path

from outcome_verifier.tlog import HASH_BYTES, node_hash

WIDTH = 256
_HEIGHT = 8  # levels of the tree in one tile
_PARTIAL = re.compile(r"[1-9][0-9]{0,2}")


class HashTiles:
    """The tiles below `<folder>/tile`, or below `<folder>/<kind>/tile` as a gateway publishes its logs."""

    def __init__(self, folder: Path, kind: str) -> None:
        beside = folder / kind / "tile"
        self._folder = beside if beside.is_dir() else folder / "tile"

    def node(self, level: int, index: int) -> bytes | None:
        """What the tiles say of the full subtree of 2^level leaves at this index; None where they do not say it."""
        tile_level, above = divmod(level, _HEIGHT)
        first = index << above
        tile, offset = divmod(first, WIDTH)
        data = self._read(tile_level, tile, offset + (1 << above))
        if data is None:
            return None
        hashes = [data[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(offset, offset + (1 << above))]
        while len(hashes) > 1:
            hashes = [node_hash(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
        return hashes[0]

    def _read(self, level: int, tile: int, width: int) -> bytes | None:
        """A full tile, or a partial one that is wide enough. Raises `OSError` where it is there and cannot be read."""
        whole = self._folder / str(level) / _name(tile)
        partial = whole.with_name(f"{whole.name}.p")
        beside = partial.iterdir() if partial.is_dir() else ()
        widths = sorted(int(path.name) for path in beside if _PARTIAL.fullmatch(path.name))
        tiles = [(whole, WIDTH), *((partial / str(wide), wide) for wide in widths if width <= wide < WIDTH)]
        for path, expected in tiles:
            if path.is_file():
                with path.open("rb") as file:
                    data = file.read(WIDTH * HASH_BYTES + 1)
                if len(data) == expected * HASH_BYTES:
                    return data
        return None


def _name(tile: int) -> str:
    """`x001/234` for tile 1234."""
    digits = f"{tile:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
