"""The linkage: random subjects, sealed numbers, two domains of blind indexes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from keys.cpr import Cpr
from keys.errors import VaultCorrupt
from keys.linkage import MUNICIPALITY, Linkage, contract_domain
from tests.unit.connectors.cohort import ANNE, BO, MemoryVault


def linkage(
    vault: MemoryVault, *, secret: bytes = b"s" * 32, vault_key: bytes = b"v" * 32, version: int = 1
) -> Linkage:
    return Linkage(vault, secret=secret, vault_key=vault_key, key_version=version)


def test_a_subject_is_random_and_opens_to_its_number() -> None:
    vault = MemoryVault()
    links = linkage(vault)
    first, second = links.enrol(Cpr.parse(ANNE), "a"), links.enrol(Cpr.parse(ANNE), "b")
    assert first != second, "the same person in two contracts is two subjects"
    assert all(len(subject) == 32 and set(subject) <= set("0123456789abcdef") for subject in (first, second))
    assert links.open(first) == links.open(second) == Cpr.parse("610180-1234")


def test_found_in_its_own_contract_alone() -> None:
    links = linkage(MemoryVault())
    subject = links.enrol(Cpr.parse(ANNE), "a")
    assert links.find(Cpr.parse(ANNE), "a") == subject
    assert links.find(Cpr.parse(ANNE), "b") is None
    assert links.find(Cpr.parse(BO), "a") is None


def test_the_municipal_domain_finds_a_number_in_every_contract() -> None:
    links = linkage(MemoryVault())
    assert links.subjects_of(Cpr.parse(ANNE)) == []
    subjects = set()
    for contract in ("a", "b", "c"):
        subjects.add(links.enrol(Cpr.parse(ANNE), contract))
        links.enrol(Cpr.parse(BO), contract)
        assert set(links.subjects_of(Cpr.parse(ANNE))) == subjects


def test_the_indexes_of_a_contract_are_those_of_its_people() -> None:
    links = linkage(MemoryVault())
    subjects = {links.enrol(Cpr.parse(text), "a") for text in (ANNE, BO)}
    links.enrol(Cpr.parse(ANNE), "b")
    assert set(links.indexes_of("a").values()) == subjects
    assert links.index_key(contract_domain("a")).index_of(Cpr.parse(ANNE)) in links.indexes_of("a")
    assert links.indexes_of("nobody's") == {}


def test_what_is_stored_holds_no_number_and_shares_no_index() -> None:
    """Two domains of one person, and two people of one domain: four indexes, and no digits in clear."""
    vault = MemoryVault()
    links = linkage(vault)
    for text in (ANNE, BO):
        links.enrol(Cpr.parse(text), "a")
    assert len({row.index for row, _ in vault.rows}) == len(vault.rows) == 4
    assert {row.domain for row, _ in vault.rows} == {MUNICIPALITY, "contract:a"}
    stored = repr((vault.entries, vault.rows)).encode() + b"".join(
        [part for entry in vault.entries.values() for part in entry] + [row.index for row, _ in vault.rows]
    )
    assert not any(text.encode() in stored for text in (ANNE, BO))
    assert next(iter(vault.entries)).encode() in stored, "positive control: the search finds a subject id"


def test_sealing_twice_never_repeats_a_byte_string() -> None:
    vault = MemoryVault()
    links = linkage(vault)
    for contract in "abcdefgh":
        links.enrol(Cpr.parse(ANNE), contract)
    parts = [part for entry in vault.entries.values() for part in entry]
    assert len({part[:12] for part in parts}) == len(parts) == 16, "every nonce is fresh"


def test_another_key_version_finds_nothing() -> None:
    vault = MemoryVault()
    linkage(vault).enrol(Cpr.parse(ANNE), "a")
    assert linkage(vault, version=2).find(Cpr.parse(ANNE), "a") is None
    assert linkage(vault, secret=b"t" * 32).find(Cpr.parse(ANNE), "a") is None
    assert linkage(vault).find(Cpr.parse(ANNE), "a") is not None


Entry = tuple[bytes, bytes]
BROKEN: dict[str, Callable[[Entry, Entry], Entry]] = {
    "number changed": lambda own, other: (own[0][:-1] + bytes([own[0][-1] ^ 1]), own[1]),
    "key changed": lambda own, other: (own[0], own[1][:20] + bytes([own[1][20] ^ 1]) + own[1][21:]),
    "number of another": lambda own, other: (other[0], own[1]),
    "key of another": lambda own, other: (own[0], other[1]),
    "whole entry of another": lambda own, other: other,
    "number cut off": lambda own, other: (own[0][:27], own[1]),
    "number shorter than a nonce": lambda own, other: (own[0][:5], own[1]),
    "key is empty": lambda own, other: (own[0], b""),
    "parts swapped": lambda own, other: (own[1], own[0]),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_seal_is_named_and_shows_nothing(how: str) -> None:
    """An editor of the table can pass nobody off as somebody else: the subject id is under both seals."""
    vault = MemoryVault()
    links = linkage(vault)
    anne, bo = links.enrol(Cpr.parse(ANNE), "a"), links.enrol(Cpr.parse(BO), "a")
    assert links.open(anne) == Cpr.parse(ANNE)
    vault.entries[anne] = BROKEN[how](vault.entries[anne], vault.entries[bo])
    with pytest.raises(VaultCorrupt) as caught:
        links.open(anne)
    assert not any(text in f"{caught.value!r} {caught.value.__cause__!r}" for text in (ANNE, BO, anne, bo))
    assert links.open(bo) == Cpr.parse(BO)


def test_the_vault_key_decides() -> None:
    vault = MemoryVault()
    subject = linkage(vault).enrol(Cpr.parse(ANNE), "a")
    with pytest.raises(VaultCorrupt):
        linkage(vault, vault_key=b"w" * 32).open(subject)


def test_a_number_that_waits_is_hidden_the_same_way_each_time() -> None:
    links = linkage(MemoryVault())
    hidden = links.hide(ANNE)
    assert hidden == links.hide(ANNE) != links.hide(BO)
    assert ANNE not in hidden
    assert links.reveal(hidden) == ANNE
    assert links.reveal(ANNE) == ANNE, "what was never hidden"
    for broken in (hidden[:-1], f"{hidden[:-2]}AA", "hidden:", "hidden:!"):
        with pytest.raises(VaultCorrupt):
            links.reveal(broken)
    with pytest.raises(VaultCorrupt):
        linkage(MemoryVault(), vault_key=b"w" * 32).reveal(hidden)
