"""What each kind of measure counts, in words: an entry a kind. `states` are the labels of the measure's states."""

from __future__ import annotations

from gateway.outcomes.kinds import MEASURES
from gateway.wording.kind_words import KindSentence, in_both, words_for

_ON_END = in_both(
    "hver person, én gang, når {needed} {needed_periods} i træk er i {states}{counted_in}",
    "each person, once, when {needed} {needed_periods} on end are in {states}{counted_in}",
)
_AMONG = in_both(
    "hver person, én gang, når {needed} {needed_periods}, med eller uden afbrydelser, af de seneste {within} {periods}"
    " er i {states}{counted_in}",
    "each person, once, when {needed} {needed_periods}, on end or not, of the last {within} {periods} are in"
    " {states}{counted_in}",
)


def _most(weeks: str, english: str) -> KindSentence:
    """The state of most of an outcome's weeks, or days."""
    return KindSentence(
        in_both(
            f"; det tæller for tilstanden i flest af {weeks}, ved lige mange for den seneste af dem",
            f"; it counts for the state of most of these {english}, of equally many for the latest of them",
        ),
        f" Ligger resultatets uger i flere tilstande, tæller det for tilstanden i flest af {weeks}, ved lige mange for"
        " den seneste af dem.",
    )


_LAST_OR_LOWEST = {
    "state_last": KindSentence(
        in_both("; det tæller for tilstanden i den sidste uge", "; it counts for the state of the last week"),
        " Ligger resultatets uger i flere tilstande, tæller det for tilstanden i den sidste uge.",
    ),
    "state_lowest": KindSentence(
        in_both(
            "; det tæller for den af ugernes tilstande, der har den laveste pris",
            "; it counts for that one of its weeks' states which has the lowest price",
        ),
        " Ligger resultatets uger i flere tilstande, tæller det for den af dem, der har den laveste pris.",
    ),
}
_BY_WEEKS = {**_LAST_OR_LOWEST, "state_most": _most("ugerne", "weeks")}
_BY_DAYS = {**_LAST_OR_LOWEST, "state_most_days": _most("dagene", "days")}
_PARTIAL_MONTHS = KindSentence(
    in_both("; dele af måneder tæller", "; parts of months count"),
    "Måneder, der kun delvis ligger i borgerens tid, tæller med",
)
_WHOLE_MONTHS = KindSentence(
    in_both("; kun hele måneder tæller", "; whole months alone count"),
    "Måneder, der kun delvis ligger i borgerens tid, tæller ikke med",
)
_MEASURED = (
    " Start måles højst {baseline} dage fra egen start, en opfølgning højst {follow_up} dage fra sin dag; af flere"
    " gælder"
    " den nærmeste. Scoren indtastes af én medarbejder og bekræftes af en anden. Kun om målet er nået, går ind i"
    " opgørelsen."
)
_PAY_IN_ANNEX = "Antal borgere, hvis løn fra egen start når op på"

MEASURE_WORDS = words_for(
    MEASURES,
    {
        "weeks": {
            "weeks": KindSentence(
                in_both(
                    "hver uge i {states}, i {weeks} uger fra indskrivningen",
                    "each week in {states}, for {weeks} weeks from enrolment",
                ),
                "Antal uger i alt, hvor en borger er i en tilstand. Hver borger har {weeks} uger fra indskrivningen.",
                "En uge tæller ved",
            )
        },
        "people": {
            "last_weeks": KindSentence(
                in_both(
                    "hver person, hvor de sidste {sustained} uger alle er i {states}; et tilbagefald åbner resultatet"
                    " igen{counted_in}",
                    "each person whose last {sustained} weeks are all in {states}; a relapse reopens the"
                    " outcome{counted_in}",
                ),
                "Antal borgere, hvis seneste {sustained} uger alle er i en tilstand, når perioden slutter. Et"
                " tilbagefald åbner resultatet igen.{counted_in}",
                "Målet er {sustained} uger i træk med",
            ),
            "last_week": KindSentence(
                in_both(
                    "hver person, der er i {states} i periodens sidste uge; et tilbagefald åbner resultatet igen",
                    "each person in {states} in the last week of the window; a relapse reopens the outcome",
                ),
                "Antal borgere, der er i en tilstand i periodens sidste uge. Et tilbagefald åbner resultatet igen.",
                "Målet er",
            ),
            **_BY_WEEKS,
        },
        "retention": {
            "first": KindSentence(
                _ON_END,
                "Antal borgere, der har haft deres første {period} i en tilstand. Resultatet bliver"
                " stående.{counted_in}",
                "Målet er første gang med",
            ),
            "on_end": KindSentence(
                _ON_END,
                "Antal borgere, der har haft {needed} {periods} i træk i en tilstand. Resultatet bliver"
                " stående.{counted_in}",
                "Målet er {needed} {periods} i træk med",
            ),
            "among": KindSentence(
                _AMONG,
                "Antal borgere, der har haft {needed} {needed_periods} i en tilstand inden for de seneste {within}"
                " {periods}, med eller uden afbrydelser. Resultatet bliver stående.{counted_in}",
                "Målet er {needed} {periods}, med eller uden afbrydelser, ud af de seneste {within} med",
            ),
            **_BY_WEEKS,
        },
        "days": {
            "days": KindSentence(
                in_both(
                    "hver person, én gang, efter {needed} dage i alt i {states}, hver dag én gang{counted_in}",
                    "each person, once, after {needed} days in all in {states}, each day once{counted_in}",
                ),
                "Antal borgere, der har samlet {needed} dage i uger, som tæller. Hver dag tæller én gang. Resultatet"
                " bliver stående.{counted_in}",
                "Målet er {needed} dage i alt med",
            ),
            **_BY_DAYS,
        },
        "earnings": {
            "amount": KindSentence(
                in_both(
                    "hver person, hvis løn ({states}) fra egen start når {amount}{months}",
                    "each person whose pay ({states}) from their own start reaches {amount}{months}",
                ),
                f"{_PAY_IN_ANNEX} {{amount}}. {{months}}.",
                "Målet er en samlet løn ved",
            ),
            "by_index": KindSentence(
                in_both(
                    "hver person, hvis løn ({states}) fra egen start når {hours} timer × værdien i startens år af"
                    " {index}{months}",
                    "each person whose pay ({states}) from their own start reaches {hours} hours × the value in the"
                    " year of the start of {index}{months}",
                ),
                f"{_PAY_IN_ANNEX} {{hours}} timer gange satsen i {{index}} for det år, hvor borgeren startede."
                " {months}.",
                "Målet er en samlet løn ved",
            ),
            "partial_months": _PARTIAL_MONTHS,
            "whole_months": _WHOLE_MONTHS,
        },
        "pay": {
            "pay": KindSentence(
                in_both(
                    "lønnen ({states}) i de måneder, hvor mindst en uge tæller{most}{months}",
                    "pay ({states}) in the months in which a week counts{most}{months}",
                ),
                "Borgernes løn i alt i de måneder, hvor mindst en uge er i en tilstand.{most} {months}. Løn, der føres"
                " tilbage, trækkes fra i den måned, hvor det sker; ingen borger tæller for mindre end nul.",
                "Løn tæller ved",
            ),
            "most": KindSentence(
                in_both("; højst {amount} for hver person", "; at most {amount} of each person"),
                " Hver borger tæller højst for {amount}.",
            ),
            "partial_months": _PARTIAL_MONTHS,
            "whole_months": _WHOLE_MONTHS,
        },
        "instrument": {
            "change": KindSentence(
                in_both(
                    "et point for hver person og hver opfølgning {months} måneder efter egen start, hvor scoren på"
                    " {name}"
                    " er mindst {change} {better} end ved egen start; start måles højst {baseline} dage fra egen start,"
                    " en opfølgning højst {follow_up} dage fra sin dag",
                    "a point for each person and each follow-up {months} months after their own start at which the"
                    " score"
                    " of {name} is at least {change} {better} than at the start; the start is measured at most"
                    " {baseline} days from it, a follow-up at most {follow_up} days from its day",
                ),
                f"Et point for hver opfølgning {{months}} måneder efter egen start, hvor scoren på {{name}}, fra"
                f" {{lowest}} til {{highest}}, er mindst {{change}} {{better}} end ved start.{_MEASURED}",
                "{months} måneder efter starten ser vi, om scoren på {name} er blevet {better}",
            ),
            "class": KindSentence(
                in_both(
                    "et point for hver person og hver opfølgning {months} måneder efter egen start, hvor scoren på"
                    " {name}"
                    " er {class_from} {or_better}, og ikke var det ved egen start; start måles højst {baseline} dage"
                    " fra"
                    " egen start, en opfølgning højst {follow_up} dage fra sin dag",
                    "a point for each person and each follow-up {months} months after their own start at which the"
                    " score"
                    " of {name} is {class_from} {or_better}, and was not at the start; the start is measured at most"
                    " {baseline} days from it, a follow-up at most {follow_up} days from its day",
                ),
                f"Et point for hver opfølgning {{months}} måneder efter egen start, hvor scoren på {{name}}, fra"
                f" {{lowest}} til {{highest}}, er {{class_from}} {{or_better}}, og ikke var det ved start.{_MEASURED}",
                "{months} måneder efter starten ser vi, om scoren på {name} er {class_from} {or_better}",
            ),
            "higher": KindSentence(in_both("højere", "higher"), "højere", "højere"),
            "lower": KindSentence(in_both("lavere", "lower"), "lavere", "lavere"),
            "or_higher": KindSentence(in_both("eller derover", "or more"), "eller derover", "eller derover"),
            "or_lower": KindSentence(in_both("eller derunder", "or less"), "eller derunder", "eller derunder"),
        },
        "each_day": {
            "each_day": KindSentence(
                in_both(
                    "hver dag i uger i {states}",
                    "each day of weeks in {states}",
                ),
                "Antal dage i alt i uger, hvor en borger er i en tilstand. Hver dag tæller for sig.",
                "En dag tæller ved",
            )
        },
        "week_blocks": {
            "on_end": KindSentence(
                in_both(
                    "et point for hver person og hver fulde blok på {needed} uger i træk i {states}, højst {most}"
                    " blokke{within}{counted_in}",
                    "a point for each person and each full block of {needed} weeks on end in {states}, {most} blocks at"
                    " most{within}{counted_in}",
                ),
                "Et point for hver fulde blok på {needed} uger i træk i en tilstand, højst {most} blokke for hver"
                " borger. En uge uden for en tilstand begynder blokken forfra.{within} Et point bliver"
                " stående.{counted_in}",
                "Målet er blokke på {needed} uger i træk, højst {most}, med",
            ),
            "in_all": KindSentence(
                in_both(
                    "et point for hver person og hver fulde blok på {needed} uger, i træk eller ikke, i {states}, højst"
                    " {most} blokke{within}{counted_in}",
                    "a point for each person and each full block of {needed} weeks, on end or not, in {states}, {most}"
                    " blocks at most{within}{counted_in}",
                ),
                "Et point for hver fulde blok på {needed} uger i en tilstand, i træk eller ikke, højst {most} blokke"
                " for hver borger.{within} Et point bliver stående.{counted_in}",
                "Målet er blokke på {needed} uger, højst {most}, med",
            ),
            "within": KindSentence(
                in_both(", i {weeks} uger fra indskrivningen", ", for {weeks} weeks from enrolment"),
                " Hver borger har {weeks} uger fra indskrivningen.",
            ),
            **_BY_WEEKS,
        },
        "started": {
            "started": KindSentence(
                in_both(
                    "hver person, én gang, fra den første uge, der kan tælle, hvad registrene end viser",
                    "each person, once, from the first week that may count, whatever the registers show",
                ),
                "Antal borgere, der er begyndt: hver borger én gang, fra den første uge, der kan tælle, hvad registrene"
                " end viser. Kun et ophør, hvor intet tæller, tager det tilbage.",
                "Hver, der begynder, tæller",
            )
        },
        "follow_up": {
            "follow_up": KindSentence(
                in_both(
                    "et point for hver person i {states} i ugen {months} måneder efter egen start",
                    "a point for each person in {states} in the week {months} months after their own start",
                ),
                "Et point for hver borger, der er i en tilstand i ugen {months} måneder efter egen start.",
                "{months} måneder efter starten ser vi efter",
            )
        },
    },
)
