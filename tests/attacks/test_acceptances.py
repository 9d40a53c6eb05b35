"""Nothing is in force, or released, that not every party accepted: price changes, replays, deleted and forged rows."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import select

from gateway.contracts import acceptances, accepted, declarations, waiting
from gateway.errors.acceptances import AcceptanceMissing, AcceptanceRefused, AcceptancesCorrupt
from gateway.errors.contracts import ProgrammeMismatch
from gateway.installation import signing
from gateway.installation.gateway import Gateway
from gateway.installation.installing import initialise
from gateway.installation.settings import Kind, Settings
from gateway.jobs.diagnosis import FAIL
from gateway.jobs.doctor import examine_opened
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.store.contract_tables import AcceptanceRow
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready
from tests.support.parties import accept_all, others, party_key, signed_acceptance, take_in_others
from tests.support.simulated import acting, amend, following

OPERATOR, INVESTOR = ("operator", "fokus-folkeoplysning"), ("investor", "den-sociale-kapitalfond")
PAYER = ("outcome_payer", "aalborg-kommune")
FILE, PROGRAMME = EXAMPLES / "contracts" / "impact60.toml", EXAMPLES / "programmes" / "impact60.toml"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Gateway:
    """An installation in which no contract is in force. No test here may put one into force."""
    return installed(tmp_path_factory.mktemp("empty"), "gateway.impact60.example")


@pytest.fixture
def gateway(empty: Gateway, tmp_path: Path) -> Gateway:
    """A copy of it for each test."""
    shutil.copytree(empty.settings.data_directory, tmp_path / "gateway")
    return Gateway.open(Settings(data_directory=tmp_path / "gateway"))


def installed(folder: Path, host: str, *, code: str = "851") -> Gateway:
    return initialise(
        Settings(data_directory=folder / "gateway"),
        host_name=host,
        municipality_code=code,
        municipality_name="Aalborg Kommune",
        kind=Kind.DEMO,
    )


def contract(file: Path = FILE) -> Contract:
    return load_contract(file.read_bytes(), file=file.name)


def token(gateway: Gateway, party: tuple[str, str] = OPERATOR, *, of: Contract | None = None, **options: object) -> str:
    given = {"trust": gateway.fingerprint, "at": gateway.clock(), **options}
    return signed_acceptance(of or contract(), party, **given)


def edited(folder: Path, *edits: tuple[str, str]) -> tuple[Path, Path]:
    """IMPACT60 and its programme with texts of the contract replaced."""
    text, programme = FILE.read_text("utf-8"), PROGRAMME.read_text("utf-8")
    before = hashlib.sha256(text.encode()).hexdigest()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    programme = programme.replace(before, hashlib.sha256(text.encode()).hexdigest())
    programme = programme.replace('"../notices/', '"notices/')
    shutil.copytree(EXAMPLES / "notices", folder / "notices")
    (folder / "contract.toml").write_text(text, "utf-8")
    (folder / "programme.toml").write_text(programme, "utf-8")
    return folder / "contract.toml", folder / "programme.toml"


def kinds(gateway: Gateway) -> list[str]:
    with gateway.store.read() as session:
        return [entry.role for entry in waiting.logged_acceptances(session)]


# who may put what into force


def test_nothing_comes_into_force_before_everybody_accepted_and_the_refusal_names_who_has_not(gateway: Gateway):
    with pytest.raises(AcceptanceMissing) as nobody:
        declarations.activate_contract(gateway, FILE, PROGRAMME)
    assert all("/".join(party) in str(nobody.value) for party in (PAYER, OPERATOR, INVESTOR))
    acceptances.accept(gateway, FILE, PROGRAMME)
    acceptances.take_in(gateway, FILE, token(gateway), key=party_key(OPERATOR[1]).kid)
    with pytest.raises(AcceptanceMissing) as one:
        declarations.activate_contract(gateway, FILE, PROGRAMME)
    assert "investor/den-sociale-kapitalfond" in str(one.value)
    assert "operator/" not in str(one.value)
    acceptances.take_in(gateway, FILE, token(gateway, INVESTOR), key=party_key(INVESTOR[1]).kid)
    assert declarations.activate_contract(gateway, FILE, PROGRAMME).id == "impact60"


def test_a_changed_price_is_another_contract_that_nobody_accepted(gateway: Gateway, tmp_path: Path):
    """The municipality holds acceptances of the old price and activates the new one; its own yes is not enough."""
    accept_all(gateway, FILE, PROGRAMME)
    cheaper = edited(tmp_path / "cheaper", ("price_minor = 150000", "price_minor = 140000"))
    acceptances.accept(gateway, *cheaper)
    with pytest.raises(AcceptanceMissing) as refused:
        declarations.activate_contract(gateway, *cheaper)
    assert "operator/fokus-folkeoplysning, investor/den-sociale-kapitalfond" in str(refused.value) or (
        "investor/den-sociale-kapitalfond, operator/fokus-folkeoplysning" in str(refused.value)
    )
    for party in (OPERATOR, INVESTOR):  # nor do the old acceptances pass as those of the new price
        with pytest.raises(AcceptanceRefused, match="another contract text"):
            acceptances.take_in(gateway, cheaper[0], token(gateway, party), key=party_key(party[1]).kid)


@pytest.mark.long
def test_an_approved_amendment_waits_for_the_parties_too(tmp_path: Path):
    town = ready(tmp_path, pulled=False)
    later = later_version(town)
    proposal = declarations.propose_change(town.gateway, *later)
    with pytest.raises(AcceptanceMissing):
        declarations.approve_change(acting(town.gateway, "second"), proposal)
    with town.gateway.store.read() as session:
        [one] = waiting.waiting(session)
        assert (one.version, len(one.missing)) == (2, 3)
    accept_all(town.gateway, *later)
    assert declarations.approve_change(acting(town.gateway, "second"), proposal).version == 2
    with town.gateway.store.read() as session:
        assert waiting.waiting(session) == []


def later_version(town: SimulatedMunicipality) -> tuple[Path, Path]:
    text, programme = ((town.folder / f"impact60{part}.toml").read_text("utf-8") for part in ("", ".programme"))
    later = text.replace("version = 1", "version = 2").replace(
        "effective_from = 2018-10-01", "effective_from = 2020-03-16"
    )
    later = following(text, later)
    digests = [hashlib.sha256(one.encode()).hexdigest() for one in (text, later)]
    (town.folder / "v2.toml").write_text(later, "utf-8")
    (town.folder / "v2.programme.toml").write_text(programme.replace(*digests), "utf-8")
    return town.folder / "v2.toml", town.folder / "v2.programme.toml"


# what is not taken in


def test_an_acceptance_that_was_made_for_something_else_is_refused(empty: Gateway, tmp_path: Path):
    """Another installation's anchor, another version, another list of parties, a time to come, a token of no kind."""
    elsewhere = installed(tmp_path, "gateway.elsewhere.example")
    later = contract(edited(tmp_path / "later", ("version = 1", "version = 2"))[0])
    claims = [
        (token(elsewhere), "another trust anchor"),
        (token(empty, of=later), "another contract text"),
        (token(empty, parties=[OPERATOR, PAYER]), "other parties than the contract"),
        (token(empty, parties=sorted([OPERATOR, PAYER, INVESTOR, ("operator", "x")])), "other parties than the contr"),
        (token(empty, ("evaluator", OPERATOR[1])), "without the one that signed"),
        (token(empty, at=empty.clock() + timedelta(hours=1)), "in the future"),
        ("nothing", "not a compact JWS"),
        ("", "not a compact JWS"),
    ]
    for sent, reason in claims:
        with pytest.raises(AcceptanceRefused, match=reason):
            acceptances.take_in(empty, FILE, sent, key=party_key(OPERATOR[1]).kid)
    assert kinds(empty) == []


def test_the_key_is_the_one_that_the_party_told(empty: Gateway):
    """Who can send a file cannot choose the key that it is held against."""
    forger = party_key("somebody else")
    with pytest.raises(AcceptanceRefused, match="another one was told"):
        acceptances.take_in(empty, FILE, token(empty, key=forger), key=party_key(OPERATOR[1]).kid)
    with pytest.raises(AcceptanceRefused, match="another one was told"):
        acceptances.take_in(empty, FILE, token(empty), key="")


def test_the_municipality_accepts_for_nobody_else_and_nobody_for_it(empty: Gateway):
    with empty.store.read() as session:
        signer = empty.signer(session)
    for party in (OPERATOR, INVESTOR):
        for own in (signer, empty.anchor(), empty.token_signer()):
            with pytest.raises(AcceptanceRefused, match="a key of the municipality"):
                acceptances.take_in(empty, FILE, token(empty, party, key=own), key=own.kid)
    for key in (party_key(PAYER[1]), signer):
        with pytest.raises(AcceptanceRefused, match="is the municipality"):
            acceptances.take_in(empty, FILE, token(empty, PAYER, key=key), key=key.kid)


def test_another_municipalitys_contract_is_refused(tmp_path: Path):
    ballerup = installed(tmp_path, "gateway.ballerup.example", code="151")
    with pytest.raises(ProgrammeMismatch):
        acceptances.take_in(ballerup, FILE, token(ballerup), key=party_key(OPERATOR[1]).kid)
    with pytest.raises(ProgrammeMismatch):
        acceptances.accept(ballerup, FILE, PROGRAMME)


def test_one_organisation_one_key_and_one_key_one_organisation(gateway: Gateway, tmp_path: Path):
    """The first acceptance fixes the key, for later versions too, until it is said that another replaces it."""
    acceptances.take_in(gateway, FILE, token(gateway), key=party_key(OPERATOR[1]).kid)
    borrowed = party_key(OPERATOR[1])
    with pytest.raises(AcceptanceRefused, match="with the key of fokus-folkeoplysning"):
        acceptances.take_in(gateway, FILE, token(gateway, INVESTOR, key=borrowed), key=borrowed.kid)
    later = edited(tmp_path / "later", ("version = 1", "version = 2"))[0]
    other = party_key("the operator's new key")
    sent = token(gateway, of=contract(later), key=other)
    with pytest.raises(AcceptanceRefused, match="--replaces-key"):
        acceptances.take_in(gateway, later, sent, key=other.kid)
    with pytest.raises(AcceptanceRefused, match="--replaces-key"):
        acceptances.take_in(gateway, later, sent, key=other.kid, replaces_key=other.kid)
    acceptances.take_in(gateway, later, sent, key=other.kid, replaces_key=borrowed.kid)
    with gateway.store.read() as session:
        assert [(entry.key, entry.replaces) for entry in waiting.logged_acceptances(session)] == [
            (borrowed.kid, ""),
            (other.kid, borrowed.kid),
        ]
    # and back again: what was signed before is no new statement, and needs the same words
    with pytest.raises(AcceptanceRefused, match="--replaces-key"):
        acceptances.take_in(gateway, FILE, token(gateway), key=borrowed.kid)


def test_an_organisation_in_two_roles_accepts_once_for_each_with_one_key(gateway: Gateway, tmp_path: Path):
    both = edited(
        tmp_path / "both", ('organisation = "den-sociale-kapitalfond"', 'organisation = "fokus-folkeoplysning"')
    )[0]
    text, key, other = contract(both), party_key(OPERATOR[1]), party_key("another key")
    roles = [OPERATOR, ("investor", OPERATOR[1])]
    assert others(gateway, text) == sorted(roles)
    acceptances.take_in(gateway, both, token(gateway, roles[0], of=text), key=key.kid)
    with pytest.raises(AcceptanceRefused, match="--replaces-key"):
        acceptances.take_in(gateway, both, token(gateway, roles[1], of=text, key=other), key=other.kid)
    acceptances.take_in(
        gateway, both, token(gateway, roles[1], of=text, key=other), key=other.kid, replaces_key=key.kid
    )
    with gateway.store.read() as session:  # the key before it counts no more, in the other role either
        assert list(accepted.standing(session, text)) == [roles[1]]
    acceptances.take_in(gateway, both, token(gateway, roles[0], of=text, key=other), key=other.kid)
    with gateway.store.read() as session:
        assert sorted(accepted.standing(session, text)) == sorted(roles)


def test_the_same_again_changes_nothing(gateway: Gateway):
    accept_all(gateway, FILE, PROGRAMME)
    sent = token(gateway)
    again = [acceptances.take_in(gateway, FILE, sent, key=party_key(OPERATOR[1]).kid) for _ in range(2)]
    known = kinds(gateway)
    acceptances.accept(gateway, FILE, PROGRAMME)
    acceptances.take_in(gateway, FILE, sent, key=f" {party_key(OPERATOR[1]).kid}\n")
    assert again[0] == again[1]
    assert kinds(gateway) == known


def test_the_municipality_accepts_again_where_its_key_was_stolen_before(gateway: Gateway):
    """An acceptance under a key that somebody else held by then is nobody's: doubtful, so nothing rests on it."""
    accept_all(gateway, FILE, PROGRAMME)
    with gateway.store.read() as session:
        stolen = gateway.signer(session).kid
    signing.compromise(gateway, stolen, since=gateway.clock() - timedelta(days=1))
    signing.activate(gateway, signing.add_key(gateway).kid)
    with pytest.raises(AcceptancesCorrupt, match="was not valid"):
        declarations.activate_contract(gateway, FILE, PROGRAMME)
    acceptances.accept(gateway, FILE, PROGRAMME)
    assert declarations.activate_contract(gateway, FILE, PROGRAMME).version == 1


def test_an_acceptance_outlives_the_key_that_the_municipality_rotates(gateway: Gateway):
    accept_all(gateway, FILE, PROGRAMME)
    signing.activate(gateway, signing.add_key(gateway).kid)
    known = kinds(gateway)
    acceptances.accept(gateway, FILE, PROGRAMME)
    assert kinds(gateway) == known
    assert declarations.activate_contract(gateway, FILE, PROGRAMME).version == 1


# who edits the database


def sql(gateway: Gateway, statement: str, **values: object) -> None:
    with gateway.store.engine.begin() as connection:
        connection.execute(text(statement), values)


TAMPERED = {
    "deleted": "DELETE FROM acceptancerow WHERE role = 'investor'",
    "all deleted": "DELETE FROM acceptancerow",
    "another token": "UPDATE acceptancerow SET token = token || 'x' WHERE role = 'operator'",
    "another key": "UPDATE acceptancerow SET kid = 'x' WHERE role = 'operator'",
    "another role": "UPDATE acceptancerow SET role = 'investor' WHERE role = 'operator'",
    "moved to another text": "UPDATE acceptancerow SET rules_sha256 = 'x' WHERE role = 'operator'",
    "moved to another contract": "UPDATE acceptancerow SET contract_id = 'x' WHERE role = 'operator'",
    "another digest": "UPDATE acceptancerow SET token_sha256 = 'x' WHERE role = 'operator'",
}


@pytest.fixture(scope="module")
def once_released(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    """With one window released."""
    town = ready(tmp_path_factory.mktemp("released"))
    first = town.release("2018H2", "payment_document", "operator")
    assert len(canonical.loads(first.bundle.rstrip(b"\n"))["acceptances"]) == 3  # the positive control
    return town


@pytest.fixture
def released(once_released: SimulatedMunicipality) -> Iterator[SimulatedMunicipality]:
    """Whoever edits its acceptances gets them put back."""
    gateway = once_released.gateway
    sql(gateway, "CREATE TABLE kept AS SELECT * FROM acceptancerow")
    yield once_released
    for statement in ("DELETE FROM acceptancerow", "INSERT INTO acceptancerow SELECT * FROM kept", "DROP TABLE kept"):
        sql(gateway, statement)
    assert once_released.release("2018H2", "payment_document", "operator").is_new is False


@pytest.mark.parametrize("how", TAMPERED)
def test_an_acceptance_that_was_deleted_or_changed_stops_releases(released: SimulatedMunicipality, how: str):
    """Fail closed: no draft, no bundle and no second copy of one under a contract whose acceptances are gone."""
    gateway = released.gateway
    sql(gateway, TAMPERED[how])
    for window in ("2018H2", "2019H1"):
        with pytest.raises(AcceptancesCorrupt):
            released.release(window, "payment_document", "operator")
    with gateway.store.read() as session:
        assert [row.window for row in session.exec(select(ReleaseRow))] == ["2018H2"]
    found = [one for one in examine_opened(gateway) if "acceptances do not hold" in one.what]
    assert [one.level for one in found] == [FAIL]


def test_a_row_that_was_put_in_by_hand_accepts_nothing(gateway: Gateway):
    """The forger has the disk and a key of its own, so the row's signature is genuine; the log knows nothing of it."""
    acceptances.accept(gateway, FILE, PROGRAMME)
    acceptances.take_in(gateway, FILE, token(gateway), key=party_key(OPERATOR[1]).kid)
    forged = token(gateway, INVESTOR, key=party_key("forger"))
    text_of = contract()
    values = {
        "token_sha256": hashlib.sha256(forged.encode()).hexdigest(),
        "contract_id": text_of.id,
        "version": 1,
        "rules_sha256": text_of.sha256,
        "role": INVESTOR[0],
        "organisation": INVESTOR[1],
        "kid": party_key("forger").kid,
        "token": forged,
        "at": 0,
    }
    columns, places = ", ".join(values), ", ".join(f":{name}" for name in values)
    sql(gateway, f"INSERT INTO acceptancerow ({columns}) VALUES ({places})", **values)
    with pytest.raises(AcceptancesCorrupt, match="other ones than the access log names"):
        declarations.activate_contract(gateway, FILE, PROGRAMME)
    with pytest.raises(AcceptancesCorrupt):  # nor does the genuine one that comes now hide it
        acceptances.take_in(gateway, FILE, token(gateway, INVESTOR), key=party_key(INVESTOR[1]).kid)


def test_a_waiting_version_whose_acceptance_was_changed_is_a_finding(gateway: Gateway):
    accept_all(gateway, FILE, PROGRAMME)
    [found] = [one for one in examine_opened(gateway) if "accepted by every party" in one.what]
    assert found.level == "warn"
    sql(gateway, "UPDATE acceptancerow SET token = 'x'")
    assert [one.level for one in examine_opened(gateway) if "cannot be read" in one.what] == [FAIL]


# what a recipient gets


def test_a_closed_window_keeps_the_acceptances_of_the_version_that_governed_it(tmp_path: Path):
    town = ready(tmp_path)
    first = town.release("2018H2", "payment_document", "operator")
    amend(town, ("version = 1", "version = 2"), ("effective_from = 2018-10-01", "effective_from = 2020-03-16"))
    for window in ("2019H1", "2019H2"):
        town.release(window, "payment_document", "operator")
    later = town.release("2020H1", "payment_document", "operator")
    again = town.release("2018H2", "payment_document", "operator")
    held = [canonical.loads(one.bundle.rstrip(b"\n"))["acceptances"] for one in (first, again, later)]
    assert held[0] == held[1]
    assert not set(held[0]) & set(held[2])
    town.verified(again.bundle)
    town.verified(later.bundle)


def test_a_party_may_have_more_than_one_acceptance_and_the_bundle_holds_the_newest(tmp_path: Path):
    town = ready(tmp_path, pulled=False)
    file = town.folder / "impact60.toml"
    other = party_key("new key")
    sent = token(town.gateway, of=contract(file), key=other)
    acceptances.take_in(town.gateway, file, sent, key=other.kid, replaces_key=party_key(OPERATOR[1]).kid)
    with town.gateway.store.read() as session:
        rows = session.exec(select(AcceptanceRow).where(AcceptanceRow.role == "operator")).all()
        assert len(rows) == 2
        assert sent in accepted.tokens(town.gateway, session, contract(file))


def test_take_in_others_needs_the_municipality_only_at_the_end(gateway: Gateway):
    """The order is free: who signs first does not matter."""
    take_in_others(gateway, FILE)
    with pytest.raises(AcceptanceMissing, match="outcome_payer/aalborg-kommune: the municipality runs"):
        declarations.activate_contract(gateway, FILE, PROGRAMME)
    acceptances.accept(replace(gateway), FILE, PROGRAMME)
    assert declarations.activate_contract(gateway, FILE, PROGRAMME).version == 1
