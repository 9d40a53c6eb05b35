"""The heads of the three logs, kept outside the database that holds the logs.

A database that was restored from a backup knows nothing of what it gave away since: it would give the same places to
other entries. So every transaction that appends begins by holding the logs against the newest heads that anybody saw,
and each commit leaves its own. The folder is never to be restored together with the database; then it says nothing.
Whoever may write in it can say what they want: what was published and handed out proves, and this only stops mistakes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sqlmodel import Session

from gateway.errors.installation import OutputUnwritable
from gateway.errors.oversight import CheckpointMismatch, HeadsLost
from gateway.store import ledger
from keys.whole_file import lock_folder, sync, write_beside, write_whole
from outcome_verifier import canonical

FILE = "heads.json"
_README = "README.txt"
_ABOUT = """\
heads.json says how long each log of the gateway is, and what its root is (RFC 6962).

Every transaction holds the database against it, so that a database which was restored from an old backup signs
nothing over places that others have in a receipt.

Back this folder up by itself, and NEVER restore it together with the database. If it is lost, nothing is written
until two people have run `gateway log keep-heads`.
"""


@dataclass(frozen=True, slots=True)
class LogHead:
    """How many entries a log has, and the RFC 6962 root over them."""

    size: int
    root: bytes


Heads = Mapping[str, LogHead]  # by log
NO_HEADS: Heads = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class KeptHeads:
    """The folder of the heads, on a disk of this machine."""

    folder: Path

    def read(self) -> Heads | None:
        """The heads that were kept last; None where there are none. Raises `HeadsLost` for a file that is damaged."""
        try:
            said = json.loads((self.folder / FILE).read_bytes())
            return {log: LogHead(int(size), bytes.fromhex(root)) for log, (size, root) in said["heads"].items()}
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise HeadsLost(where=str(self.folder / FILE), reason="is damaged") from None

    def read_or_none(self) -> Heads | None:
        """The same, and None where the file is damaged."""
        try:
            return self.read()
        except HeadsLost:
            return None

    def check(self, session: Session) -> Heads:
        """The kept heads, which the logs continue. Raises `CheckpointMismatch` where one does not, `HeadsLost` where
        none is kept of logs that hold something."""
        kept = self.read()
        if kept is None:
            if any(ledger.sizes(session).values()):
                raise HeadsLost(where=str(self.folder), reason="holds no heads of the logs")
            return {}
        check_continues(session, kept)
        return kept

    @contextmanager
    def keeping(self, heads: Heads, *, anew: bool = False) -> Iterator[None]:
        """Keep these heads when the block ends, in which they are committed; what it raises keeps those of before.

        They are written before the block, so that nothing is committed that cannot be kept, and only take their place
        behind it. One block goes on at a time, and of each log the longer head stays, but for those that are kept
        `anew`. Raises `OutputUnwritable`.
        """
        file = self.folder / FILE
        with self._writable():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock_folder(self.folder):
            before = {} if anew else self.read() or {}
            newest = {
                log: max(one, before.get(log, one), key=lambda head: head.size) for log, one in sorted(heads.items())
            }
            said = {log: [head.size, head.root.hex()] for log, head in newest.items()}
            with self._writable():
                if not (self.folder / _README).exists():
                    write_whole(self.folder / _README, _ABOUT.encode("ascii"))
                ready = write_beside(file, canonical.dumps({"v": 1, "heads": said}))
            try:
                yield
                with self._writable(is_done=True):
                    ready.replace(file)
                    sync(self.folder)
            finally:
                ready.unlink(missing_ok=True)

    @contextmanager
    def _writable(self, *, is_done: bool = False) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or "refused"
            raise OutputUnwritable(where=str(self.folder), reason=reason, is_done=is_done) from None


def heads_of(session: Session, known: Heads = NO_HEADS) -> Heads:
    """The present heads of the logs in the database; `known` are heads that they continue."""
    sizes = ledger.sizes(session)
    return {
        log: known[log] if log in known and known[log].size == size else LogHead(size, ledger.root(session, log, size))
        for log, size in sizes.items()
    }


def check_continues(session: Session, kept: Heads) -> None:
    """Raise `CheckpointMismatch` where a log in the database is shorter than a head, or holds other entries below."""
    sizes = ledger.sizes(session)
    for log, head in kept.items():
        if sizes[log] < head.size:
            reason = f"the database holds {sizes[log]} entries; it was restored from an older backup"
            raise CheckpointMismatch(log=log, size=head.size, reason=f"{reason}, and needs a newer one")
        if ledger.root(session, log, head.size) != head.root:
            raise CheckpointMismatch(log=log, size=head.size, reason="the database holds other entries")
