"""Arguments of the command line that could hold a CPR number are refused by their place; nothing else is."""

from __future__ import annotations

import pytest

from gateway.cli.typed import check_arguments
from vocabulary.errors import TextInvalid

CPR = "7303012001"
THUMBPRINT = "730301a2001a1b2c3d4e5f6A7B8C9D0E1F2G3H4I5J6"  # as RFC 7638 has it


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ((CPR,), 1),
        (("contract", "list", f"--{CPR}"), 3),
        (("rights", "report", "--case", "730301X2001"), 4),
        (("rights", "report", "--case=303012001"), 3),
        (("contract", "check", f"folder/{CPR[::-1]}.toml"), 3),
        (("contract", "check", f"/{CPR}/contract.toml"), 3),
        (("advice", "give", "--text", "Vent med 730301-2001."), 4),
        (("settle", "dispute", "--line", CPR), 4),
        (("settle", "dispute", "--amount-minor", f"{CPR}x"), 4),
        (("settle", "dispute", f"--letter={CPR}"), 3),
    ],
)
def test_a_number_is_refused_by_its_place(arguments: tuple[str, ...], place: int):
    with pytest.raises(TextInvalid, match=f"argument {place} of the command line could hold a CPR number") as refused:
        check_arguments(["gateway", *arguments])
    assert not any(one.isdigit() for one in str(refused.value).replace(f"argument {place}", ""))


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("release", "impact60", "2018H2", "--template", "payment_document"),
        ("settle", "dispute", "--amount-minor", CPR),  # an amount in øre
        ("settle", "dispute", f"--amount-minor={CPR}"),
        ("settle", "adjust", "--worth-minor", "303012001"),
        ("contract", "accept", "--key", THUMBPRINT),
        ("contract", "accept", f"--key={THUMBPRINT}"),
        ("audit", "open", "--nonce", "730301a2001b" * 4),
        ("evaluate", "impact60", "--as-of", "2020-03-02"),
        ("advice", "give", "--text", "Se 303012001 og SAG-5402103037A."),  # prose is asked for less
        ("rights", "report", "--out", "/tmp/2018-10-01/indsigt-2021-03-01.html"),
    ],
)
def test_everything_else_passes(arguments: tuple[str, ...]):
    check_arguments(["gateway", *arguments])
