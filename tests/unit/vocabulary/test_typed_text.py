"""Text that people type says something, and everybody reads the same: one rule, for every reader and every command."""

from __future__ import annotations

import re
import sys
import unicodedata
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
from policies.errors import ProgrammeInvalid
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES, example_contract
from tests.support.opening import balances_text, paid
from vocabulary.errors import DeclarationInvalid, TextInvalid
from vocabulary.typed_text import check_typed, is_seen, typed_lines, typed_text

IMPACT60 = example_contract("impact60")
UNSEEN = {
    "ESC": "\x1b",
    "bell": "\x07",
    "delete": "\x7f",
    "C1 control": "\x9b",
    "tab": "\t",
    "line feed": "\n",
    "carriage return": "\r",
    **{f"bidi {ord(one):04X}": one for one in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c"},
    **{f"zero width {ord(one):04X}": one for one in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"},
    "soft hyphen": "\u00ad",
    "no-break space": "\u00a0",
    "narrow no-break space": "\u202f",
    "ideographic space": "\u3000",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "private use": "\ue000",
    "unassigned": "\u0378",
    "noncharacter": "\uffff",
    "tag": "\U000e0041",
    "variation selector": "\ufe0f",
    "another variation selector": "\U000e0100",
    "grapheme joiner": "\u034f",
    "Hangul filler": "\u3164",
    "blank Braille cell": "\u2800",
    "annotation": "\ufff9",
}
BLANK = {"nothing": "", "a space": " ", "spaces": "   ", "no-break spaces": "\u00a0\u00a0", "a tab": "\t"}
SEEN = [
    "Ærø Kommune, Østergade 5",
    "Blåbærgrød",
    "a\u030aben",
    "København – «bo»",
    "Ω Ж 学",
    "1.500,05 kr. (50 %)",
    "x",
]


Reader = Callable[[bytes], object]


def example(path: str) -> str:
    return (EXAMPLES / path).read_text("utf-8")


OPENING = balances_text(IMPACT60, "2018H2", [paid("2018H2", "weeks_in_work_or_education", 0, 0)]).decode()
CODES = (
    example("sources/sager.toml").replace('code_list = "dream"', "#")
    + """
[codes]
source = "list of the supplier"

[codes.statuses]
unemployed = ["KTH"]
"""
)
# a reader of declarations, a text that it takes, and a key whose value is a person's own words
READERS: dict[str, tuple[Reader, str, str]] = {
    "programme": (lambda text: load_programme(text, file="x"), example("programmes/impact60.toml"), "title"),
    "contract": (lambda text: load_contract(text, file="x"), example("contracts/impact60.toml"), "title"),
    "source": (lambda text: load_declaration(text, file="x"), example("sources/dream.toml"), "statute"),
    "codes": (lambda text: load_declaration(text, file="x"), CODES, "source"),
    "figures": (lambda text: load_aggregate(text, file="x"), example("statistics/statbank.toml"), "title"),
    "contact": (lambda text: load_contact(text, file="x"), example("contacts/aalborg.toml"), "address"),
    "map": (lambda text: load_map(text, IMPACT60, file="x"), example("adoption/impact60.map.toml"), "sheet"),
    "group": (
        lambda text: load_group(text, file="x", contract=IMPACT60),
        example("comparisons/impact60.toml"),
        "title",
    ),
    "course": (lambda text: load_course(text, file="x"), example("courses/impact60.toml"), "published"),
    "opening": (lambda text: load_opening(text, IMPACT60, file="x"), OPENING, "currency"),
}


def rewritten(text: str, key: str, value: str) -> bytes:
    """The text with another value at the first such key."""
    found = re.search(rf'^{key} = (".*?")', text, flags=re.MULTILINE)
    assert found, key
    return (text[: found.start(1)] + value + text[found.end(1) :]).encode()


def escaped(text: str) -> str:
    """As TOML writes any character: a file of plain ASCII that holds what nobody sees all the same."""
    return '"' + "".join(f"\\U{ord(one):08X}" for one in text) + '"'


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> tuple[str, Reader, str, str]:
    return (request.param, *READERS[request.param])


def check_refused(name: str, load: Reader, text: bytes, key: str) -> None:
    with pytest.raises(DeclarationInvalid) as refused:
        load(text)
    assert isinstance(refused.value, ProgrammeInvalid) == (name == "programme")
    assert refused.value.key.rsplit(".", 1)[-1] == key
    assert str(refused.value).isprintable()
    assert text.decode().split("\n")[refused.value.line - 1].startswith(key)


def test_every_reader_takes_what_everybody_sees(reader: tuple[str, Reader, str, str]) -> None:
    name, load, text, key = reader
    load(text.encode())
    if name != "opening":
        for seen in SEEN:
            load(rewritten(text, key, escaped(seen)))


@pytest.mark.parametrize("unseen", UNSEEN)
def test_no_reader_takes_what_nobody_sees(reader: tuple[str, Reader, str, str], unseen: str) -> None:
    name, load, text, key = reader
    check_refused(name, load, rewritten(text, key, escaped(f"a{UNSEEN[unseen]}b")), key)


@pytest.mark.parametrize("blank", BLANK)
def test_no_reader_takes_a_blank_text(reader: tuple[str, Reader, str, str], blank: str) -> None:
    name, load, text, key = reader
    check_refused(name, load, rewritten(text, key, escaped(BLANK[blank])), key)


@pytest.mark.parametrize("unseen", [name for name in UNSEEN if name not in ("line feed", "carriage return", "tab")])
def test_no_reader_takes_it_raw_not_even_in_a_comment(reader: tuple[str, Reader, str, str], unseen: str) -> None:
    """What is signed is the file: a comment that turns the reading direction shows another file than is read."""
    name, load, text, _ = reader
    with pytest.raises(DeclarationInvalid) as refused:
        load(f"# one line\n# æ{UNSEEN[unseen]}\n{text}".encode())
    assert (refused.value.line, refused.value.column, refused.value.rule) == (2, 4, "typed-text")
    assert isinstance(refused.value, ProgrammeInvalid) == (name == "programme")
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("key", ["\x1b[2J", "a\u202eb", "\u200b", " ", ""])
@pytest.mark.parametrize("where", ["{} = 1\n", "inside = {{ {} = 1 }}\n"])
def test_no_reader_takes_such_a_key_or_repeats_it(reader: tuple[str, Reader, str, str], key: str, where: str) -> None:
    _, load, text, _ = reader
    with pytest.raises(DeclarationInvalid, match="no name that can be printed") as refused:
        load((where.format(escaped(key)) + text).encode())
    assert refused.value.line == 1
    assert str(refused.value).isprintable()


def test_line_ends_of_either_kind_are_a_text_file() -> None:
    text = example("contracts/impact60.toml")
    load_contract(text.replace("\n", "\r\n").encode(), file="x")


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_is_typed_on_one_line(unseen: str) -> None:
    for text in (UNSEEN[unseen], f"a{UNSEEN[unseen]}", f"{UNSEEN[unseen]}a"):
        with pytest.raises(ValueError, match=r"must (hold printable|not be empty)"):
            typed_text(text)
    with pytest.raises(TextInvalid, match="the name must hold printable") as refused:
        check_typed(f"a{UNSEEN[unseen]}b", what="the name")
    assert str(refused.value).isprintable()
    assert refused.value.code == "text-invalid"


def test_what_is_typed_on_several_lines() -> None:
    assert typed_lines("a\n\n\tb\r\nc") == ("a", "", " b", "c")
    for between in ("\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"):  # what str.splitlines takes for an end
        with pytest.raises(ValueError, match=r"U\+"):
            typed_lines(f"a{between}b")
    for blank in ("", "\n", " \n\t\n", "\u00a0\n"):
        with pytest.raises(ValueError, match="empty"):
            typed_lines(blank)
    with pytest.raises(ValueError, match="U\\+00A0"):
        typed_lines("a\n\u00a0\nb")
    with pytest.raises(ValueError, match="U\\+DC80"):
        typed_text(b"a\x80".decode("ascii", "surrogateescape"))  # as the command line hands over what is not UTF-8


@pytest.mark.parametrize("text", SEEN)
def test_letters_of_every_script_are_taken_as_they_are(text: str) -> None:
    assert typed_text(text) is text
    assert check_typed(text, what="it") is text


@pytest.mark.long
def test_the_rule_goes_by_the_kind_of_a_character() -> None:
    """All of Unicode: control, format, private, unassigned, surrogate, separators, and what is drawn as nothing."""
    refused = {number for number in range(sys.maxunicode + 1) if not is_seen(chr(number))}
    kinds = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}
    by_kind = {n for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) in kinds} - {0x20}
    assert by_kind <= refused
    drawn_as_nothing = refused - by_kind
    assert len(drawn_as_nothing) == 268
    assert {unicodedata.category(chr(number)) for number in drawn_as_nothing} == {"Lo", "Mn", "So"}
