"""Use case: the heads of the logs, which stood outside the database, are lost, and two people keep them anew.

Each compares the database with what was published and with what was handed out: bundles, receipts and checkpoints. One
asks, and the other confirms; until then nothing is written. What nobody holds a receipt of cannot be compared, and the
event says how far the comparison reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from gateway.errors.oversight import HeadsRefused
from gateway.events.log import HeadsKeptAnew
from gateway.installation.gateway import LOGS, Gateway
from gateway.installation.restored import record_restore
from gateway.oversight.asking_beside import confirm_or_ask, forget_ask
from gateway.release.publication import check_continues
from gateway.store import heads
from gateway.store.heads import KeptHeads, LogHead
from gateway.wording.views import JsonValue
from outcome_verifier.bundle import Bundle
from outcome_verifier.note import Checkpoint, VerifierKey, open_note
from outcome_verifier.proof import parse_proof

_ASKED = "asked.json"


@dataclass(frozen=True, slots=True)
class HeadsCompared:
    """What the database holds, and how far each log was compared with what stands outside it. `is_kept` once a second
    person has confirmed."""

    sizes: Mapping[str, int]
    compared: Mapping[str, int]  # by log: the size of the longest head that was shown; 0 for none
    is_kept: bool


def keep_heads(gateway: Gateway, shown: Sequence[Path]) -> HeadsCompared:
    """Ask that the present heads are kept, or confirm what another person asked; the second one keeps them.

    `shown` are bundles, receipts and checkpoints that were handed out. Raises `CheckpointMismatch` where the database
    does not continue one of them or what is published, and `HeadsRefused` where heads are kept that the logs continue,
    or a file is none of ours. The same person only asks again.
    """
    kept = KeptHeads(gateway.settings.heads_directory)
    notes = [_note_of(path) for path in shown]
    with gateway.store.read() as session:
        _refuse_kept(gateway, session, kept)
        compared = _compare(gateway, session, notes)
        present = heads.heads_of(session)
    sizes = {log: present[log].size for log in LOGS}
    shown_heads: dict[str, JsonValue] = {log: [one.size, one.root.hex()] for log, one in present.items()}
    asked_by = confirm_or_ask(gateway, _ASKED, shown_heads, refusal=lambda reason: HeadsRefused(reason=reason))
    if not asked_by:
        return HeadsCompared(sizes, compared, is_kept=False)
    with gateway.store.write(gateway.clock(), by=gateway.actor, keeps_heads_anew=True) as uow:
        if heads.heads_of(uow.session) != present:
            raise HeadsRefused(reason="something was written meanwhile; ask again")
        record_restore(gateway.settings, uow)
        uow.record(HeadsKeptAnew(asked_by=asked_by, sizes=sizes, compared=dict(compared)))
    forget_ask(gateway, _ASKED)
    return HeadsCompared(sizes, compared, is_kept=True)


def _refuse_kept(gateway: Gateway, session: Session, kept: KeptHeads) -> None:
    """Heads that can be read are the truth: where the logs do not continue them, the database is what is wrong."""
    if (known := kept.read_or_none()) is not None:
        heads.check_continues(session, known)
        forget_ask(gateway, _ASKED)
        raise HeadsRefused(reason="the heads are kept, and the logs continue them: there is nothing to do")


def _compare(gateway: Gateway, session: Session, notes: Sequence[str]) -> dict[str, int]:
    """By log, the size of the longest head of ours that the database continues."""
    found = dict.fromkeys(LOGS, 0)
    found |= {log: head.size for log, head in check_continues(gateway, session).items()}
    for note in notes:
        log, head = _head_of(gateway, note)
        heads.check_continues(session, {log: head})
        found[log] = max(found[log], head.size)
    return found


def _head_of(gateway: Gateway, note: str) -> tuple[str, LogHead]:
    """The log and the head that a note of ours tells. Raises `HeadsRefused` where no log key of ours signed it."""
    for log in LOGS:
        key = gateway.log_key(log)
        try:
            text, _ = open_note(note, [VerifierKey(key.name, key.public_bytes)])
            head = Checkpoint.parse(text)
        except ValueError:
            continue
        return log, LogHead(head.size, head.root)
    raise HeadsRefused(reason="a file that was shown holds no head that a log key of this installation signed")


def _note_of(path: Path) -> str:
    """The signed note in a bundle, a receipt, or a checkpoint."""
    try:
        data = path.read_bytes()
        text = Bundle.load(data).logged.receipt if data.startswith(b"{") else data.decode("utf-8")
        return parse_proof(text).note if text.startswith("c2sp.org/tlog-proof") else text
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HeadsRefused(reason=f"{path.name} is no bundle, receipt or checkpoint ({error})") from None
