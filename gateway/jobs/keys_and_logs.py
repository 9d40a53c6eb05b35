"""What `gateway doctor` tells of keys and logs: what must be here and is not, and whether the logs went back."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.errors.oversight import CheckpointMismatch, HeadsLost
from gateway.installation.gateway import Gateway
from gateway.installation.mending_keys import find_keys
from gateway.jobs.diagnosis import FAIL, OK, WARN, Diagnosis
from gateway.release.publication import check_continues
from gateway.store import ledger, queries
from gateway.store.clock import newest_instant
from gateway.store.heads import KeptHeads
from keys.lifecycle import KeyState


def diagnose_keys(gateway: Gateway) -> Iterator[Diagnosis]:
    """Whether key files and rows agree, and what signs."""
    for name in gateway.keystore.names():
        gateway.keystore.load(name)
    yield Diagnosis(OK, "every key that must be here is, opens, and only its owner may read it")
    with gateway.store.read() as session:
        found, usable = find_keys(gateway, session), queries.usable_keys(session)
    if found.can_be_mended:
        what = f"killed commands left in the key store: {', '.join(found.can_be_mended)}"
        yield Diagnosis(WARN, what, "`gateway keys mend` removes what is unfinished, and sets aside keys of no row")
    for kid in found.lost:
        what = f"the private part of signing key {kid} is not here"
        advice = "put its file back from the copy of the key store; else `gateway keys compromised` and `rotate`"
        yield Diagnosis(FAIL, what, advice)
    for row in usable:
        if row.state == KeyState.PENDING:
            advice = "`gateway keys activate` lets it sign, `gateway keys destroy` ends it"
            yield Diagnosis(WARN, f"signing key {row.kid} is announced and does not sign yet", advice)
    yield from _signing(gateway)


def _signing(gateway: Gateway) -> Iterator[Diagnosis]:
    with gateway.store.read() as session:
        is_development = gateway.signer(session).is_development
    if is_development:
        yield Diagnosis(
            WARN, "the signing key is a development key", "attestations are marked demo; fine for a test or a demo only"
        )
    wanted = "test" if is_development else "production"
    if gateway.settings.profile != wanted:
        advice = f"set GATEWAY_PROFILE={wanted}: then nothing of another kind opens here"
        yield Diagnosis(WARN, f"the profile is {gateway.settings.profile}", advice)


def diagnose_logs(gateway: Gateway) -> Iterator[Diagnosis]:
    """Whether the logs continue what was kept and published, and the clock stands behind them."""
    now = gateway.clock()
    with gateway.store.read() as session:
        newest = newest_instant(session)
        size = ledger.size(session, "access")
        try:
            KeptHeads(gateway.settings.heads_directory).check(session)
            check_continues(gateway, session)
        except CheckpointMismatch as error:
            advice = "nothing is written until a newer backup of the database is restored; leave the heads alone"
            yield Diagnosis(FAIL, str(error), advice)
        except HeadsLost as error:
            yield Diagnosis(FAIL, str(error), "`gateway log keep-heads`, by one person and then by another")
    if newest is not None and newest > now:
        yield Diagnosis(
            FAIL,
            f"the clock stands before the newest log entry, which is of {newest:%Y-%m-%d %H:%M:%S} UTC",
            "set the clock; where it is right, `gateway log set-clock-back`, by one person and then by another; nothing"
            " is written until then",
        )
    pause = gateway.store.longest_pause
    if newest is not None and pause is not None and now - newest > pause:
        yield Diagnosis(
            FAIL,
            f"the clock says {now:%Y-%m-%d}, {(now - newest).days} days after the newest log entry",
            "set the clock; where it is right, `gateway log confirm-day`; nothing is written until then",
        )
    yield Diagnosis(OK, f"the access log holds {size} events; `gateway log verify` recomputes it")
