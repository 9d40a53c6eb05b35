"""What was seen, without keeping it: digests of texts under a key that ends with whoever holds it."""

from __future__ import annotations

import secrets
from hashlib import blake2b

_DIGEST_BYTES = 12  # of a million texts two would be taken for one once in 10^16 times


class KeyedDigests:
    """Digests that tell texts apart within one reading, and mean nothing outside it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)

    def of(self, *texts: str) -> bytes:
        """The digest of these texts in this order; where one ends and the next begins counts."""
        digest = blake2b(digest_size=_DIGEST_BYTES, key=self._key)
        for text in texts:
            content = text.encode("utf-8", "surrogatepass")
            digest.update(len(content).to_bytes(8) + content)
        return digest.digest()
