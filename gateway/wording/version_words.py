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
    "and": in_both("og", "and"),
}


def early_end(contract: Contract, language: str) -> list[str]:
    """The sentences of its early end; nothing where it has none."""
    if (end := contract.end) is None:
        return []
    found = [_LINES["ends"][language].format(week=end.last_week, reason=END_REASONS[end.reason][language])]
    if end.cut:
        creditor = names_in(contract, contract.creditor, _LINES["and"][language])
        found.append(_LINES["end_cuts"][language].format(window=end.cut, creditor=creditor))
    return [*found, _LINES["end_reads"][language].format(week=end.last_week, day=end.read_until)]


def successors(contract: Contract, language: str) -> list[str]:
    """A sentence for each party that is in the place of another."""
    return [
        _LINES["succeeds"][language].format(
            name=one.name, before=gone.organisation, reason=SUCCESSIONS[gone.reason][language]
        )
        for one in contract.parties
        if (gone := one.succession) is not None
    ]
