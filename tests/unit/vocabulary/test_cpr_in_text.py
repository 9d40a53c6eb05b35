"""What is held to be a CPR number in a text, and what is not. People have replacement numbers (day + 60)."""

from __future__ import annotations

import pytest

from vocabulary.cpr_in_text import (
    MASK,
    REASON,
    holds_cpr,
    id_without_cpr,
    mask_cpr,
    mask_id,
    may_hide_cpr,
    prose_without_cpr,
)

# as a person or a program writes one, and what is left of the text where it is masked
IN_PROSE = {
    "7303012001": "…",
    "730301-2001": "…",
    "730301 2001": "…",
    "730302--2002": "…",
    "7303-01-2001": "…",
    "730301.2001": "…",
    "730301/2001": "…",
    "730301_2001": "…",
    "730301 - 2001": "…",
    "730301–2001": "…",
    "730301-\n2001": "…",
    "730301 (2001)": "…)",
    "730301;2001": "…",
    "730301, 2001": "…",
    "73 03 01 2001": "…",
    "73-03-01-2001": "…",
    "73.03.01.20.01": "…",
    "7 3 0 3 0 1 2 0 0 1": "…",
    "730 301 2001": "…",
    "7.303.012.001": "…",
    "73030-12001": "…",
    "73030120 01": "…",
    "7303012001234": None,
    "７３０３０１２００１": "…",
    "730301－2001": "…",
    "٧٣٠٣٠١٢٠٠١": "…",
    "⑦③⓪③⓪①②⓪⓪①": "…",
    "⁷³⁰³⁰¹²⁰⁰¹": "…",
    "七三〇三〇一二〇〇一": "…",
    "730㉚1⑳⓪1": "…",  # two of them are of two digits
    "7\ufe0f\u20e33\ufe0f\u20e30\ufe0f\u20e33012001": "…",
    "730301\u200b2001": "…",
    "730301\u31642001": "…",
    "730301\uffff2001": "…",
    "730301\x002001": "…",
    "730301\u00ad-\u00ad2001": "…",
    "730301\u00a02001": "…",
    "she is 730301-2001.": "she is ….",
    "cpr:7303012001": "cpr:…",
    "In 2018 7303012001 was referred": "In 2018 … was referred",
    "7303012001, 740301-2002 and 7 5 0 3 0 1 2 0 0 3": "…, … and …",
    "730301-2001 740301-2002": "…",  # 2001 740301 is one too
    "730301-2001 og 740301-2002": "… og …",
    "73 03 01 2001 74 03 01 2002": "… …",
    "2018-10-01 7303012001": "2018-10-01 …",
    "In 2018 7-3-0-3-0-1-2-0-0-1": "In 2018 …",
    "uge 12 7303·012001 12 kr.": "uge 12 … 12 kr.",
    "730301·20·01 12": "… 12",
    "73·03-0120·01 12": None,  # joined in two ways, and to another number
    "2018·730·301·2001": None,
    "730·301·2001·12": None,
    "01.10.2018: 730301-2001": "01.10.2018: …",
    "CVR 29189420 7303012001": "CVR 29189420 …",
    "løn ½ til 7303012001": "løn ½ til …",
    "730301-2001 kr. 500": "… kr. 500",
    "73-03-01-2001 og 01-03-2001": "… og 01-03-2001",
}
# no number, and what says so: each differs from one above in a single thing
NO_NUMBER = (
    "6101801",
    "910280-1234",  # no such day
    "611380-1234",  # no such month
    "621002-0000",  # no such serial number
    "61018012345",  # eleven digits
    "730301 -- 2001",  # four characters between
    "730301 og 2001",
    "730301 a 2001",
    "73030 - 12001",
    "7303012001a b",
    "a7303012001",
    "7303012001a",
    "7303012001å",
    "730301x2001",
    "73.03.01, 2001",  # a list
    "10, 11, 12, 13, 14",
    "10,11,12,13,14",
    "10;11;12;13;14",
    "(10) (11) (12) (13) (14)",
    "10|11|12|13|14",
    "10\n11\n12\n13\n14",
    "10 11 12 13 14 15",  # twelve digits
    "2018-10-01 2019-03-25",
    "01-10-2018 12 uger",
    "01-10-2018 31-12-2018 12 uger",
    "d. 1/10-2018 12 personer",
    "20121001-12",
    "2012-03-01 12:30:15",
    "2012/03/01 12",
    "2012.03.01 12",
    "27.12.04 2018-W40",
    "27.12.04 2018W40",
    "27.03.00 2018-10-01",
    "KLE 27.12.04 1250 personer",
    "kle-nr.: 27.12.04-1250",
    "CVR 25121234 12 personer",
    "CVR-nr.: 25121234 12",
    "Tlf. 25121234 12",
    "telefon 25121234-12",
    "mobil: 25121234 12",
    "phone 25121234 12",
    "5790000000012",
    "12.345.678,90",
    "12,345,678.90",
    "12 345 678,90",
    "1.250.312.018 kr.",
    "1.250.312.018 DKK",
    "1.250.312.018 øre",
    "1.250.312.018 €",
    "12.120-12.500 kr.",
    "01.10.18 1.200,00 kr.",
    "10.120.14.0/24",
    "120.112.10.12",
    "3f250412-4f89-1112-1012-0305e82c3301",
    "6310812001" * 6 + "abcd",
)
REFERENCES = (
    "7303012001",
    "730301-2001",
    "7303-01-2001",
    "730301X2001",
    "730301ab2001",
    "730301abc2001",
    "X7303012001",
    "7303012001X",
    "7X3X0X3X0X1X2X0X0X1",
    "SAG730301-2001",
    "FOKUS-2018-7303012001",
    "2018-730301-2001",
    "730301,2001",
    "73 03 01 2001, 12",
    "12, 73 03 01 2001",
    "5402103037",  # backwards
    "1002-103037",
    "5402-103037",
    "1002-10-30-37",
    "2002-103037",
    "10021-03037",
    "FOKUS-19-1002-103037",
    "⑮⑬⑳⑩⑰",  # no sign of it is one digit
    "301012001",  # its zero lost
    "30101-2001",
    "3-01-01-2001",
    "FOKUS-301012001",
    "cpr7303012001.csv",
    "７３０３０１-２００１",
    "Anna 730301-2001 Holm",
)
NO_DISGUISE = (
    "30101201",
    "impact60",
    "FOKUS-2018-0001",
    "2018-000121",  # backwards it would be a number: a year and a running number is none
    "2013-000121",
    "2099-000121",
    "SAG-2019-12345",
    "2019-00012",
    "301-01-2001",
    "9910210303",
    "2018-W40",
    "2019-W27",
    "2018H2",
    "yr-ydelsesrefusion-beregning-2018-10-01.csv",
    "dream-20181001120000.csv",
    "20181001-1230.csv",
    "01-10-2018-12.csv",
    "27.36.00-G01-12-19",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "730301a2001b" * 4,  # a digest
    "b123456",
    "Anna Holm",
    "730301abcd2001",
)


@pytest.mark.parametrize("text", IN_PROSE)
def test_a_number_in_prose_is_found_and_masked(text: str):
    masked = IN_PROSE[text]
    assert holds_cpr(text) is (masked is not None)
    assert mask_cpr(text) == (text if masked is None else masked)
    if masked is not None:
        with pytest.raises(ValueError) as caught:
            prose_without_cpr(text)
        assert str(caught.value) == REASON


@pytest.mark.parametrize("text", NO_NUMBER)
def test_what_prose_holds_otherwise_is_none(text: str):
    assert not holds_cpr(text)
    assert mask_cpr(text) == prose_without_cpr(text) == text


@pytest.mark.parametrize("text", REFERENCES)
def test_a_number_in_disguise_is_found_in_a_reference(text: str):
    assert may_hide_cpr(text)
    assert mask_id(text) == MASK
    with pytest.raises(ValueError) as caught:
        id_without_cpr(text)
    assert str(caught.value) == REASON


@pytest.mark.parametrize("text", NO_DISGUISE)
def test_what_references_are_made_of_is_none(text: str):
    assert not may_hide_cpr(text)
    assert mask_id(text) == id_without_cpr(text) == text


@pytest.mark.parametrize("text", ["5402103037", "303012001", "X7303012001"])
def test_prose_is_asked_for_less_than_a_reference(text: str):
    """An amount of nine digits, or ten that are a number backwards, are what a report may hold."""
    assert not holds_cpr(text)
