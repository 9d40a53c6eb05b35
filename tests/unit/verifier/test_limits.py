"""Every limit of the strict readers: what stands exactly at it is read, and one more is refused with its reason."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from outcome_verifier import b64, bundle, canonical, claims, jws, sdjwt, statuslist
from outcome_verifier.bundle import Bundle
from outcome_verifier.errors import SealInvalid, TrustInvalid
from outcome_verifier.trusted_key import TrustedKey
from outcome_verifier.verify import Demands, VerifiedOutcome, verify_bundle
from tests.support.bundles import (
    CONTRACT,
    INDEX,
    ISSUER,
    NOW,
    Issuer,
    SigningKey,
    disclosable,
    visible,
)

END_OF_9999 = 253_402_300_799


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer()


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ValueError) as caught:
        call()
    return str(caught.value)


def verified(data: bytes, issuer: Issuer, *, now: int = NOW, status: str | None = None) -> VerifiedOutcome:
    return verify_bundle(data, issuer.trust(), now=now, demands=Demands(CONTRACT, status=status))


def test_time_runs_from_1970_to_9999() -> None:
    instants = [-1, 0, 1, END_OF_9999, END_OF_9999 + 1, True, "1"]
    assert [canonical.is_instant(value) for value in instants] == [False, True, True, True, False, False, False]


def test_a_value_may_be_nested_32_deep_wherever_its_depth_comes_from() -> None:
    lists, objects = 1, 1
    for _ in range(32):
        lists, objects = [lists], {"a": objects}
    assert canonical.loads(canonical.dumps(lists)) == lists
    assert canonical.loads(canonical.dumps(objects)) == objects
    for value in ([lists], {"a": objects}):
        assert refused(lambda value=value: canonical.dumps(value)) == "nested too deeply"


def test_an_integer_is_exact_to_53_bits_on_either_side_of_nought() -> None:
    most = 2**53 - 1
    assert canonical.loads(canonical.dumps([most, -most])) == [most, -most]
    for value in (most + 1, -most - 1):
        assert refused(lambda value=value: canonical.dumps(value)) == "an integer beyond 53 bits"


NO_VALUES: dict[str, tuple[Callable[[], object], str]] = {
    "a set": (lambda: canonical.dumps({1}), "set has no canonical form here"),
    "a key beyond ASCII": (lambda: canonical.dumps({"ø": 1}), "object keys must be ASCII texts"),
    "a key that is no text": (lambda: canonical.dumps({1: 1}), "object keys must be ASCII texts"),
    "brackets beyond the reader's own stack": (lambda: canonical.loads(b"[" * 100_000), "nested too deeply"),
    "a number that is none": (lambda: canonical.loads(b"[NaN]"), "a number that is not an integer"),
    "a number without an end": (lambda: canonical.loads(b"[-Infinity]"), "a number that is not an integer"),
    "base64url of an impossible length": (lambda: b64.decode("QQQQQ"), "not base64url"),
    "base64url with bits to spare": (lambda: b64.decode("QR"), "base64url with stray trailing bits"),
    "JSON that is no object": (
        lambda: jws.parse(f"{b64.encode(b'[]')}..", typ="x", members=frozenset()),
        "not a JSON object",
    ),
}


@pytest.mark.parametrize("name", NO_VALUES)
def test_what_is_no_value_is_refused_with_its_reason(name: str) -> None:
    call, reason = NO_VALUES[name]
    assert refused(call) == reason


def padded(issuer: Issuer, size: int) -> bytes:
    """A bundle of exactly so many bytes: the status is never looked at by the reader."""
    short = issuer.bundle(edit=lambda body: body.update(status=""))
    return issuer.bundle(edit=lambda body: body.update(status="x" * (size - len(short))))


def test_a_bundle_has_at_most_a_mebibyte(issuer: Issuer) -> None:
    assert Bundle.load(padded(issuer, bundle.MOST_BYTES)).seals
    assert (
        refused(lambda: Bundle.load(padded(issuer, bundle.MOST_BYTES + 1))) == "the file is larger than a bundle can be"
    )


def with_seals(issuer: Issuer, count: int) -> bytes:
    seal = {"leaf": {"v": 1, "type": "cohort_seal", "sha256": "00"}, "proof": ""}
    return issuer.bundle(edit=lambda body: body.update(seals=[seal] * count))


def test_a_bundle_has_at_most_256_seals(issuer: Issuer) -> None:
    assert len(Bundle.load(with_seals(issuer, 256)).seals) == 256
    assert refused(lambda: Bundle.load(with_seals(issuer, 257))) == "seals must be a list that is not too long"


SHAPES: dict[str, tuple[dict[str, Any], str]] = {
    "the attestation is a number": ({"attestation": 1}, "attestation and receipt must be texts"),
    "the status is a number": ({"status": 1}, "status must be a text"),
    "a seal is a list of the right words": ({"seals": [["leaf", "proof"]]}, "a seal is a leaf and a proof"),
    "a seal has a member to spare": ({"seals": [{"leaf": {}, "proof": "", "x": 1}]}, "a seal is a leaf and a proof"),
    "a seal's proof is a number": ({"seals": [{"leaf": {}, "proof": 1}]}, "a seal is a leaf and a proof"),
    "a seal's leaf is a list": ({"seals": [{"leaf": [], "proof": ""}]}, "a seal is a leaf and a proof"),
    "a seal's leaf is empty": ({"seals": [{"leaf": {}, "proof": ""}]}, "a seal's leaf is malformed"),
    "a seal's digest is a number": (
        {"seals": [{"leaf": {"v": 1, "type": "cohort_seal", "sha256": 1}, "proof": ""}]},
        "a seal's leaf is malformed",
    ),
    "a seal's version is another": (
        {"seals": [{"leaf": {"v": 2, "type": "cohort_seal", "sha256": ""}, "proof": ""}]},
        "a seal's leaf is of another type",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_bundle_of_another_shape_is_refused_with_its_reason(issuer: Issuer, name: str) -> None:
    changes, reason = SHAPES[name]
    assert refused(lambda: Bundle.load(issuer.bundle(edit=lambda body: body.update(changes)))) == reason


def test_a_window_may_be_one_week_and_everybody_may_reach_the_outcome(issuer: Issuer) -> None:
    window = {"label": "x", "from_week": "2020-W27", "to_week": "2020-W27"}
    shown = disclosable(outcomes_achieved=40, outcomes_by_class=[{"class": "job", "value": 40}])
    assert verified(issuer.bundle(issuer.token(visible(window=window), shown)), issuer).shown["outcomes_achieved"] == 40


CELLS: list[tuple[list[int | None], bool]] = [
    ([19], True),
    ([18], False),
    ([20], False),
    ([19, None], True),
    ([20, None], False),
    ([None, None], True),
    ([9, 10], True),
    ([], False),
]


@pytest.mark.parametrize(("values", "fits"), CELLS)
@pytest.mark.parametrize("table", ["outcomes_by_class", "not_counted"])
def test_the_cells_of_a_table_share_what_they_are_of(table: str, values: list[int | None], fits: bool) -> None:
    """Nineteen of forty, either way: cells that are all shown make it up, and with one withheld they stay within it."""
    achieved = 19 if table == "outcomes_by_class" else 21
    shown = {"participants": 40, "outcomes_achieved": achieved, table: [{"value": value} for value in values]}
    if fits:
        claims.check_figures(shown)
    else:
        assert "do not add up" in refused(lambda: claims.check_figures(shown))


NAMES = {"": False, "a": True, "a" * 2000: True, "a" * 2001: False, "\u024f": True, "\u0250": False, "\u2019": True}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_has_between_one_and_2000_latin_letters(issuer: Issuer, name: str) -> None:
    shapes = visible(operator={"name": name})
    if NAMES[name]:
        claims.check_shapes(shapes, {})
    else:
        assert refused(lambda: claims.check_shapes(shapes, {})) == "the claim operator has the wrong form"


LISTS: list[tuple[object, bool]] = [([], True), (["a", "b"], True), ("ab", False), (["a", 1], False), ({"a": 1}, False)]


@pytest.mark.parametrize(("value", "fits"), LISTS)
def test_a_list_of_texts_is_a_list_and_holds_texts_alone(value: object, fits: bool) -> None:
    if fits:
        claims.check_shapes(visible(), {"illustrative": value})
    else:
        reason = refused(lambda: claims.check_shapes(visible(), {"illustrative": value}))
        assert reason == "the claim illustrative has the wrong form"


DIFFERENCES: list[tuple[object, bool]] = [
    ({}, True),
    ({"outcomes_achieved": -3, "qualifying_weeks": 0, "amount_minor": 5, "threshold_met": -1}, True),
    ({"outcomes_reached": 2, "points_reached": -1}, True),
    (
        dict.fromkeys(
            (
                "outcomes_achieved",
                "outcomes_reached",
                "points_reached",
                "qualifying_weeks",
                "amount_minor",
                "threshold_met",
            ),
            1,
        ),
        True,
    ),
    ({"outcomes_reached": None}, False),
    *(({"threshold_met": change}, -1 <= change <= 1) for change in range(-2, 3)),
    ({"participants": 1}, False),
    ({"outcomes_achieved": "1"}, False),
    ({"outcomes_achieved": True}, False),
    ([], False),
    (["amount_minor"], False),
]


@pytest.mark.parametrize(("difference", "fits"), DIFFERENCES)
def test_a_difference_is_of_known_figures_in_whole_numbers(difference: object, fits: bool) -> None:
    later = visible(supersedes={"jti": visible()["jti"], "sha256": "0" * 64})
    if fits:
        claims.check_shapes(later, {"difference": difference})
    else:
        reason = refused(lambda: claims.check_shapes(later, {"difference": difference}))
        assert reason == "the claim difference has the wrong form"


def compact(header: dict[str, Any], payload: dict[str, Any], *, characters: int) -> str:
    """An unsigned token of exactly so many characters."""
    parts = [b64.encode(canonical.dumps(part)) for part in (header, payload)]
    text = ".".join(parts)
    return f"{text}.{'A' * (characters - len(text) - 1)}"


def test_a_token_has_at_most_262144_characters() -> None:
    header = {"alg": "RS256", "typ": "x", "kid": "k"}
    whole = compact(header, {}, characters=262_144)
    assert jws.parse(whole, typ="x", members=frozenset()).payload == {}
    long = compact(header, {"a": 11}, characters=262_144 + 1)
    assert refused(lambda: jws.parse(long, typ="x", members=frozenset())) == "not a compact JWS"


@pytest.mark.parametrize("short", ["x", "y"])
def test_each_coordinate_has_32_bytes(short: str) -> None:
    jwk = SigningKey.drawn(lambda count: b"\x07" * count).jwk
    reason = refused(lambda: jws.public_key({**jwk, short: b64.encode(b64.decode(jwk[short])[1:])}))
    assert reason == "a coordinate is not 32 bytes"
    assert refused(lambda: jws.public_key({**jwk, "crv": "P-384"})) == "the curve is not P-256"


def test_a_token_has_at_most_64_disclosures(issuer: Issuer) -> None:
    """Whether they belong to it is the next question."""
    jwt = issuer.token().split("~")[0]
    assert len(sdjwt.parse("~".join([jwt, *["x"] * 64, ""])).disclosures) == 64
    assert refused(lambda: sdjwt.parse("~".join([jwt, *["x"] * 65, ""]))) == "too many disclosures"


def unsealed(issuer: Issuer, **changes: Any) -> sdjwt.SdJwt:
    """A token that was issued without any digest."""
    return sdjwt.parse(issuer.compact(issuer.header(), visible(**changes)) + "~")


def test_a_token_without_digests_shows_nothing(issuer: Issuer) -> None:
    assert sdjwt.disclosed_claims(unsealed(issuer)) == {}
    assert sdjwt.disclosed_claims(unsealed(issuer, _sd_alg="sha-256")) == {}


def test_the_name_of_the_digest_algorithm_stands_at_the_top_alone(issuer: Issuer) -> None:
    for deeper in ({"_sd_alg": "sha-256"}, [{"_sd": []}], {"a": {"...": "x"}}):
        reason = refused(lambda deeper=deeper: unsealed(issuer, deeper=deeper))
        assert reason == "a digest stands deeper than the top level"
        text = sdjwt.disclosure("c2FsdA", "sources", deeper)
        token = sdjwt.parse(f"{issuer.compact(issuer.header(), visible(_sd=[sdjwt.digest(text)]))}~{text}~")
        assert refused(lambda token=token: sdjwt.disclosed_claims(token)) == "a digest stands inside a disclosure"


def test_a_claim_is_not_issued_both_visibly_and_selectively(issuer: Issuer) -> None:
    reason = "a claim is both visible and disclosable, or may never be disclosable"
    assert refused(lambda: issuer.token(shown={"template": "x"})) == reason
    assert refused(lambda: issuer.token(shown={"exp": 1})) == reason


def test_a_status_list_reaches_its_last_bit() -> None:
    assert statuslist.status_at(b"\x00\x80", 15) == 1
    for index in (-1, 16, 17):
        reason = refused(lambda index=index: statuslist.status_at(b"\x00\x80", index))
        assert reason == "the status list does not reach the attestation's index"


def test_a_status_is_changed_and_no_other() -> None:
    bits = bytes(range(1, 21))
    for index in (0, 7, 8, 79, 159):
        for value in (statuslist.VALID, statuslist.INVALID):
            changed = statuslist.with_status(bits, index, value)
            assert [statuslist.status_at(changed, n) for n in range(160) if n != index] == [
                statuslist.status_at(bits, n) for n in range(160) if n != index
            ]
            assert statuslist.status_at(changed, index) == value


def test_a_status_list_may_be_a_minute_ahead_and_not_two(issuer: Issuer) -> None:
    read = {"keys": issuer.trust().keys, "uri": f"{ISSUER}/status/1", "index": INDEX, "now": NOW}
    assert statuslist.read_status(issuer.status(iat=NOW + 60), **read).as_of == NOW + 60
    reason = "the status list has no issue time, or one in the future"
    assert refused(lambda: statuslist.read_status(issuer.status(iat=NOW + 61), **read)) == reason


@pytest.mark.parametrize(
    "listed", [["bits", "lst"], {"bits": 1}, {"bits": 1, "lst": "", "x": 1}, {"bits": "1", "lst": ""}]
)
def test_a_status_list_of_another_shape_is_malformed(issuer: Issuer, listed: object) -> None:
    read = {"keys": issuer.trust().keys, "uri": f"{ISSUER}/status/1", "index": INDEX, "now": NOW}
    token = issuer.status(status_list=listed)
    assert refused(lambda: statuslist.read_status(token, **read)) == "the status list is malformed"


def test_the_status_list_counts_that_is_newest(issuer: Issuer) -> None:
    """A list that was fetched since counts where it is newer, and the stapled one where that is."""
    data = issuer.bundle(status=issuer.status(iat=NOW - 50))
    for fetched in (NOW - 100, NOW - 10):
        found = verified(data, issuer, status=issuer.status(iat=fetched))
        assert found.status_as_of == max(NOW - 50, fetched)


def test_a_status_list_has_expired_after_its_last_second(issuer: Issuer) -> None:
    data = issuer.bundle(status=issuer.status(exp=NOW + 5))
    assert not verified(data, issuer, now=NOW + 5).status_has_expired
    assert verified(data, issuer, now=NOW + 6).status_has_expired
    claims_without = issuer.bundle(status=endless(issuer))
    assert not verified(claims_without, issuer).status_has_expired


def endless(issuer: Issuer) -> str:
    """A status list that names no expiry."""
    listed = {"bits": 1, "lst": statuslist.encode(issuer.bits)}
    body = {"sub": f"{ISSUER}/status/1", "iat": NOW, "status_list": listed}
    return issuer.compact({"alg": "ES256", "typ": "statuslist+jwt"}, body)


def test_what_is_withheld_is_counted_with_the_decoys(issuer: Issuer) -> None:
    jwt, *disclosures, _ = issuer.token().split("~")
    assert len(disclosures) == 7
    for shown in (7, 3, 0):
        token = "~".join([jwt, *disclosures[:shown], ""])
        assert verified(issuer.bundle(token), issuer).withheld == 7 - shown + 2


def test_a_key_covers_its_first_and_its_last_second() -> None:
    key = SigningKey.drawn(lambda count: b"\x07" * count)
    trusted = TrustedKey(key.kid, jws.public_key(key.jwk), "retired", 10, 20, None)
    assert [trusted.covers(instant) for instant in (9, 10, 20, 21)] == [False, True, True, False]
    stolen = TrustedKey(key.kid, jws.public_key(key.jwk), "compromised", 10, None, 15)
    assert [stolen.covers(instant) for instant in (9, 10, 14, 15, 16)] == [False, True, True, False, False]


def test_a_trust_file_says_the_state_of_each_key_and_names_the_manifest_before_it(issuer: Issuer) -> None:
    trust = issuer.trust(version=2, previous="0" * 64, keys=[issuer.key_entry(state="retiring")])
    assert [(key.kid, key.state) for key in trust.keys.values()] == [(issuer.kid, "retiring")]
    assert (trust.version, trust.issued_at, trust.issuer) == (2, NOW - 1000, ISSUER)


TRUST_REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "the issuer is a number": ({"members": {"issuer": 1}}, "issuer, manifest and receipt must be texts"),
    "the types are one text": ({"vct": ISSUER}, "types must be texts"),
    "a type is a number": ({"vct": [1]}, "types must be texts"),
}


@pytest.mark.parametrize("name", TRUST_REASONS)
def test_a_trust_file_of_another_shape_is_refused_with_its_reason(issuer: Issuer, name: str) -> None:
    changes, reason = TRUST_REASONS[name]
    with pytest.raises(TrustInvalid, match=f": {reason}; ask the municipality for it again$"):
        issuer.trust(**changes)


def test_a_log_is_called_what_its_key_is_called(issuer: Issuer) -> None:
    first, second = issuer.manifest_claims()["logs"]
    swapped = [{**first, "origin": second["origin"]}, {**second, "origin": first["origin"]}]
    with pytest.raises(TrustInvalid, match=": a log key belongs to another origin; "):
        issuer.trust(logs=swapped)


def test_seals_are_looked_up_in_one_attest_log(issuer: Issuer) -> None:
    """A trust file that was read has exactly one; one that was put together in memory is not believed more."""
    trust = issuer.trust()
    attest = next(key for origin, key in trust.logs.items() if origin.endswith("/attest"))
    two = replace(trust, logs={**trust.logs, "another.example/attest": attest})
    with pytest.raises(SealInvalid, match=r"^the trust file holds no attest log$"):
        verify_bundle(issuer.bundle(), two, now=NOW)


def test_a_reason_is_told_in_utc(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> None:
    """Whatever the reader's own time zone is."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert "2026-02-02 02:40:00 UTC" in verified(issuer.bundle(), issuer).checks[4].detail
    finally:
        monkeypatch.undo()
        time.tzset()
