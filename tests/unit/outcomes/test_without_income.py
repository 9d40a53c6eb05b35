"""`sources.income` may be left out where nothing rests on pay; a paper then says nothing of it."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.contracts.contact import load_contact
from gateway.documents.annexes.measurement import annex_a
from gateway.documents.contract_page import Language, page
from gateway.documents.leaflet import leaflet, letter
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.wording.plain_danish import categories
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES, example_contract
from tests.support.without_income import SMALL_WITHOUT_INCOME
from vocabulary.errors import DeclarationInvalid


def contract() -> Contract:
    return example_contract("impact60", **{str(number): edit for number, edit in enumerate(SMALL_WITHOUT_INCOME)})


def text_of(name: str, *edits: tuple[str, str]) -> bytes:
    text = (EXAMPLES / "contracts" / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def test_it_reads_the_status_register_alone():
    read = contract()
    assert (read.income_source, read.sources, read.named_sources) == ("", ("dream",), ("dream",))


@pytest.mark.parametrize("month", ["no_hours", "carry_forward"])
def test_what_a_month_without_a_posting_means_may_still_stand(month: str):
    edits = [("# no month is asked for: missing_month", f'missing_month = "{month}"')]
    assert load_contract(text_of("impact60", *SMALL_WITHOUT_INCOME, *edits), file="x.toml").income_source == ""


@pytest.mark.parametrize(
    ("name", "edit", "line_of", "key"),
    [
        ("impact60", ('income = "income"\n', ""), 'income_types = ["wage"]', "states.0.income_types"),
        ("whp", ('income = "', '# income = "'), 'income_types = ["wage"]', "states.0.income_types"),
    ],
)
def test_a_state_that_rests_on_pay_is_refused_with_its_line(name: str, edit: tuple[str, str], line_of: str, key: str):
    text = text_of(name, edit)
    with pytest.raises(DeclarationInvalid, match="names no register") as refused:
        load_contract(text, file="x.toml")
    assert refused.value.rule == "income-source"
    line = text.decode()[: text.decode().index(line_of)].count("\n") + 1
    assert (refused.value.key, refused.value.line) == (key, line)


def test_an_empty_name_is_no_source():
    with pytest.raises(DeclarationInvalid):
        load_contract(text_of("impact60", ('income = "income"', 'income = ""')), file="x.toml")


def test_no_paper_speaks_of_pay():
    read = contract()
    programme = load_programme(text_of_programme(), file="p.toml")
    contact = load_contact((EXAMPLES / "contacts" / "aalborg.toml").read_bytes(), file="c.toml")
    on = date(2019, 3, 1)
    papers = [leaflet(read, programme, contact, on=on), letter(read, programme, contact, on=on)]
    papers += [str(annex_a(read, programme, on=on)), *(page(read, language) for language in Language)]
    for word in ("ndkomst", "timer", "løn", "hours", "income", "posting", "indberetning"):
        for paper in papers:
            assert word not in paper, word
    assert "income" not in [one.id for one in categories(read)]


def test_positive_control_they_do_where_the_register_is_read():
    read = example_contract("impact60")
    assert "income" in [one.id for one in categories(read)]
    assert all("hours" in page(read, language) or "timer" in page(read, language) for language in Language)


def text_of_programme() -> bytes:
    text = (EXAMPLES / "programmes" / "impact60.toml").read_text(encoding="utf-8")
    return text.replace('sources = ["dream", "income"]', 'sources = ["dream"]').encode()
