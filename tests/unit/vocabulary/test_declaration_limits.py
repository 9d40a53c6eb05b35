"""Declarations that are none: without end, or with what could hold a CPR number. Refused as any other, by line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.aggregates import load_aggregate
from connectors.declaration import load_declaration
from gateway.contracts.contact import load_contact
from gateway.evaluation.shadow_map import load_map
from gateway.outcomes.comparison_group import load_group
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.opening import load_opening
from gateway.simulate.course import load_course
from outcome_verifier.accept import ContractText, read_toml
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES
from vocabulary.declaration import parse
from vocabulary.errors import DeclarationInvalid

CPR = "7303012001"
CONTRACT = load_contract((EXAMPLES / "contracts" / "impact60.toml").read_bytes(), file="impact60.toml")
ENDLESS = {
    "lists": f"x = {'[' * 20_000}",
    "whole lists": f"x = {'[' * 20_000}{']' * 20_000}",
    "tables": f"x = {'{a=' * 20_000}",
    "keys": f"{'a.' * 20_000}a = 1",
    "a header": f"[{'a.' * 20_000}a]",
    "digits": f"x = {'9' * 5_000}",
    "hexadecimal digits": f"x = 0x{'f' * 5_000}",
}
READERS: dict[str, Callable[[bytes], object]] = {
    "contract": lambda text: load_contract(text, file="x.toml"),
    "programme": lambda text: load_programme(text, file="x.toml"),
    "source": lambda text: load_declaration(text, file="x.toml"),
    "statistics": lambda text: load_aggregate(text, file="x.toml"),
    "contact": lambda text: load_contact(text, file="x.toml"),
    "map": lambda text: load_map(text, CONTRACT, file="x.toml"),
    "group": lambda text: load_group(text, file="x.toml", contract=CONTRACT),
    "balances": lambda text: load_opening(text, CONTRACT, file="x.toml"),
    "course": lambda text: load_course(text, file="x.toml"),
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_every_reader_refuses_what_has_no_end(reader: Callable[[bytes], object], text: str):
    with pytest.raises(DeclarationInvalid):
        reader(f"{text}\n".encode())


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_so_does_the_verifier(text: str):
    with pytest.raises(ValueError):
        ContractText.load(text.encode())
    try:
        assert isinstance(read_toml(text.encode()), dict)
    except ValueError as error:
        assert len(str(error)) < 200


def test_a_whole_number_is_one_that_a_column_takes():
    table = parse(f"least = {2**63 - 1}\nmost = {2**63}\nmany = [1, {2**63}]\n".encode(), file="x.toml")
    assert table.integer("least") == 2**63 - 1
    with pytest.raises(DeclarationInvalid, match=f"must be at least 0 and at most {2**63 - 1}"):
        table.integer("most")
    with pytest.raises(DeclarationInvalid, match="whole numbers"):
        table.integers("many")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"a = 1\n# told by {CPR}\n", 2, 11),
        ('a = "730301-2001"\n', 1, 6),
        (f"a = {CPR}\n", 1, 5),
        ("a = 7_303_012_001\n", 1, 5),
        (f'"{CPR}" = 1\n', 1, 2),
        (f"a = 1\r\n[x{'.'}y]\r\n# 730301 - 2001", 3, 3),
    ],
)
def test_a_number_is_refused_wherever_it_stands(text: str, line: int, column: int):
    with pytest.raises(DeclarationInvalid) as refused:
        parse(text.encode(), file="x.toml")
    assert (refused.value.line, refused.value.column, refused.value.rule) == (line, column, "cpr-number")
    assert "2001" not in str(refused.value)


@pytest.mark.parametrize("key", ["730301X2001", "\\u0037303012001", "x7303012001"])
def test_no_key_hides_one(key: str):
    with pytest.raises(DeclarationInvalid, match="has a key that could hold a CPR number") as refused:
        parse(f'[table]\na = [{{"{key}" = 1}}]\n'.encode(), file="x.toml")
    assert "2001" not in str(refused.value)


@pytest.mark.parametrize("key", ["id", "contract_id", "staff", "name", "organisation"])
def test_no_name_hides_one(key: str):
    table = parse(f'{key} = "b730301x2001"\ntitle = "b730301x2001"\n'.encode(), file="x.toml")
    assert table.text("title") == "b730301x2001"
    with pytest.raises(DeclarationInvalid, match=f"{key} could hold a CPR number") as refused:
        table.text(key)
    assert "2001" not in str(refused.value)


def test_the_name_of_the_file_is_not_repeated():
    with pytest.raises(DeclarationInvalid, match="…, line 1") as refused:
        parse(b"x", file=f"{CPR}.toml")
    assert "2001" not in str(refused.value)
