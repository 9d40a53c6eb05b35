"""Salted digests and slots, each against the few lines of its definition."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from gateway.attestations.block_plan import plan_digest
from gateway.attestations.inputs import SALT_BYTES, salted_digest, slot_seconds
from gateway.attestations.seals import Seal
from gateway.outcomes.fold_terms import FoldTerms, WaitBearer

SALT, INPUTS = bytes(range(16)), "ab" * 32
DAY_SECONDS = 86_400


def test_the_digest_of_inputs_is_over_salt_and_digest():
    assert len(SALT) == SALT_BYTES
    assert salted_digest(INPUTS, SALT) == hashlib.sha256(SALT + bytes.fromhex(INPUTS)).hexdigest()
    assert salted_digest(INPUTS, SALT) != salted_digest(INPUTS, SALT[::-1]) != salted_digest("ba" * 32, SALT[::-1])


def test_a_slot_is_the_first_second_of_a_day_in_utc():
    assert slot_seconds(date(1970, 1, 1)) == 0
    assert slot_seconds(date(1970, 1, 2)) == DAY_SECONDS
    summer = date(2026, 7, 1)  # Copenhagen is two hours ahead of it
    assert slot_seconds(summer) % DAY_SECONDS == 0
    assert slot_seconds(summer + timedelta(days=1)) - slot_seconds(summer) == DAY_SECONDS


def test_the_digest_of_a_plan_is_over_salt_contract_ends_and_the_window_from_which_its_people_count():
    text = '{"contract_sha256":"' + INPUTS + '","counts_from":"a","ends":["a","c"],"schema":"block-plan/1"}'
    assert plan_digest(INPUTS, "a", ("a", "c"), SALT) == hashlib.sha256(SALT + text.encode()).hexdigest()
    others = {
        plan_digest(INPUTS, "a", (), SALT),
        plan_digest(INPUTS, "a", ("c", "a"), SALT),
        plan_digest(INPUTS, "c", ("a", "c"), SALT),
        plan_digest("ba" * 32, "a", ("a", "c"), SALT),
        plan_digest(INPUTS, "a", ("a", "c"), SALT[1:]),
    }
    assert len(others | {plan_digest(INPUTS, "a", ["a", "c"], SALT)}) == 6


def test_a_seal_commits_to_its_plan_and_shows_it():
    def seal(plan: str) -> Seal:
        people = [("00" * 16, date(2020, 1, 1))]
        return Seal.over(
            contract="c", batch="b", subjects=people, plan=plan, sealed_on=date(2020, 1, 2), nonce=bytes(32)
        )

    one, other = seal("aa" * 32), seal("bb" * 32)
    assert one.sha256 != other.sha256
    assert one.root == other.root
    assert one.claim()["plan"] == "aa" * 32
    assert set(one.claim()) == {"batch", "count", "plan", "root", "sealed_on", "nonce"}


def test_who_bears_a_wait_is_a_party_of_the_contract():
    assert [(one, one.role) for one in WaitBearer] == [
        ("payer", "outcome_payer"),
        ("operator", "operator"),
        ("investor", "investor"),
    ]
    assert FoldTerms() == FoldTerms(0, None)
