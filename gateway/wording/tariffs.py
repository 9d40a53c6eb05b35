"""What each kind of tariff pays for, in words: an entry a kind, with the words of one unit of its figure."""

from __future__ import annotations

from gateway.outcomes.kinds import TARIFFS
from gateway.wording.kind_words import KindSentence, in_both, words_for

_NEGATIVE = KindSentence(
    in_both("; kan være negativt", "; may be negative"), "Er tallet negativt, går penge tilbage.", ", kan være negativt"
)
_NEVER_NEGATIVE = KindSentence(in_both("; aldrig under nul", "; never below nothing"), "Aldrig under 0.")

_NEUTER = ("point", "beløb")


def unit_words(unit: str, *, is_danish: bool = True) -> dict[str, str]:
    """The word of one unit, and what is said of each of them: `hvert point`, `hver uge`."""
    danish = "hvert" if unit in _NEUTER else "hver"
    return {"unit": unit, "each": f"{danish if is_danish else 'each'} {unit}"}


TARIFF_WORDS = words_for(
    TARIFFS,
    {
        "price": {
            "price": KindSentence(
                in_both("{price} for {each} under {of}", "{price} for {each} under {of}"),
                "{price} for {each} i {of}.",
                "{price} pr. {unit}",
            ),
            "by_state": KindSentence(
                in_both("{prices} for {each} under {of}", "{prices} for {each} under {of}"),
                "For {each} i {of}: {prices}.",
                "pr. {unit} {prices}",
            ),
            "indexed": KindSentence(
                in_both("; reguleret efter {index}, {year} = 100 %", "; by the index {index}, {year} = 100 %"),
                "Prisen er i {year}-niveau og følger {index}.",
                " i {year}-niveau, følger {index}",
            ),
            "declared": KindSentence(
                in_both("{price} for {each} under {of}{least}", "{price} for {each} under {of}{least}"),
                "{price} for {each} i {of}. {least}",
                "{price} pr. {unit}{least}",
            ),
            "negative": _NEGATIVE,
            "never_negative": _NEVER_NEGATIVE,
        },
        "steps": {
            "steps": KindSentence(
                in_both("det højeste trin, som {of} når: {points}", "the highest step that {of} reaches: {points}"),
                "Beløbet på det højeste trin, som {of} når: {points}. Under det første 0.",
                "højeste trin af {of}: {points}",
            )
        },
        "linear": {
            "linear": KindSentence(
                in_both(
                    "rette linjer mellem punkterne for {of}, vandret udenfor: {points}",
                    "straight lines between the points of {of}, level outside of them: {points}",
                ),
                "Beløbet følger rette linjer mellem punkterne for {of}: {points}. Uden for punkterne er det vandret.",
                "rette linjer for {of}: {points}",
            )
        },
        "share": {
            "share": KindSentence(
                in_both("{share} af {figure}{times}{least}", "{share} of {figure}{times}{least}"),
                "{share} af {figure}{times}. {least}",
                "{share} af {figure}{times}{least}",
            ),
            "of_pay": KindSentence(
                in_both("{share} af hver persons løn under {of}", "{share} of each person's pay under {of}"),
                "{share} af hver borgers løn i {of}, afrundet for hver borger.",
                "{share} af hver persons løn i {of}",
            ),
            "less": KindSentence(
                in_both("({of} minus {minus})", "({of} less {minus})"), "({of} minus {minus})", "({of} minus {minus})"
            ),
            "times": KindSentence(in_both(" × {of}", " × {of}"), ", ganget med antallet i {of}", " × {of}"),
            "negative": _NEGATIVE,
            "never_negative": _NEVER_NEGATIVE,
        },
        "cohort_threshold": {
            "cohort_threshold": KindSentence(
                in_both(
                    "{price} for hvert hold, der når sin tærskel: {cohorts}{pooled}",
                    "{price} for each cohort that reaches: {cohorts}{pooled}",
                ),
                "{price} for hvert hold, der når sin grænse: {cohorts}.{pooled}",
                "{price} pr. hold, der når {cohorts}{pooled}",
            ),
            "pooled": KindSentence(
                in_both(
                    "; når ingen gør, betales alle ved {figure} fra {window}",
                    "; where none does, all are paid at {figure} from {window}",
                ),
                " Hvis intet hold når sin grænse, gælder fra {window} tallet for alle samlet: Er {figure}, betales"
                " prisen for hvert hold.",
                ", eller alle ved {figure} fra {window}",
            ),
        },
        "fee": {
            "fee": KindSentence(
                in_both("{price} for hver periode, for arbejdet selv", "{price} for each window, for delivering"),
                "{price} for hver periode, for at levere indsatsen.",
                "{price} pr. periode",
            )
        },
    },
)
