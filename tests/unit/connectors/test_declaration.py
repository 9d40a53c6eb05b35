"""A source is what its declaration says, and a declaration with an unknown word is not used at all."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from connectors.declaration import FILE_KINDS, load_declaration
from tests.unit.connectors.cohort import SOURCES, declared
from vocabulary.errors import DeclarationInvalid

TEXT = """schema = "source/1"
id = "yr"
kind = "ydelsesrefusion"
title = "Ydelsesrefusion"
supplied_for_another_purpose = true

[transport]
kind = "file"
pattern = "yr-*.csv"
delimiter = ";"

[columns]
cpr = "CPR nummer"
week = "Uge"
benefit = "Ydelse"

[agreement]
reference = "AGREEMENT-1"
statute = "a statute"
permitted_purposes = ["outcome-evaluation"]
approver = "system owner"
valid_to = 2030-12-31
"""


@pytest.mark.parametrize("kind", FILE_KINDS)
def test_the_example_of_every_kind_loads(kind: str) -> None:
    declaration = declared(kind)
    assert declaration.kind == declaration.id == kind
    assert declaration.sha256 == hashlib.sha256((SOURCES / f"{kind}.toml").read_bytes()).hexdigest()
    assert declaration.agreement.permitted_purposes == {"outcome-evaluation", "outcome-payment"}


def test_files_supplied_for_other_ends_say_so() -> None:
    """Then the policy asks for an assessment before the first pull."""
    assert {kind: declared(kind).is_supplied_for_another_purpose for kind in FILE_KINDS} == {
        "dream": True,
        "ydelsesrefusion": True,
        "income": False,
    }


def test_an_agreement_holds_up_to_and_with_its_last_day() -> None:
    agreement = load_declaration(TEXT.encode(), file="yr.toml").agreement
    assert agreement.is_valid(on=date(2030, 12, 31))
    assert not agreement.is_valid(on=date(2031, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "Y', 'titel = "x"\ntitle = "Y', "yr.toml, line 4: titel is not a word of this language here"),
        ('week = "Uge"', 'week = "Uge"\nhours = "T"', "yr.toml, line 15: columns.hours is not a word"),
        ("valid_to", "valid_until = 1\nvalid_to", "yr.toml, line 22: agreement.valid_until is not a word"),
        ('benefit = "Ydelse"\n', "", "columns.benefit is missing"),
        ('statute = "a statute"\n', "", "agreement.statute is missing"),
        ('statute = "a statute"', 'statute = ""', "yr.toml, line 19: agreement.statute must not be empty"),
        ("source/1", "source/2", "yr.toml, line 1: schema must be source/1"),
        (
            '"ydelsesrefusion"',
            '"rumours"',
            "yr.toml, line 3: kind must be one of: dream, ydelsesrefusion, income",
        ),
        (
            'delimiter = ";"',
            'delimiter = "|"',
            "yr.toml, line 10: transport.delimiter must be a comma, a semicolon",
        ),
        ("2030-12-31", '"2030-12-31"', "yr.toml, line 22: agreement.valid_to must be a date such as"),
        ("2030-12-31", "2030-12-31T00:00:00Z", "yr.toml, line 22: agreement.valid_to must be a date such as"),
        ("= true", "= 1", "yr.toml, line 5: supplied_for_another_purpose must be true or false"),
        ('["outcome-evaluation"]', '"outcome-evaluation"', "agreement.permitted_purposes must be a list"),
        ('["outcome-evaluation"]', "[1]", "agreement.permitted_purposes must hold texts only"),
        ('["outcome-evaluation"]', '["a", "a"]', "agreement.permitted_purposes names the same thing twice"),
        ("[columns]", "[columns", "yr.toml, line 12, column 9: is not TOML: Expected ']'"),
    ],
)
def test_anything_not_understood_is_refused_with_file_line_and_key(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(DeclarationInvalid) as refused:
        load_declaration(TEXT.replace(old, new, 1).encode(), file="yr.toml")
    assert said in str(refused.value)


def test_a_declaration_in_another_encoding_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationInvalid, match=r"yr\.toml, line 4, column 12: is not UTF-8"):
        load_declaration(TEXT.replace("title = ", 'title = "blå" #').encode("iso-8859-1"), file="yr.toml")


def test_one_changed_byte_is_another_declaration() -> None:
    one = load_declaration(TEXT.encode(), file="yr.toml")
    other = load_declaration((TEXT + "# said so\n").encode(), file="yr.toml")
    assert one.sha256 != other.sha256


@pytest.mark.parametrize("pattern", ["*", "?*", "*_x", "y*", "1*", "[a-z]*", ".*"])
def test_a_pattern_that_could_drop_anything_is_refused(pattern: str) -> None:
    """A frozen schema with `*` in it would be none: the next new column would go unnoticed."""
    text = TEXT.replace("[transport]", f'dropped_patterns = ["{pattern}"]\n[transport]', 1)
    with pytest.raises(DeclarationInvalid, match="dropped_patterns must begin with two letters at least"):
        load_declaration(text.encode(), file="yr.toml")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('dropped = ["Uge"]', "dropped names 'Uge', which is one of the columns"),
        ('dropped_patterns = ["Ug*"]', "dropped_patterns names 'Uge', which is one of the columns"),
    ],
)
def test_a_column_is_kept_or_dropped_and_never_both(line: str, said: str) -> None:
    with pytest.raises(DeclarationInvalid, match=said):
        load_declaration(TEXT.replace("[transport]", f"{line}\n[transport]", 1).encode(), file="yr.toml")


def test_a_kind_of_file_is_delimited_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXT.replace('delimiter = ";"', 'format = "xlsx"\nsheet = "Ark1"')
    with pytest.raises(DeclarationInvalid, match="must be csv: ydelsesrefusion is delimited text"):
        load_declaration(text.encode(), file="yr.toml")
    monkeypatch.setattr("connectors.declaration.form_of", lambda settings: None)
    with pytest.raises(DeclarationInvalid, match="must be file or sftp: ydelsesrefusion is a kind of file"):
        load_declaration(TEXT.encode(), file="yr.toml")
