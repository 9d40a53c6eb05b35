"""What a source's own numbers and versions become in the store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from keys.source_keys import SourceKeys

SECRET = b"s" * 32
NUMBER = "7303012001"
versions = st.integers(0, 4_200_000_000 * 1_000_000_000)  # nanoseconds since 1970, up to 2103


def keys(*, secret: bytes = SECRET, contract: str = "a", source: str = "dream") -> SourceKeys:
    return SourceKeys.derive(secret, contract_id=contract, source_id=source)


def test_a_number_is_the_same_digest_under_its_own_key_alone():
    digest = keys().digest(NUMBER)
    assert digest == keys().digest(NUMBER)
    others = [keys(secret=b"t" * 32), keys(contract="b"), keys(source="yr"), keys(contract="adream", source="")]
    assert len({digest, keys().digest("7303012002"), *(one.digest(NUMBER) for one in others)}) == 6


def test_what_is_kept_does_not_change_with_the_program():
    """Else the next pull would know no record again. Half a character is a number too."""
    assert keys().digest(NUMBER) == "71db3b3f291ab6553e236598a14e72b7fa9f0dbedc35d67b4be75f5858ba97f4"
    assert keys().place_of(0) == 2586592163141039616
    assert keys().digest("\ud800") != keys().digest("\ud801")


@given(versions, versions)
def test_versions_keep_their_order_within_what_a_column_holds(one: int, other: int):
    place = keys().place_of
    assert (place(one) < place(other)) is (one < other)
    assert (place(one) == place(other)) is (one == other)
    assert 0 <= place(one) < 2**63


def test_how_far_a_version_is_moved_only_the_key_says():
    distances = {keys(source=f"source-{number}").place_of(0) for number in range(100)}
    assert len(distances) == 100
    assert min(distances) > 2**40
    assert repr(keys()).count("b'") == 0
