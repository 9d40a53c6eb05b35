"""What a contract's page and annexes say of an early end and of parties in the place of others, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.contract import Contract
from gateway.outcomes.end_terms import EndReason
from gateway.outcomes.succession import SuccessionReason
from gateway.wording.kind_words import Both, in_both
from gateway.wording.parties import names_in
from vocabulary.total import total

END_REASONS: Mapping[EndReason, Both] = total(
    {
        EndReason.AGREED: in_both("parterne er enige om det", "the parties agree"),
        EndReason.RIGHT_USED: in_both(
            "en part bruger sin ret efter aftalen", "a party uses its right under the contract"
        ),
        EndReason.BREACH: in_both("aftalen er misligholdt", "the contract was breached"),
        EndReason.LAW_CHANGED: in_both("reglerne er ændret", "the law has changed"),
        EndReason.TOO_FEW_REFERRALS: in_both("der er henvist for få", "too few people were referred"),
        EndReason.PARTY_GONE: in_both("en part er ophørt", "a party is no more"),
    },
    EndReason,
)

SUCCESSIONS: Mapping[SuccessionReason, Both] = total(
    {
        SuccessionReason.MERGER: in_both("fusion", "merger"),
        SuccessionReason.BANKRUPTCY: in_both("konkurs", "bankruptcy"),
        SuccessionReason.SALE: in_both("salg", "sale"),
        SuccessionReason.OTHER: in_both("anden grund", "another reason"),
    },
    SuccessionReason,
)

_LINES: Mapping[str, Both] = {
    "succeeds": in_both(
        "{name} er indtrådt i stedet for {before} ({reason}) med alt, hvad der følger af aftalen, også for tidligere"
        " perioder: {name} får resultatbeviserne, anerkender eller bestrider og er kreditor. {before} er ikke længere"
        " part og får intet mere. I det, der er underskrevet før, står {before}",
        "{name} is in the place of {before} ({reason}) with all that follows from the contract, of earlier windows too:"
        " {name} gets the attestations, acknowledges or disputes, and is the creditor. {before} is no party any more"
        " and gets nothing more. What was signed before names {before}",
    ),
    "ends": in_both(
        "Aftalen ophører før tid med uge {week}: {reason}. Det, der er nået til og med den uge, betales; senere uger"
        " tæller ikke, og der indskrives ikke flere",
        "The contract ends early with week {week}: {reason}. What was reached by then is paid; no later week counts,"
        " and nobody more is enrolled",
    ),
    "end_cuts": in_both(
        "{window} gøres op til og med den uge: {creditor} får betalingsgrundlaget, og ingen andre får tal om den"
        " periode. Det, der går videre til en investor for den, afregner parterne selv",
        "{window} is settled until then: {creditor} gets the payment document, and nobody else gets a figure of that"
        " window. What flows on to an investor for it, the parties settle between them",
    ),
    "end_reads": in_both(
        "Registre læses fra nu af kun for uger til og med {week}, for rettelser, der kommer sent, og sidste gang {day}",
        "From now on registers are read for weeks up to {week} alone, for corrections that come late, and for the last"
        " time on {day}",
    ),
    "end_right": in_both(
        "{name} kan alene bringe aftalen til ophør med {weeks} hele ugers varsel{first} ({id}): {ground}",
        "{name} alone may end the contract, with {weeks} whole weeks of notice{first} ({id}): {ground}",
    ),
    "right_first": in_both(", tidligst med uge {week}", ", with week {week} at the earliest"),
    "end_by_right": in_both(
        "{name} bruger retten {right}. Varslet er underskrevet af {name} alene; det, der underskrives om tiden til"
        " ophøret, hviler på den aftale, som alle har accepteret, og som giver retten",
        "{name} uses the right {right}. The notice is signed by {name} alone; what is signed of the time until the end"
        " rests on the contract that everybody accepted, which gives the right",
    ),
    "and": in_both("og", "and"),
}


def early_end(contract: Contract, language: str) -> list[str]:
    """The sentences of its early end; nothing where it has none."""
    if (end := contract.end) is None:
        return []
    rights = {one.id: one for one in contract.end_rights}
    found = [_LINES["ends"][language].format(week=end.last_week, reason=END_REASONS[end.reason][language])]
    if end.right in rights:
        name = names_in(contract, rights[end.right].role, _LINES["and"][language])
        found.append(_LINES["end_by_right"][language].format(name=name, right=end.right))
    if end.cut:
        creditor = names_in(contract, contract.creditor, _LINES["and"][language])
        found.append(_LINES["end_cuts"][language].format(window=end.cut, creditor=creditor))
    return [*found, _LINES["end_reads"][language].format(week=end.last_week, day=end.read_until)]


def end_rights(contract: Contract, language: str) -> list[str]:
    """A sentence for each right of one party to end it alone."""
    found = []
    for right in contract.end_rights:
        first = "" if right.first_week is None else _LINES["right_first"][language].format(week=right.first_week)
        ground = {"da": right.ground_da, "en": right.ground_en}[language]
        name = contract.party(right.role).name
        line = _LINES["end_right"][language]
        found.append(line.format(name=name, id=right.id, weeks=right.notice_weeks, first=first, ground=ground))
    return found


def successors(contract: Contract, language: str) -> list[str]:
    """A sentence for each party that is in the place of another."""
    return [
        _LINES["succeeds"][language].format(
            name=one.name, before=gone.organisation, reason=SUCCESSIONS[gone.reason][language]
        )
        for one in contract.parties
        if (gone := one.succession) is not None
    ]
