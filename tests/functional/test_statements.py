"""What the operator may learn beside the attestations: whom it takes back, and why people are not counted."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from gateway.contracts import declarations
from gateway.errors.release import WindowOutOfOrder
from gateway.oversight import log_reading as oversight
from gateway.release import releasing as release
from gateway.release import statements
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.store.log_tables import PersonLineRow
from gateway.store.tables import Subject
from outcome_verifier import b64, jws
from policies.basis import RecordKind
from policies.errors import PolicyDenied, ProgrammeInvalid
from policies.terms import PERMITTED_BASES, LegalBasis, LegalRole, Party, Role
from tests.functional.test_traps import Clock
from tests.support.command_line import run
from tests.support.municipality import SimulatedMunicipality, ready

WINDOWS = ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2")


@pytest.fixture
def ballerup(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, "ballerup", clock=Clock(date(2030, 1, 1)))


@pytest.fixture
def impact60(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def said(town: SimulatedMunicipality, token: str) -> dict[str, Any]:
    parsed = jws.parse(token, typ=statements.TYPE, members=frozenset())
    jws.verify_signature(parsed, town.trust().keys[parsed.header["kid"]].key)
    return json.loads(b64.decode(token.split(".")[1]))


def stated(town: SimulatedMunicipality) -> dict[str, list[str]]:
    """The case references of each declared statement."""
    with town.gateway.store.read() as session:
        planned = town.gateway.contract(session, town.contract).statements
    found = {one.window: said(town, statements.state(town.gateway, town.contract, one.window).token) for one in planned}
    return {window: [person["case_reference"] for person in body["people"]] for window, body in found.items()}


def test_the_operator_is_told_whom_it_takes_back_and_nothing_else(ballerup: SimulatedMunicipality):
    found = stated(ballerup)
    assert any(found.values())  # the course of the example has a relapse
    for window, references in found.items():
        made = statements.state(ballerup.gateway, ballerup.contract, window)
        assert not made.is_new
        body = said(ballerup, made.token)
        assert references == sorted(references)
        assert {frozenset(person) for person in body["people"]} <= {frozenset({"case_reference", "message"})}
        assert body["aud"] == "specialisterne"
        assert body["legal_basis"].endswith("#A6-1-e")
        assert body["law"].startswith("Lov om en aktiv")
    with ballerup.gateway.store.read() as session:
        people = {row.case_reference: row.subject_id for row in session.exec(select(Subject))}
        lines = session.exec(select(PersonLineRow)).all()
    told = {row.subject_id for row in lines if json.loads(row.body)["action"] == "statement"}
    assert told == {people[reference] for references in found.values() for reference in references}


@pytest.mark.parametrize("kind", [RecordKind.PROTECTION, RecordKind.OBJECTION])
def test_whoever_is_protected_or_objects_is_never_named(
    ballerup: SimulatedMunicipality, tmp_path: Path, kind: RecordKind
):
    named = sorted({one for references in stated(ballerup).values() for one in references})
    again = ready(tmp_path / "again", "ballerup", clock=Clock(date(2030, 1, 1)))
    for reference in named:
        channel = Channel.REGISTER if kind is RecordKind.PROTECTION else Channel.LETTER
        begin(
            again.gateway,
            again.contract,
            Who(case_reference=reference),
            NewRecord(kind, channel),
            role=Role.CASE_WORKER,
        )
    assert not any(stated(again).values())


def test_an_undeclared_window_and_another_contract_are_refused_by_rule(ballerup: SimulatedMunicipality, tmp_path: Path):
    impact60 = ready(tmp_path / "impact60")
    with pytest.raises(PolicyDenied, match="P22"):
        statements.state(ballerup.gateway, ballerup.contract, "2019H1")
    with pytest.raises(PolicyDenied, match="P51"):
        statements.state(impact60.gateway, impact60.contract, "2020H2")


def test_a_grant_without_a_basis_of_its_own_is_not_read(ballerup: SimulatedMunicipality, tmp_path: Path):
    text = (ballerup.folder / "ballerup.programme.toml").read_text()
    start = text.index('law_reference = "law_relapse')
    (tmp_path / "ballerup.programme.toml").write_text(text[:start] + text[text.index("\n", start) + 1 :])
    with pytest.raises(ProgrammeInvalid, match="legal_basis and law_reference"):
        declarations.read_declared(
            ballerup.gateway, ballerup.folder / "ballerup.toml", tmp_path / "ballerup.programme.toml"
        )


def test_an_operator_that_is_its_own_controller_needs_consent():
    """The statute empowers the municipality and those who act for it, not a controller of its own."""
    permitted = PERMITTED_BASES
    assert set(permitted) == set(LegalRole)
    assert permitted[LegalRole.INDEPENDENT_CONTROLLER] == {LegalBasis.CONSENT}
    assert LegalBasis.PUBLIC_TASK in permitted[LegalRole.PROCESSOR] & permitted[LegalRole.OTHER_ACTOR]


def test_a_grant_that_does_not_go_with_the_legal_role_is_refused_at_load(
    ballerup: SimulatedMunicipality, tmp_path: Path
):
    """With file, line and rule. Positive control: the same grant on consent, and the same role without the grant."""
    contract = (ballerup.folder / "ballerup.toml").read_text()
    programme = (ballerup.folder / "ballerup.programme.toml").read_text().replace("notices/", "../notices/")
    changed = contract.replace('legal_role = "processor"', 'legal_role = "independent_controller"')
    assert changed != contract
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (contract, changed)]
    files = tmp_path / "files"
    files.mkdir()
    (files / "ballerup.toml").write_text(changed)

    def read(text: str) -> declarations.Declared:
        (files / "p.toml").write_text(text.replace(*digests))
        return declarations.read_declared(ballerup.gateway, files / "ballerup.toml", files / "p.toml")

    with pytest.raises(ProgrammeInvalid, match="P52-individual-legal-role") as refused:
        read(programme)
    line = programme.splitlines()[refused.value.line - 1]
    assert (refused.value.file, line) == ("p.toml", 'legal_basis = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"')
    assert refused.value.line > programme[: programme.index("operator-relapse-notice")].count("\n")
    basis, own = "#A6-1-e", programme.index("operator-relapse-notice")
    assert read(programme[:own] + programme[own:].replace(basis, "#A6-1-a")).programme.id == "ballerup"
    start, end = programme.rindex("[[grants]]", 0, own), programme.index("[[grants]]", own)
    assert read(programme[:start] + programme[end:]).programme.id == "ballerup"


def test_why_people_are_not_counted_goes_to_the_operator_alone_and_only_where_k_people_share_a_reason(
    impact60: SimulatedMunicipality,
):
    for window in WINDOWS:
        impact60.release(window, "payment_document", "operator")
    operator = impact60.verified(impact60.release("2020H2", "contract_total", "operator").bundle).shown
    investor = impact60.verified(impact60.release("2020H2", "contract_total", "investor").bundle).shown
    assert "not_counted" not in investor
    shown = [cell["value"] for cell in operator["not_counted"]]
    assert all(value is None or value >= 5 for value in shown)
    assert len(shown) == 7
    rest = operator["participants"] - operator["outcomes_achieved"]
    assert sum(value for value in shown if value is not None) == rest  # nothing is left to subtract
    assert operator["not_counted"][-1] == {"reason": "other", "value": shown[-1]}
    assert shown[-1] >= 5
    earlier = impact60.verified(impact60.release("2020H1", "contract_total", "operator").bundle).shown
    assert "not_counted" not in earlier


def test_a_dry_run_says_pass_or_blocked_and_looks_at_nobody(impact60: SimulatedMunicipality):
    def looks() -> int:
        with impact60.gateway.store.read() as session:
            return len(session.exec(select(PersonLineRow)).all())

    before, gateway = looks(), impact60.gateway
    assert release.check(gateway, "impact60", "2018H2", "payment_document", "operator") == "release"
    with pytest.raises(WindowOutOfOrder):
        release.check(gateway, "impact60", "2019H1", "payment_document", "operator")
    with pytest.raises(PolicyDenied, match="P24"):
        release.check(gateway, "impact60", "2021H1", "payment_document", "operator")
    assert looks() == before
    assert impact60.rows() == []
    impact60.release("2018H2", "payment_document", "operator")
    assert release.check(gateway, "impact60", "2018H2", "payment_document", "operator") == "hand out"
    lines = oversight.read_log(gateway, Party("aalborg-kommune", Role.DPO), first=0, count=500)
    assert [line.kind for line in lines].count("release_checked") == 2


def test_the_commands(tmp_path: Path):
    town = ready(tmp_path, "ballerup")
    out = tmp_path / "statement.jwt"
    made = run("state", "ballerup", "2020H2", "--out", out, environment=town.environment)
    assert made.code == 0, made.err
    assert "for the operator alone" in made.out
    assert said(town, out.read_text().strip())["window"] == "2020H2"
    dry = run(
        "release", "ballerup", "2019H1", "--template", "payment_document", "--to", "operator", "--dry-run",
        environment=town.environment, cwd=tmp_path,
    )  # fmt: skip
    assert (dry.code, dry.out) == (0, "allowed: it would release; nothing was made\n"), dry.err
    assert not list(tmp_path.glob("*.bundle.json"))
