"""What a reader may demand of those who accepted and countersigned, and what nobody can overlook.

Each rule of checks 10 and 11 has its bad vector in `tests/vectors/endorsement_flaws.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outcome_verifier import acceptance, cli, countersignature
from outcome_verifier.errors import AcceptanceInvalid, AuditInvalid
from outcome_verifier.verify import Demands, VerifiedOutcome, verify_bundle
from tests.support.bundles import NOW, PARTIES, Issuer, SigningKey, visible


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer("endorsements")


def audited(issuer: Issuer, *verdicts: str) -> bytes:
    """A bundle with a countersignature for each verdict, by an auditor each; the first is the issuer's usual one."""
    token = issuer.token()
    signers = [issuer.auditor, *(SigningKey.drawn(issuer.draw) for _ in verdicts[1:])]
    made = [issuer.countersigns(token, key, verdict=verdict) for key, verdict in zip(signers, verdicts, strict=False)]
    return issuer.bundle(token, edit=lambda body: body.update(countersignatures=made))


def check(issuer: Issuer, data: bytes, **demands: frozenset[str]) -> VerifiedOutcome:
    return verify_bundle(data, issuer.trust(), now=NOW, demands=Demands(**demands))


def test_every_key_that_signed_is_told_with_its_name(issuer: Issuer):
    verified = check(issuer, audited(issuer, "agreed"))
    found = {(one.role, one.organisation): one.kid for one in verified.acceptances}
    keys = (issuer.kid, issuer.operator.kid, issuer.investor.kid)
    assert found == dict(zip(PARTIES, keys, strict=True))
    [one] = verified.countersignatures
    assert (one.auditor, one.kid, one.verdict, one.size, one.population) == (
        *("an-auditor", issuer.auditor.kid, "agreed"),
        *(12, 40),
    )


# ── Demands ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reader_may_demand_its_own_acceptance(issuer: Issuer):
    """A municipality can invent an investor's key; it cannot invent the investor's own."""
    own = frozenset({issuer.investor.kid})
    assert check(issuer, issuer.bundle(), accepted_by=own)
    impostor = SigningKey.drawn(issuer.draw)
    tokens = [issuer.accepts(party) for party in PARTIES[:2]] + [issuer.accepts(PARTIES[2], impostor)]
    forged = issuer.bundle(edit=lambda body: body.update(acceptances=tokens))
    assert check(issuer, forged), "the positive control: without the demand nothing tells them apart"
    with pytest.raises(AcceptanceInvalid, match=f"no acceptance was signed with the key {issuer.investor.kid}"):
        check(issuer, forged, accepted_by=own)


def test_every_demanded_key_must_have_accepted(issuer: Issuer):
    both = frozenset({issuer.investor.kid, issuer.operator.kid})
    assert check(issuer, issuer.bundle(), accepted_by=both)
    with pytest.raises(AcceptanceInvalid, match="no acceptance was signed with the key"):
        check(issuer, issuer.bundle(), accepted_by=both | {issuer.auditor.kid})


def test_a_demanded_auditor_must_have_agreed(issuer: Issuer):
    own = frozenset({issuer.auditor.kid})
    assert check(issuer, audited(issuer, "agreed", "deviations"), audited_by=own)
    with pytest.raises(AuditInvalid, match="says deviations"):
        check(issuer, audited(issuer, "deviations", "agreed"), audited_by=own)
    for data in (issuer.bundle(), audited(issuer)):
        with pytest.raises(AuditInvalid, match="no countersignature was signed with the key"):
            check(issuer, data, audited_by=own)
    with pytest.raises(AuditInvalid, match="no countersignature"):
        check(issuer, audited(issuer, "agreed"), audited_by=frozenset({issuer.investor.kid}))


def points(verified: VerifiedOutcome) -> list[str]:
    words = ("keys of", "auditor's key", "independent")
    return [point for point in verified.not_checked if any(word in point for word in words)]


def test_whose_the_keys_are_is_said_to_be_unchecked_unless_they_were_given(issuer: Issuer):
    names = "that the keys of investor/an-investor, operator/an-operator are their own"
    nobody = "that anybody independent looked: no auditor countersigned"
    [keys, looked] = points(check(issuer, issuer.bundle()))
    assert keys.startswith(names)
    assert looked == nobody
    investor, all_keys = {issuer.investor.kid}, {issuer.investor.kid, issuer.operator.kid}
    [keys, _] = points(check(issuer, issuer.bundle(), accepted_by=frozenset(investor)))
    assert keys.startswith("that the keys of operator/an-operator are")
    assert points(check(issuer, issuer.bundle(), accepted_by=frozenset(all_keys))) == [nobody]
    data, auditor = audited(issuer, "agreed"), frozenset({issuer.auditor.kid})
    [auditors] = points(check(issuer, data, accepted_by=frozenset(all_keys)))
    assert auditors.startswith("that an auditor's key is its own")
    assert points(check(issuer, data, accepted_by=frozenset(all_keys), audited_by=auditor)) == []


# ── What a person and a program see ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def files(issuer: Issuer, tmp_path: Path) -> Path:
    (tmp_path / "TRUST.json").write_bytes(issuer.trust_bytes())
    return tmp_path


def run(folder: Path, data: bytes, *more: str) -> int:
    (folder / "bundle.json").write_bytes(data)
    return cli.main([str(folder / "bundle.json"), "--trust", str(folder / "TRUST.json"), "--at", str(NOW), *more])


def test_deviations_cannot_be_overlooked(issuer: Issuer, files: Path, capsys: pytest.CaptureFixture[str]):
    data = audited(issuer, "agreed", "deviations")
    assert run(files, data) == 0
    lines = capsys.readouterr().out.splitlines()
    verdict = next(n for n, line in enumerate(lines) if line.startswith("VERIFIED"))
    assert lines[verdict + 1].startswith("DEVIATIONS  an-auditor looked at 12 of 40 people, draw 1, and does NOT agree")
    assert sum("DEVIATIONS" in line for line in lines) == 3, "at the check, under the verdict, and with the key"
    assert run(files, data, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["deviations"] is True
    assert [one["verdict"] for one in said["countersigned_by"]] == ["agreed", "deviations"]


def test_where_an_auditor_agreed_nothing_says_otherwise(
    issuer: Issuer, files: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(files, audited(issuer, "agreed")) == 0
    out = capsys.readouterr().out
    assert "DEVIATIONS" not in out
    assert 'countersigned "agreed" by an-auditor: 12 of 40 people' in out
    assert issuer.auditor.kid in out
    assert run(files, issuer.bundle(), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["deviations"], said["countersigned_by"]) == (False, [])
    assert {one["key"] for one in said["accepted_by"]} == {issuer.kid, issuer.operator.kid, issuer.investor.kid}


def test_demands_are_options_and_a_thumbprint_may_begin_with_a_dash(
    issuer: Issuer, files: Path, capsys: pytest.CaptureFixture[str]
):
    own, auditor = f"--accepted-by={issuer.investor.kid}", f"--audited-by={issuer.auditor.kid}"
    assert run(files, audited(issuer, "agreed"), own, auditor, f"--accepted-by={issuer.operator.kid}") == 0
    assert run(files, issuer.bundle(), own, auditor) == 21
    assert "NOT VERIFIED at check 11" in capsys.readouterr().out
    assert run(files, issuer.bundle(), f"--accepted-by=-{'A' * 42}", "--json") == 20
    assert json.loads(capsys.readouterr().out)["code"] == "acceptance-invalid"
    with pytest.raises(SystemExit) as refused:
        run(files, issuer.bundle(), "--accepted-by", "an-investor")
    assert refused.value.code == 2


# ── For those who use a part of it ───────────────────────────────────────────────────────────────────────────────────


def test_acceptances_alone_are_bounded_and_cannot_be_none(issuer: Issuer):
    """A gateway checks them before there is a bundle."""
    known = {"contract": visible()["contract"], "trust": issuer.trust().fingerprint, "issuer_keys": issuer.trust().keys}
    assert len(acceptance.check_all(issuer.acceptances(), **known, now=NOW)) == 3
    with pytest.raises(ValueError, match="no party"):
        acceptance.check_all([], **known, now=NOW)
    with pytest.raises(ValueError, match="more acceptances"):
        acceptance.check_all(["x"] * 17, **known, now=NOW)


def test_countersignatures_alone_are_bounded(issuer: Issuer):
    known = {"claims": visible(), "shown": {}, "jwt_sha256": "00" * 32, "dependent": set(), "now": NOW}
    assert countersignature.check_all([], **known) == ()
    with pytest.raises(ValueError, match="more countersignatures"):
        countersignature.check_all(["x"] * 17, **known)


def test_no_claim_of_an_endorsement_can_write_over_the_verdict(issuer: Issuer):
    for text in ("a\x1b[2Jb", "a\nb", "a\u202eb"):
        token = issuer.token()
        signed = issuer.countersigns(token, auditor=text)
        with pytest.raises(AuditInvalid, match="the claim auditor has the wrong form"):
            check(issuer, issuer.bundle(token, edit=lambda body, made=signed: body.update(countersignatures=[made])))
