"""Declared aggregates: whose signature counts, what must fit the contract, and how a figure becomes money."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from gateway.contracts.aggregates import checked_claims, declare
from gateway.errors.aggregates import AggregateMissing, AggregateRefused
from gateway.outcomes.contract import Contract
from gateway.release.correction import correct
from gateway.release.releasing import release
from keys.signer import FileSigner
from outcome_verifier import b64, canonical
from tests.functional.test_traps import Clock
from tests.support.evaluator import DeclaredFigure, sign_figure
from tests.support.histories import example_contract
from tests.support.municipality import SimulatedMunicipality
from tests.support.simulated import simulated
from vocabulary.errors import DeclarationInvalid

EVALUATOR, STRANGER = (FileSigner(generate_private_key(SECP256R1()), "ES256", False) for _ in range(2))
NOW = datetime(2021, 3, 1, tzinfo=UTC)
TERMS = (
    (
        '[[windows]]\nlabel = "2019H1"',
        f"""[[evaluators]]
id = "institute"
name = "An evaluator"
key = "{EVALUATOR.kid}"

[[aggregates]]
id = "saved"
unit = "minor"
evaluator = "institute"
method = "matched comparison"
source = "the municipality's accounts"
windows = ["2019H2", "2020H2"]

[[tariffs]]
id = "share_of_saving"
kind = "share"
of = "saved"
share_per_mille = 250
may_be_negative = false

[[windows]]
label = "2019H1\"""",
    ),
    ('rounding = "none"', 'rounding = "down"'),
)


def figure(value: int, window: str = "2020H2") -> DeclaredFigure:
    return DeclaredFigure("saved", window, value, (date(2018, 10, 1), date(2020, 12, 31)), "ab" * 32)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return example_contract("ballerup", **{f"edit{number}": edit for number, edit in enumerate(TERMS)})


def forged(token: str, part: int, **changes: object) -> str:
    """The token with claims (1) or header (0) changed, and the evaluator's honest signature over the new text."""
    parts = token.split(".")[:2]
    body = canonical.loads(b64.decode(parts[part]))
    parts[part] = b64.encode(canonical.dumps({**body, **changes}))
    return f"{parts[0]}.{parts[1]}.{b64.encode(EVALUATOR.sign('.'.join(parts).encode()))}"


def test_what_the_evaluator_signs_is_taken(contract: Contract):
    assert checked_claims(contract, sign_figure(contract, figure(400), EVALUATOR, at=NOW))["value"] == 400


def test_another_key_is_refused_even_if_it_brings_itself(contract: Contract):
    """The key in the token is nothing: the contract names the one that counts."""
    token = sign_figure(contract, figure(400), STRANGER, at=NOW)
    with pytest.raises(AggregateRefused, match="another key"):
        checked_claims(contract, token)
    with pytest.raises(AggregateRefused, match="not the thumbprint of the key"):  # with the evaluator's name on it
        checked_claims(contract, forged(token, 0, kid=EVALUATOR.kid))
    mine = sign_figure(contract, figure(400), EVALUATOR, at=NOW)
    with pytest.raises(AggregateRefused, match="signature is wrong"):
        checked_claims(contract, f"{mine.rsplit('.', 1)[0]}.{token.rsplit('.', 1)[1]}")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": True}, "claim value has the wrong form"),
        ({"value": 10**15 + 1}, "out of bounds"),
        ({"window": "2019H1"}, "no figure is due"),
        ({"aggregate": "other"}, "no such aggregate"),
        ({"unit": "person"}, "unit"),
        ({"method": "guess"}, "method"),
        ({"source": "elsewhere"}, "source"),
        ({"contract": {"id": "ballerup", "version": 1, "rules_sha256": "00" * 32}}, "another contract text"),
        ({"period": {"from": "2020-12-31", "to": "2018-10-01"}}, "ends before"),
        ({"inputs_sha256": "AB" * 32}, "claim inputs_sha256 has the wrong form"),
        ({"note": "please"}, "claims are not exactly"),
    ],
)
def test_a_figure_that_does_not_fit_the_contract_is_refused(
    contract: Contract, changes: dict[str, object], reason: str
):
    token = sign_figure(contract, figure(400), EVALUATOR, at=NOW)
    with pytest.raises(AggregateRefused, match=reason):
        checked_claims(contract, forged(token, 1, **changes))


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"crit": ["x"]}, {"jku": "x"}])
def test_a_header_of_another_kind_is_refused(contract: Contract, header: dict[str, object]):
    with pytest.raises(AggregateRefused):
        checked_claims(contract, forged(sign_figure(contract, figure(400), EVALUATOR, at=NOW), 0, **header))


def ready_town(folder: Path) -> SimulatedMunicipality:
    town = simulated(folder, "ballerup", extract_people=20, edits=TERMS, clock=Clock(date(2021, 6, 1)))
    made = SimulatedMunicipality(town.gateway, town.contract, town.drop, town.folder)
    made.enrol()
    made.pull_all()
    return made


def test_a_figure_is_paid_when_it_is_declared_and_corrected_when_it_comes_again(tmp_path: Path):
    """A quarter of what was saved, in the windows in which a figure is due; without it nothing is signed."""
    town = ready_town(tmp_path)
    with town.gateway.store.read() as session:
        contract = town.gateway.contract(session, "ballerup")

    def pay(window: str) -> dict[tuple[str, str], int]:
        release(town.gateway, "ballerup", window, "payment_document", "operator")
        [row] = [row for row in town.rows() if row.window == window and row.template == "payment_document"]
        return {(line["tariff"], line["kind"]): line["amount_minor"] for line in row.due}

    assert pay("2019H1")["share_of_saving", "window"] == 0
    with pytest.raises(AggregateMissing, match="saved"):
        pay("2019H2")
    for value, window in ((400_001, "2019H2"), (900_000, "2020H2")):
        declare(town.gateway, "ballerup", sign_figure(contract, figure(value, window), EVALUATOR, at=NOW))
    assert pay("2019H2")["share_of_saving", "window"] == 100_000
    assert pay("2020H1")["share_of_saving", "window"] == 0
    assert pay("2020H2")["share_of_saving", "window"] == 225_000 - 100_000
    again = sign_figure(contract, figure(800_000), EVALUATOR, at=NOW)
    declare(town.gateway, "ballerup", again)
    declare(town.gateway, "ballerup", again)  # the same token changes nothing
    [corrected] = correct(town.gateway, "ballerup", "2020H2", reason="source_corrected")
    newest = max(town.rows(), key=lambda row: (row.window, row.template == "payment_document", row.revision))
    assert corrected.revision == 2
    assert {(line["tariff"], line["kind"]): line["amount_minor"] for line in newest.due}[
        "share_of_saving", "window"
    ] == (200_000 - 100_000)


def test_an_evaluator_key_must_look_like_a_thumbprint():
    edits = {f"edit{number}": edit for number, edit in enumerate(TERMS)}
    edits["edit0"] = (edits["edit0"][0], edits["edit0"][1].replace(EVALUATOR.kid, "short"))
    with pytest.raises(DeclarationInvalid, match="thumbprint"):
        example_contract("ballerup", **edits)
