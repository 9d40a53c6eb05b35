"""One party ends a contract by a right that it has: nobody else accepts it, and signed is what all had accepted."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from gateway.contracts import acceptances, declarations, waiting
from gateway.documents.contract_page import Language, page
from gateway.errors.acceptances import AcceptanceMissing, AcceptancesCorrupt
from gateway.errors.contracts import AmendmentRefused
from gateway.jobs.doctor import examine_opened
from gateway.outcomes.contract_file import load_contract
from policies.errors import PolicyDenied
from tests.functional.test_amendments import SECOND, built
from tests.functional.test_batches import paid, read
from tests.functional.test_blocks import PAYMENT, TOTAL, WINDOWS, edit
from tests.functional.test_ends import CUT, IN_2020, on
from tests.support.municipality import SimulatedMunicipality
from tests.support.parties import party_key, signed_acceptance
from tests.support.simulated import Edit, acting, amend, following
from tests.unit.outcomes.test_successors import instead

pytestmark = pytest.mark.long  # each walks the whole road and back to the verifier

OPERATOR, MUNICIPALITY = "operator", "outcome_payer"
NAMES = {OPERATOR: "fokus-folkeoplysning", MUNICIPALITY: "aalborg-kommune"}
RIGHTS = (
    "[freeze]",
    "".join(
        f'[[end_rights]]\nid = "{role}-few"\nrole = "{role}"\nnotice_weeks = 12\n'
        'ground = { da = "Der er henvist for få.", en = "Too few were referred." }\n\n'
        for role in NAMES
    )
    + "[freeze]",
)
LAST = "2020-W10"  # twelve weeks behind the notice of a Sunday


def end_by(role: str, week: str = LAST) -> Edit:
    first = f'[[end_rights]]\nid = "{OPERATOR}'
    return first, f'[end]\nlast_week = "{week}"\nreason = "right_used"\nright = "{role}-few"\n\n{first}'


def give_notice(town: SimulatedMunicipality, role: str, week: str = LAST, *, signs: str | None = None) -> None:
    """The party signs a text that ends the contract by its right; two of the municipality's staff put it in force."""
    contract, programme = (town.folder / f"{town.contract}{suffix}.toml" for suffix in ("", ".programme"))
    before = text = contract.read_text("utf-8")
    for old, new in (SECOND, IN_2020, end_by(role, week)):
        assert old in text
        text = text.replace(old, new, 1)
    text = following(before, text)
    folder = town.folder / "notice"
    folder.mkdir(exist_ok=True)
    file, programme_file = folder / contract.name, folder / programme.name
    file.write_text(text, "utf-8")
    digests = [hashlib.sha256(one.encode()).hexdigest() for one in (before, text)]
    programme_file.write_text(programme.read_text("utf-8").replace(*digests).replace('"notices/', '"../notices/'))
    signer = role if signs is None else signs
    if signer == MUNICIPALITY:
        acceptances.accept(town.gateway, file, programme_file)
    else:
        said = load_contract(text.encode(), file=file.name)
        token = signed_acceptance(
            said, (signer, NAMES[signer]), trust=town.gateway.fingerprint, at=town.gateway.clock()
        )
        acceptances.take_in(town.gateway, file, token, key=party_key(NAMES[signer]).kid)
    proposal = declarations.propose_change(town.gateway, file, programme_file)
    declarations.approve_change(acting(town.gateway, "second"), proposal)


@pytest.mark.parametrize("role", list(NAMES))
def test_one_party_ends_it_and_every_bundle_verifies_by_what_all_accepted(tmp_path: Path, role: str):
    town = built(tmp_path, RIGHTS)
    give_notice(town, role)
    town = on(town, date(2020, 5, 7))
    town.pull_all()
    assert paid(town, *WINDOWS[:4])[-1] > 0
    seen = read(town, CUT, *PAYMENT)
    assert seen.claims["window"]["to_week"] == LAST
    assert seen.claims["contract"]["version"] == 1
    assert {one.role for one in seen.acceptances} == {"outcome_payer", "operator", "investor"}
    assert read(town, WINDOWS[2], *TOTAL).shown
    with pytest.raises(PolicyDenied):
        read(town, CUT, *TOTAL)
    assert [one.what for one in examine_opened(town.gateway) if "acceptance" in one.what and one.level == "FAIL"] == []
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
        assert waiting.waiting(session) == []
    assert f"bruger retten {role}-few" in page(contract, Language.DANISH)
    town = on(town, date(2020, 8, 6))
    with pytest.raises(PolicyDenied):
        town.pull_all()


def test_the_right_is_nobody_elses(tmp_path: Path):
    """Neither the municipality nor the operator gives the other's notice."""
    town = built(tmp_path, RIGHTS)
    for role, other in ((OPERATOR, MUNICIPALITY), (MUNICIPALITY, OPERATOR)):
        with pytest.raises(AcceptanceMissing, match=NAMES[role]):
            give_notice(town, role, signs=other)
    with town.gateway.store.read() as session:
        assert town.gateway.contract(session, town.contract).end is None
        waits = [[role for role, _ in one.missing] for one in waiting.waiting(session)]
    assert sorted(waits) == [[OPERATOR], [MUNICIPALITY]], "each waits for the one that has the right"


def test_a_notice_takes_the_weeks_that_it_takes_from_the_day_on_which_it_came(tmp_path: Path):
    town = built(tmp_path, RIGHTS)
    with pytest.raises(AmendmentRefused, match=f"must be {LAST} or later") as refused:
        give_notice(town, OPERATOR, "2020-W09")
    assert refused.value.part == "end.last_week"


def test_a_right_that_no_version_gives_ends_nothing(tmp_path: Path):
    """Nor one that the notice itself brings along."""
    town = built(tmp_path)
    both = "[freeze]", RIGHTS[1].replace(*end_by(OPERATOR), 1)
    with pytest.raises(AmendmentRefused, match="does not give anybody") as refused:
        amend(town, SECOND, IN_2020, both)
    assert refused.value.part == "end.right"


def test_without_its_notice_a_contract_stops_and_is_not_ended_by_a_row(tmp_path: Path):
    town = built(tmp_path, RIGHTS)
    give_notice(town, OPERATOR)
    town = on(town, date(2020, 5, 7))
    town.pull_all()
    paid(town, *WINDOWS[:3])
    edit(town, "UPDATE acceptancerow SET role = ? WHERE version = 2", "investor")
    assert [one for one in examine_opened(town.gateway) if "version 2: the acceptances do not hold" in one.what]
    with pytest.raises(AcceptancesCorrupt):
        paid(town, CUT)


def test_a_successor_has_the_right_and_the_end_stays(tmp_path: Path):
    """A version that everybody accepts follows the notice: what it ends stays ended."""
    town = built(tmp_path, RIGHTS)
    give_notice(town, MUNICIPALITY)
    (town.folder / "impact60.toml").write_bytes((town.folder / "notice" / "impact60.toml").read_bytes())
    programme = (town.folder / "notice" / "impact60.programme.toml").read_text("utf-8")
    (town.folder / "impact60.programme.toml").write_text(programme.replace('"../notices/', '"notices/'))
    later = ("effective_from = 2020-01-06", "effective_from = 2020-01-13")
    follows = ('follows = "', '# follows = "')
    new = instead("fokus-folkeoplysning", "fokus-igen")
    amend(
        town, ("version = 2", "version = 3"), follows, later, new,
        programme_edits=(('organisation = "fokus-folkeoplysning"', 'organisation = "fokus-igen"'),),
    )  # fmt: skip
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, town.contract)
    assert (contract.version, contract.end is not None) == (3, True)
    assert str(contract.windows[-1].to_week) == LAST
