"""`gateway correct` is killed at each of its commits and files: the same command again does the rest, and says done.

Afterwards there is one successor of each attestation that was wrong, the published status says so, and its bundle lies
where it was asked for.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session

from gateway.errors.release import NothingToCorrect
from gateway.intake import pulling
from gateway.oversight.log_reading import verify_logs
from gateway.release import correction, publication
from gateway.store import ledger
from outcome_verifier import b64
from outcome_verifier.statuslist import INVALID, VALID, decode, status_at
from tests.support.command_line import Ran, run
from tests.support.examples import every_third
from tests.support.municipality import SimulatedMunicipality, copied, ready

WINDOWS = ("2018H2", "2019H1", "2019H2")
LAST = WINDOWS[-1]
KEYS = (("payment_document", "operator"), ("contract_total", "investor"))


class Killed(BaseException):
    """The end of a process: nothing of ours catches it."""


@cache
def wrong() -> SimulatedMunicipality:
    """Released, and the income file came again without anybody's wages in the last months."""
    town = ready(Path(tempfile.mkdtemp(prefix="correct-")))
    for window in WINDOWS:
        town.release(window, *KEYS[0])
    town.release(LAST, *KEYS[1])
    again = town.folder / "again"
    again.mkdir()
    header, *lines = town.drop.income.read_text().splitlines()
    months = ("2019-10", "2019-11", "2019-12")
    kept = [line for line in lines if not (line.split(";")[1] in months and line.split(";")[2] == "00")]
    (again / town.drop.income.name).write_text("\n".join([header, *kept]) + "\n")
    pulling.pull(town.gateway, town.contract, "income", again / town.drop.income.name)
    publication.publish(town.gateway)
    town.gateway.store.dispose()
    return town


def killing(real: Callable[..., Any], number: int, *, after: bool, when: Callable[..., bool]) -> Callable[..., Any]:
    """The same function, whose call of this number, of those that `when` picks, ends the process."""
    seen = iter(range(1, 1_000))

    def deadly(*words: Any, **named: Any) -> Any:
        if not when(*words) or next(seen) != number:
            return real(*words, **named)
        if after:
            real(*words, **named)
        raise Killed

    return deadly


def always(*_: object) -> bool:
    return True


def to_public(_source: Path, target: Path) -> bool:
    return "public" in str(target)


def to_bundle(_source: Path, target: Path) -> bool:
    return str(target).endswith(".bundle.json")


# step -> where, name, number of the call, behind it, of which calls
STEPS: dict[str, tuple[Any, str, int, bool, Callable[..., bool]]] = {
    **{
        f"{'behind' if after else 'before'} commit {number}": (Session, "commit", number, after, always)
        for number in range(1, 6)
        for after in (False, True)
    },
    "before anything is published": (Path, "replace", 1, False, to_public),
    "with the publication begun": (Path, "replace", 1, True, to_public),
    "with half of it published": (Path, "replace", 4, True, to_public),
    "before the first bundle": (Path, "replace", 1, False, to_bundle),
    "before the second bundle": (Path, "replace", 2, False, to_bundle),
}


def corrected(town: SimulatedMunicipality, reason: str = "source_corrected") -> Ran:
    words = ("correct", town.contract, LAST, "--reason", reason, "--out", town.folder / "bundles")
    return run(*words, environment=town.environment)


@pytest.mark.parametrize("step", every_third(STEPS))
def test_the_same_command_does_the_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str):
    where, name, number, after, when = STEPS[step]
    town = copied(wrong(), tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(where, name, killing(getattr(where, name), number, after=after, when=when))
        with pytest.raises(Killed):
            corrected(town)
    done = corrected(town)
    assert done.code == 0, done.text
    check_done(town)
    again = corrected(town)
    assert again.code == 0, again.text
    assert again.out.count("superseded before, handed out again: ") == 2
    check_done(town)


def check_done(town: SimulatedMunicipality) -> None:
    """One successor of each, published and in the folder, and no more than that."""
    rows = [row for row in town.rows() if row.window == LAST]
    assert sorted((row.template, row.revision, row.state) for row in rows) == sorted(
        (template, revision, "issued") for template, _ in KEYS for revision in (1, 2)
    )
    public = town.gateway.settings.public_directory
    token = (public / "status" / "1").read_text()
    claims = json.loads(b64.decode(token.split(".")[1]))
    bits = decode(claims["status_list"]["lst"])
    for row in rows:
        assert status_at(bits, row.status_index) == (INVALID if row.revision == 1 else VALID)
    with town.gateway.store.read() as session:
        assert f"\n{ledger.size(session, 'attest')}\n" in (public / "log/attest/checkpoint").read_text()
    assert not [*public.rglob("*.new")]
    for template, to in KEYS:
        bundle = (town.folder / "bundles" / f"{town.contract}-{LAST}-{template}-{to}-r2.bundle.json").read_bytes()
        assert town.verified(bundle).claims["supersedes"]
    verify_logs(town.gateway)


def test_another_reason_is_another_correction(tmp_path: Path):
    """Only the same command is done already; a new one has nothing to correct."""
    town = copied(wrong(), tmp_path)
    assert corrected(town).code == 0
    refused = corrected(town, "evaluation_wrong")
    assert refused.code == 5
    assert "would show another figure" in refused.err
    with pytest.raises(NothingToCorrect):
        correction.correct(town.gateway, town.contract, LAST, reason="contract_misread")


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_superseded(tmp_path: Path):
    town = copied(wrong(), tmp_path)
    (town.folder / "bundles").write_text("a file")
    refused = corrected(town)
    assert refused.code != 0
    assert "nothing was done" in refused.err
    assert {row.revision for row in town.rows()} == {1}
