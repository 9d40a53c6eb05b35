"""Those who sign endorsements: their keys, what they are shown, and what they cannot sign by mistake."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outcome_verifier import acceptance, canonical, cli, endorsement, jws, signing
from outcome_verifier.accept import ContractText
from tests.support.bundles import AUDITOR, NOW, PARTIES, SAMPLE, Issuer

CONTRACT = b"""
id = "test"
version = 1
title = "A contract"
[parties.outcome_payer]
organisation = "a-municipality"
[parties.operator]
organisation = "an-operator"
[parties.investor]
organisation = "an-investor"
"""
FURTHER = b'[[payers]]\norganisation = "a-foundation"\n[[payers]]\norganisation = "a-region"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("time.time", lambda: NOW)
    issuer = Issuer("signing")
    (tmp_path / "TRUST.json").write_bytes(issuer.trust_bytes())
    (tmp_path / "contract.toml").write_bytes(CONTRACT)
    (tmp_path / "bundle.json").write_bytes(issuer.bundle())
    findings = {"auditor": AUDITOR, "sample": SAMPLE, "verdict": "agreed"}
    (tmp_path / "findings.json").write_bytes(canonical.dumps(findings) + b"\n")
    (tmp_path / "passphrase").write_bytes(b"correct horse\nand what follows\n")
    return tmp_path


def run(folder: Path, *words: str) -> int:
    """The command, with file names below the folder."""
    return cli.main([str(folder / word[1:]) if word.startswith("@") else word for word in words])


def accepting(folder: Path, *, party: str = "investor/an-investor", key: str = "@key.pem") -> int:
    words = ("--trust", "@TRUST.json", "--as", party, "--key", key, "--out", "@out.jwt")
    return run(folder, "accept", "@contract.toml", *words, "--passphrase-file", "@passphrase")


def countersigning(folder: Path) -> int:
    words = ("--bundle", "@bundle.json", "--trust", "@TRUST.json", "--key", "@key.pem", "--out", "@out.jwt")
    return run(folder, "countersign", "@findings.json", *words, "--passphrase-file", "@passphrase")


# ── Keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_its_owners_alone_and_encrypted_with_the_first_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "key", "@key.pem", "--passphrase-file", "@passphrase", "--public", "@key.json") == 0
    said = capsys.readouterr().out
    assert stat.S_IMODE(os.stat(folder / "key.pem").st_mode) == 0o600
    assert b"ENCRYPTED" in (folder / "key.pem").read_bytes()
    kid = signing.load(folder / "key.pem", lambda: b"correct horse").kid
    jwk = canonical.loads_canonical((folder / "key.json").read_bytes()[:-1])
    assert jws.thumbprint(jwk) == kid
    assert set(jwk) == {"kty", "crv", "x", "y"}, "no private member"
    assert kid in said
    with pytest.raises(ValueError, match="the passphrase is another one"):
        signing.load(folder / "key.pem", lambda: b"correct horse\n")


def test_a_key_without_a_passphrase_says_so_and_none_is_ever_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "key", "@key.pem") == 0
    assert "NOT encrypted" in capsys.readouterr().out
    before = (folder / "key.pem").read_bytes()
    assert run(folder, "key", "@key.pem") == 0
    assert "(read)" in capsys.readouterr().out
    assert (folder / "key.pem").read_bytes() == before
    with pytest.raises(FileExistsError):
        signing.make(folder / "key.pem", b"")


def test_a_passphrase_that_is_typed_must_be_typed_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["secret", "sekret", "secret", "secret", "secret"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    assert run(folder, "key", "@key.pem") == 2
    assert not (folder / "key.pem").exists()
    assert run(folder, "key", "@key.pem") == 0
    assert run(folder, "key", "@key.pem") == 0, "asked for to read it"


OTHERS = {
    "another curve": (generate_private_key(SECP384R1()), "the curve is not P-256"),
    "a key of another kind": (Ed25519PrivateKey.generate(), "neither a P-256 nor an RSA key"),
    "a short RSA key": (generate_rsa_key(65_537, 1024), "2048 to 4096 bits"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_key_that_no_verifier_would_accept_signs_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    key, said = OTHERS[name]
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert accepting(folder) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "out.jwt").exists()


def test_an_rsa_key_signs_too(folder: Path) -> None:
    key = generate_rsa_key(65_537, 2048)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert accepting(folder) == 0
    found = endorsement.read((folder / "out.jwt").read_text().strip(), typ=acceptance.TYPE, shapes=acceptance._SHAPES)
    assert found.claims["party"] == {"role": "investor", "organisation": "an-investor"}


# ── Accepting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_party_signs_makes_the_bundle_verify_by_its_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the key to the verdict: the investor accepts, and later demands its own key."""
    issuer = Issuer("signing")
    contract = ContractText.load(CONTRACT)
    assert run(folder, "key", "@key.pem") == 0
    assert accepting(folder) == 0
    said = capsys.readouterr().out
    for text in ("A contract (test, version 1)", contract.claim["rules_sha256"], issuer.trust().fingerprint):
        assert text in said
    assert "investor/an-investor   <- in whose name" in said
    token = (folder / "out.jwt").read_text().strip()
    others = [issuer.accepts(party, contract=dict(contract.claim)) for party in PARTIES[:2]]
    found = acceptance.check_all(
        [*others, token],
        contract=contract.claim,
        trust=issuer.fingerprint,
        issuer_keys=issuer.trust().keys,
        now=NOW,
    )
    kid = signing.load(folder / "key.pem", lambda: b"").kid
    acceptance.check_demanded(found, {kid})
    with pytest.raises(ValueError, match="no acceptance was signed with the key"):
        acceptance.check_demanded(found, {issuer.investor.kid})


def test_further_payers_are_parties() -> None:
    found = ContractText.load(CONTRACT + FURTHER).parties
    assert found == (
        ("investor", "an-investor"),
        ("operator", "an-operator"),
        ("outcome_payer", "a-foundation"),
        ("outcome_payer", "a-municipality"),
        ("outcome_payer", "a-region"),
    )


CONTRACTS = {
    "no TOML": b"parties",
    "no parties": b'id = "a"\nversion = 1\ntitle = "t"\n',
    "a party twice": CONTRACT + b'[[payers]]\norganisation = "a-municipality"\n',
    "a party without an organisation": CONTRACT + b'[[payers]]\nname = "A foundation"\n',
    "a title that writes over the screen": CONTRACT.replace(b"A contract", b"A\\u001b[2J"),
    "a version that is true": CONTRACT.replace(b"version = 1", b"version = true"),
    "too many parties": CONTRACT + b"".join(b'[[payers]]\norganisation = "p%d"\n' % n for n in range(14)),
    "not UTF-8": CONTRACT + b'x = "\xff"',
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_file_that_names_nothing_to_accept_is_refused(folder: Path, name: str) -> None:
    run(folder, "key", "@key.pem")
    (folder / "contract.toml").write_bytes(CONTRACTS[name])
    assert accepting(folder) == 2
    assert not (folder / "out.jwt").exists()


def test_nobody_accepts_for_a_party_that_is_not_there_or_with_the_issuers_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issuer = Issuer("signing")
    pem = issuer.key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(pem)
    assert accepting(folder, party="investor/another") == 2
    assert "it names investor/an-investor, operator/an-operator" in capsys.readouterr().err
    assert accepting(folder) == 2
    assert "the key is the issuer's" in capsys.readouterr().err
    assert accepting(folder, party="outcome_payer/a-municipality") == 0


def test_a_trust_file_that_cannot_be_used_has_its_exit_code(folder: Path) -> None:
    run(folder, "key", "@key.pem")
    (folder / "TRUST.json").write_bytes(b"{}")
    assert accepting(folder) == 3
    assert countersigning(folder) == 3
    assert accepting(folder, key="@missing.pem") == 3, "the trust file comes first"
    (folder / "TRUST.json").unlink()
    assert accepting(folder) == 2


# ── Countersigning ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_auditor_countersigns_a_bundle_that_verifies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "key", "@key.pem") == 0
    assert countersigning(folder) == 0
    said = capsys.readouterr().out
    assert 'an-auditor: "agreed", 12 of 40 people' in said
    body = json.loads((folder / "bundle.json").read_bytes())
    body["countersignatures"] = [(folder / "out.jwt").read_text().strip()]
    (folder / "bundle.json").write_bytes(canonical.dumps(body) + b"\n")
    kid = signing.load(folder / "key.pem", lambda: b"").kid
    options = ("@bundle.json", "--trust", "@TRUST.json", "--audited-by", kid)
    assert run(folder, *options) == 0
    assert 'countersigned "agreed" by an-auditor: 12 of 40 people' in capsys.readouterr().out


def test_a_bundle_that_does_not_verify_is_not_countersigned(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "key", "@key.pem")
    issuer = Issuer("signing")
    (folder / "bundle.json").write_bytes(issuer.bundle(edit=lambda body: body.update(status="")))
    assert countersigning(folder) == 18
    assert "nothing was signed, the bundle fails check 8" in capsys.readouterr().err
    assert not (folder / "out.jwt").exists()


FINDINGS = {
    "another population": {"sample": {**SAMPLE, "population": 39}},
    "an empty sample": {"sample": {**SAMPLE, "size": 0}},
    "another verdict": {"verdict": "fine"},
    "a party as auditor": {"auditor": "an-operator"},
    "a member to spare": {"note": "hello"},
    "a seed that is no digest": {"sample": {**SAMPLE, "seed": "1"}},
}


@pytest.mark.parametrize("name", FINDINGS)
def test_findings_that_no_verifier_would_accept_are_not_signed(folder: Path, name: str) -> None:
    run(folder, "key", "@key.pem")
    findings = {"auditor": AUDITOR, "sample": SAMPLE, "verdict": "agreed", **FINDINGS[name]}
    (folder / "findings.json").write_bytes(canonical.dumps(findings))
    assert countersigning(folder) == 2
    assert not (folder / "out.jwt").exists()


def test_findings_are_signed_only_as_they_were_written(folder: Path) -> None:
    run(folder, "key", "@key.pem")
    data = (folder / "findings.json").read_bytes()
    (folder / "findings.json").write_bytes(data.replace(b":", b": ", 1))
    assert countersigning(folder) == 2


def test_a_party_cannot_countersign(folder: Path) -> None:
    issuer = Issuer("signing")
    for key in (issuer.key, issuer.anchor, issuer.operator):
        pem = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "key.pem").write_bytes(pem)
        assert countersigning(folder) == 2
