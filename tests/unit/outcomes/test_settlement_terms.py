"""The `[settlement]` table is read strictly: what cannot be invoiced is refused at load, with its place."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.errors.contracts import AmendmentRefused
from gateway.outcomes.amendment import check_amendment
from tests.support.histories import example_contract
from vocabulary.errors import DeclarationInvalid


def test_both_examples_say_where_the_invoice_goes():
    impact60, ballerup = (example_contract(name).settlement for name in ("impact60", "ballerup"))
    assert impact60 is not None
    assert ballerup is not None
    assert (impact60.correction, ballerup.correction) == ("credit_note", "offset")
    assert impact60.investor is not None
    assert impact60.investor.capital_minor == 900_000_000
    assert impact60.investor.draws[0].on == date(2018, 10, 1)
    assert impact60.buyer("aalborg-kommune").party.gln == "5799999008511"


def test_a_contract_without_the_table_has_no_terms():
    text = example_contract("ballerup")
    assert text.settlement is not None
    whole = (example_contract.__globals__["EXAMPLES"] / "contracts" / "ballerup.toml").read_text("utf-8")
    rest = whole[whole.index("[settlement]") :]
    assert example_contract("ballerup", cut=(rest, ""), mark=('    "settlement",\n', "")).settlement is None


WRONG = [
    ('gln = "5799999008511"', 'gln = "5799999008512"', "check digit"),
    ('gln = "5799999008511"', 'gln = "579999900851"', "check digit"),
    ('cvr = "99990007"', 'cvr = "99990008"', "CVR"),
    ('account = "5.58.81.001"', 'account = "=1+1"', "account"),
    ('correction = "credit_note"', 'correction = "maybe"', "one of"),
    ('vat = "exempt"', 'vat = "12"', "one of"),
    ("dispute_days = 20", "dispute_days = 0", "at least 1"),
    ("payment_days = 30", "payment_days = -1", "at least 1"),
    ("amount_minor = 500000000", "amount_minor = 0", "at least 1"),
    ('formula = "repaid_then_capped"', 'formula = "whatever"', "one of"),
    ('zip = "9000"', 'zip = "90"', "postal"),
    ("payment_days = 30", "payment_days = 30\ncolour = 1", "not a word"),
]


@pytest.mark.parametrize(("old", "new", "reason"), WRONG, ids=[new for _, new, _ in WRONG])
def test_what_makes_no_sense_is_refused_with_its_place(old: str, new: str, reason: str):
    with pytest.raises(DeclarationInvalid, match=reason) as refused:
        example_contract("impact60", edit=(old, new))
    assert "settlement" in str(refused.value)
    assert "impact60.toml" in str(refused.value)


RETURN = "\n[caps]\nreturn_per_mille_a_year = 50\nreturn_years = 2\n\n[cohort]\n"


def test_what_was_lent_and_what_comes_back_stand_in_one_place():
    """The draws are the capital of the cap; the most of the return follows from the cap, and neither is said twice."""
    cap, own = ("\n[cohort]\n", RETURN), ("max_return_minor = 150000000 # 1.5 million kr.\n", "")
    contract = example_contract("impact60", cap=cap, own=own)
    assert contract.settlement is not None
    assert contract.settlement.investor is not None
    assert contract.caps.capital_minor == contract.settlement.investor.capital_minor == 900_000_000
    assert contract.settlement.investor.max_return_minor == 92_250_000
    assert contract.caps.most_minor == 992_250_000
    twice = ("\n[cohort]\n", RETURN.replace("[caps]\n", "[caps]\ncapital_minor = 900000000\n"))
    with pytest.raises(DeclarationInvalid, match=r"caps\.capital_minor stands in \[settlement.investor\] already"):
        example_contract("impact60", cap=twice, own=own)
    with pytest.raises(DeclarationInvalid, match=r"max_return_minor follows from \[caps\]"):
        example_contract("impact60", cap=cap)
    with pytest.raises(DeclarationInvalid, match="max_return_minor is missing"):
        example_contract("impact60", own=own)


LATER = (
    ("version = 1\n", "version = 2\n"),
    ("effective_from = 2018-10-01", "effective_from = 2022-01-01"),
)


def test_a_later_version_may_change_the_order_number_and_not_what_was_lent():
    known = example_contract("impact60")
    edits = {"a": LATER[0], "b": LATER[1]}
    check_amendment(known, example_contract("impact60", **edits, c=('"45000851"', '"45000852"')), released=["2018H2"])
    lent = example_contract("impact60", **edits, c=("amount_minor = 400000000", "amount_minor = 400000001"))
    with pytest.raises(AmendmentRefused, match="settlement"):
        check_amendment(known, lent, released=[])
