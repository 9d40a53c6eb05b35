"""Blind indexes: exact CMAC, keys that do not touch, and columns of any length."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from keys.blind_index import BlindIndexKey, Column, are_digits, can_be_given
from keys.cpr import Cpr
from keys.errors import InvalidCpr

SECRET = bytes(range(32))
DOMAIN = "contract:test"


def derived(secret: bytes, domain: str, version: int) -> bytes:
    """RFC 5869 with an empty salt and one block of output, written out: the oracle of the derivation."""
    extracted = hmac.digest(bytes(32), secret, "sha256")
    info = b"outcome-gateway blind index\x00" + domain.encode() + b"\x00" + str(version).encode()
    return hmac.digest(extracted, info + b"\x01", "sha256")


def cmac(key: bytes, message: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(message)
    return mac.finalize()


def column(*numbers: str) -> Column:
    return np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8).reshape(-1, 10)


def numbers(count: int) -> list[str]:
    """As many different replacement numbers; their dates matter to nobody here."""
    return [f"61{n:08d}" for n in range(count)]


def test_the_subkey_of_the_standard() -> None:
    """SP 800-38B appendix D.3: the published K2 of its AES-256 key makes the index with one call of the cipher."""
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    k2 = bytes.fromhex("95a3da06533ddb585d3533010c42a0d9")
    padded = b"6101801234" + b"\x80" + bytes(5)
    block = bytes(a ^ b for a, b in zip(padded, k2, strict=True))
    expected = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)
    assert BlindIndexKey(key).index_of(Cpr.parse("6101801234")) == expected


def test_one_number_is_the_cmac_of_its_ten_digits_under_the_derived_key() -> None:
    key = BlindIndexKey.derive(SECRET, domain=DOMAIN, version=1)
    expected = cmac(derived(SECRET, DOMAIN, 1), b"6101801234")
    assert key.index_of(Cpr.parse("6101801234")) == expected
    assert key.index_of(Cpr.parse("610180-1234")) == expected


def test_a_fixed_vector() -> None:
    """Frozen: a change of derivation or message would orphan every linkage row that is stored."""
    key = BlindIndexKey.derive(SECRET, domain="municipality", version=1)
    assert key.index_of(Cpr.parse("6101801234")).hex() == "d69318073f1cd25fc35d26e55ccba8dd"


@pytest.mark.parametrize("rows", [0, 1, 2, 32_767, 32_768, 32_769, 65_537])
def test_a_column_at_the_edges_of_a_chunk(rows: int) -> None:
    key = BlindIndexKey.derive(SECRET, domain=DOMAIN, version=1)
    raw, texts = derived(SECRET, DOMAIN, 1), numbers(rows)
    tags = key.column(column(*texts))
    assert tags.shape == (rows, 16)
    for row in {0, 1, 32_766, 32_767, 32_768, rows - 1} & set(range(rows)):
        assert tags[row].tobytes() == cmac(raw, texts[row].encode())
    assert len(np.unique(tags, axis=0)) == rows, "different numbers never share an index"


def test_the_column_is_read_and_not_changed() -> None:
    """Also a column that is a view of every third byte, as a slice of a larger table would be."""
    key = BlindIndexKey.derive(SECRET, domain=DOMAIN, version=1)
    plain = column(*numbers(5))
    wide = np.repeat(plain, 3, axis=1)
    before = hashlib.sha256(wide.tobytes()).digest()
    assert np.array_equal(key.column(wide[:, ::3]), key.column(plain))
    assert hashlib.sha256(wide.tobytes()).digest() == before


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((3, 9), "u1"), ((3, 11), "u1"), ((30,), "u1"), ((1, 3, 10), "u1"), ((3, 10), "i8"), ((3, 10), "i1")],
)
def test_another_shape_or_kind_is_refused(shape: tuple[int, ...], kind: str) -> None:
    with pytest.raises(ValueError, match="ten bytes a row"):
        BlindIndexKey.derive(SECRET, domain=DOMAIN, version=1).column(np.zeros(shape, dtype=kind))


def test_domains_versions_and_secrets_do_not_touch() -> None:
    """The last two would be one key if domain and version were only written one after the other."""
    keys = [
        BlindIndexKey.derive(SECRET, domain="municipality", version=1),
        BlindIndexKey.derive(SECRET, domain="municipality", version=2),
        BlindIndexKey.derive(bytes(32), domain="municipality", version=1),
        BlindIndexKey.derive(SECRET, domain="contract:a", version=11),
        BlindIndexKey.derive(SECRET, domain="contract:a1", version=1),
    ]
    assert len({key.index_of(Cpr.parse("6101801234")) for key in keys}) == len(keys)


def test_the_key_is_not_written() -> None:
    key = BlindIndexKey(b"\xab" * 32)
    assert f"{key} {key!r} {[key]}" == "BlindIndexKey(…) BlindIndexKey(…) [BlindIndexKey(…)]"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b"6101801234", True),
        (b"0000000000", True),
        (b"9999999999", True),
        (b"610180123/", False),  # the byte before 0
        (b"610180123:", False),  # the byte after 9
        (b"\x00101801234", False),
        (b"61018012\xc3\xa6", False),
        (b" 101801234", False),
        (b"610180-123", False),
    ],
)
def test_ten_ascii_digits(row: bytes, expected: bool) -> None:
    assert are_digits(np.frombuffer(row, dtype=np.uint8).reshape(1, 10)).tolist() == [expected]


def test_digits_are_checked_beyond_the_first_chunk() -> None:
    digits = column(*numbers(70_000)).copy()
    wrong = [0, 32_767, 32_768, 65_536, 69_999]
    digits[wrong, [0, 9, 0, 5, 9]] = ord("O")
    assert np.flatnonzero(~are_digits(digits)).tolist() == wrong


def test_the_last_days_of_february_in_every_century() -> None:
    """All years and seventh digits, which decide the century, against one number at a time."""
    texts = [f"{day}02{year:02d}{seventh}001" for day in (88, 89, 90) for year in range(100) for seventh in range(10)]
    expected = []
    for text in texts:
        try:
            expected.append(Cpr.parse(text).digits == text)
        except InvalidCpr:
            expected.append(False)
    assert can_be_given(column(*texts)).tolist() == expected
    assert expected.count(True) == 1000 + 250 - 4, "every fourth year has a 29th; 1900, by four digits, has not"
