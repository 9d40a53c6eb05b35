"""The sentences of `contract_page`, in Danish and in English side by side, so that neither says more than the other."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.contract import MeasureKind
from gateway.outcomes.terms import ExitRule, FigureUnit, RegisterExit, TariffKind
from policies.basis import StopReason
from vocabulary.total import total

Both = Mapping[str, str]


def _in_both(danish: str, english: str) -> Both:
    return {"da": danish, "en": english}


HEADINGS: Mapping[str, Both] = {
    "parties": _in_both("Parterne", "The parties"),
    "people": _in_both("Målgruppen", "The cohort"),
    "counts": _in_both("Hvad der tæller", "What counts"),
    "declared": _in_both("Erklærede tal", "Declared aggregates"),
    "pays": _in_both("Hvad der betales", "What is paid"),
    "exits": _in_both("Når nogen ikke længere følges", "When somebody is no longer followed"),
    "time": _in_both("Perioder", "Windows"),
    "shown": _in_both("Hvem der ser hvad", "Who sees what"),
    "illustrative": _in_both("Ikke offentligt", "Not public"),
}

PRINTED: Mapping[str, Both] = {
    "contract": _in_both("Kontrakt", "Contract"),
    "version": _in_both("version", "version"),
    "from": _in_both("Gælder fra", "In force from"),
    "digest": _in_both("Kontraktfilens fingeraftryk (SHA-256)", "Digest of the contract file (SHA-256)"),
    "binds": _in_both(
        "Siden er dannet af kontraktfilen med dette fingeraftryk. Filen binder. Navne som `weeks` er filens egne.",
        "This page is made from the contract file with this digest. The file binds. Names like `weeks` are the file's.",
    ),
}

COUNTS: Mapping[MeasureKind, Both] = total(
    {
        MeasureKind.WEEKS: _in_both(
            "hver uge i {states}, i {weeks} uger fra indskrivningen",
            "each week in {states}, for {weeks} weeks from enrolment",
        ),
        MeasureKind.PEOPLE: _in_both(
            "hver person, hvor de sidste {sustained} uger alle er i {states}; et tilbagefald åbner resultatet igen",
            "each person whose last {sustained} weeks are all in {states}; a relapse reopens the outcome",
        ),
        MeasureKind.RETENTION: _in_both(
            "hver person, én gang, når {needed} af {within} {period} i træk er i {states}",
            "each person, once, when {needed} of {within} {period} on end are in {states}",
        ),
        MeasureKind.DAYS: _in_both(
            "hver person, én gang, efter {needed} dage i alt i {states}, hver dag én gang",
            "each person, once, after {needed} days in all in {states}, each day once",
        ),
        MeasureKind.EARNINGS: _in_both(
            "hver person, hvis løn ({states}) fra egen start når {amount}",
            "each person whose pay ({states}) from their own start reaches {amount}",
        ),
        MeasureKind.FOLLOW_UP: _in_both(
            "et point for hver person i {states} i ugen {months} måneder efter egen start",
            "a point for each person in {states} in the week {months} months after their own start",
        ),
    },
    MeasureKind,
)

PAYS: Mapping[TariffKind, Both] = total(
    {
        TariffKind.PRICE: _in_both("{price} for hver {unit} under {of}", "{price} for each {unit} under {of}"),
        TariffKind.STEPS: _in_both(
            "det højeste trin, som {of} når: {points}", "the highest step that {of} reaches: {points}"
        ),
        TariffKind.LINEAR: _in_both(
            "rette linjer mellem punkterne for {of}, vandret udenfor: {points}",
            "straight lines between the points of {of}, level outside of them: {points}",
        ),
        TariffKind.SHARE: _in_both("{share} af {of}{minus}{times}", "{share} of {of}{minus}{times}"),
        TariffKind.COHORT_THRESHOLD: _in_both(
            "{price} for hvert hold, der når sin tærskel: {cohorts}", "{price} for each cohort that reaches: {cohorts}"
        ),
        TariffKind.FEE: _in_both(
            "{price} for hver periode, for arbejdet selv", "{price} for each window, for delivering"
        ),
    },
    TariffKind,
)

UNITS: Mapping[FigureUnit, Both] = total(
    {
        FigureUnit.WEEK: _in_both("uge", "week"),
        FigureUnit.PERSON: _in_both("person", "person"),
        FigureUnit.POINT: _in_both("point", "point"),
        FigureUnit.DAY: _in_both("dag", "day"),
        FigureUnit.MINOR: _in_both("beløb", "amount"),
        FigureUnit.PER_MILLE: _in_both("promille", "per mille"),
        FigureUnit.EVENTS_PER_100: _in_both("hundrededele hændelse pr. 100", "hundredths of an event per 100"),
        FigureUnit.WINDOW: _in_both("periode", "window"),
    },
    FigureUnit,
)

RULES: Mapping[ExitRule, Both] = total(
    {
        ExitRule.FROZEN: _in_both(
            "det talte står, og resultatet bliver, som det var",
            "what was counted stays, and the outcome stays as it was",
        ),
        ExitRule.NEUTRAL: _in_both(
            "det talte står, resultatet bliver, som det var, og personens tid står stille",
            "what was counted stays, the outcome stays as it was, and the person's time stands still",
        ),
        ExitRule.CENSORED: _in_both(
            "det talte står, og personen er ikke længere i noget resultat",
            "what was counted stays, and the person is in no outcome any more",
        ),
        ExitRule.FAILURE: _in_both(
            "det talte står, og de senere uger er uden resultat",
            "what was counted stays; later weeks are without a result",
        ),
        ExitRule.OUT: _in_both(
            "intet af personen tæller, og det betalte går tilbage",
            "nothing of the person counts; what was paid comes back",
        ),
    },
    ExitRule,
)

EXITS: Mapping[StopReason | RegisterExit, Both] = total(
    {
        StopReason.WITHDRAWN: _in_both("samtykke trukket tilbage", "consent withdrawn"),
        StopReason.OBJECTED: _in_both("indsigelse", "objection"),
        StopReason.RESTRICTED: _in_both("begrænsning", "restriction"),
        StopReason.EXITED: _in_both("udtrådt", "left the programme"),
        StopReason.PRISON: _in_both("fængsel", "prison"),
        StopReason.COHABITATION: _in_both("forsørges af en anden", "provided for by somebody else"),
        StopReason.PROTECTED: _in_both("beskyttet", "protected"),
        RegisterExit.MOVED: _in_both("fraflyttet", "moved away"),
        RegisterExit.DEAD: _in_both("død", "dead"),
        RegisterExit.PENSION: _in_both("pension", "pension"),
    },
    StopReason,
    RegisterExit,
)

TEMPLATES: Mapping[str, Both] = {
    "contract_total": _in_both("tal for hele gruppen", "totals of the whole cohort"),
    "predicate": _in_both("kun ja eller nej til, om målet er nået", "met or not met, and no number"),
    "payment_document": _in_both("det præcise betalingsgrundlag", "the exact payment document"),
}

LINES: Mapping[str, Both] = {
    "head": _in_both("{title}: version {version}, gælder fra {day}", "{title}: version {version}, in force from {day}"),
    "payer": _in_both("Betaler: {name} ({code})", "Outcome payer: {name} ({code})"),
    "further_payer": _in_both(
        "Betaler også: {name}; får sine egne fakturaer og intet andet",
        "Pays as well: {name}; gets its own invoices and nothing else",
    ),
    "shares": _in_both(
        "Hvert beløb deles: {shares}; resten i hele mindste enheder til de største brøkdele, så andelene altid giver "
        "beløbet",
        "Each amount is shared: {shares}; what is left in whole minor units goes to the largest fractions, so that the "
        "shares always add up to the amount",
    ),
    "operator": _in_both("Leverandør: {name}", "Operator: {name}"),
    "investor": _in_both("Investor: {name}", "Investor: {name}"),
    "cohort": _in_both(
        "{size} personer, indskrevet fra {first} til {last}; alle henviste er nævneren",
        "{size} people, enrolled from {first} to {last}; everyone referred is the denominator",
    ),
    "batches": _in_both("Hold, som forsegles samlet: {batches}", "Batches that are sealed as a whole: {batches}"),
    "double_refused": _in_both(
        "Ingen må tælle i to kontrakter i samme kommune", "Nobody may count in two contracts of one municipality"
    ),
    "nobody_counted": _in_both(
        "Kontrakten læser intet register og tæller ingen; betalingen hviler på erklærede tal",
        "The contract reads no register and counts nobody; what is paid rests on declared aggregates",
    ),
    "sources": _in_both("Registre: {sources}", "Registers: {sources}"),
    "precedence": _in_both(
        "En uge afgøres af den første, der viser en status: {sources}; at et register ikke kender til en ydelse, viger",
        "A week is decided by the first that shows a status: {sources}; that a register knows of no benefit yields",
    ),
    "evidence": _in_both(
        "Et dokument kan vise {kinds}; det tæller, når to personer har set det, og så længe det er gyldigt",
        "A document can show {kinds}; it counts once two people have seen it, and while it is valid",
    ),
    "first_week": _in_both("Indskrivningens uge tæller med", "The week of enrolment counts"),
    "week_after": _in_both("Ugen efter indskrivningen er den første", "The week after enrolment is the first"),
    "no_hours": _in_both("En måned uden indberetning er uden timer", "A month without a posting has no hours"),
    "carried": _in_both(
        "En måned uden indberetning gentager måneden før", "A month without a posting repeats the month before"
    ),
    "codes_report": _in_both(
        "En uge med en ukendt kode tæller ikke, og antallet vises",
        "A week with an unknown code does not count, and is shown",
    ),
    "codes_block": _in_both(
        "En uge med en ukendt kode standser frigivelsen",
        "A week with an unknown code keeps results from being released",
    ),
    "neutral": _in_both("Gentager ugen før: {statuses}", "Repeat the week before: {statuses}"),
    "state": _in_both("{id} ({label}) er en uge med {statuses}", "{id} ({label}) is a week with {statuses}"),
    "any_status": _in_both(
        "enhver status undtagen fraflytning, død og pension", "any status but moved, dead and pension"
    ),
    "or": _in_both(" eller ", " or "),
    "years_from": _in_both("; hvert år fra måned {month}", "; each year from month {month}"),
    "state_hours": _in_both(
        " og mindst {hours} betalte timer om ugen i måneden ({types})",
        " and at least {hours} paid hours a week in the month ({types})",
    ),
    "state_income": _in_both(" og indkomst i måneden ({types})", " and income in the month ({types})"),
    "weeks": _in_both("uger", "weeks"),
    "months": _in_both("måneder", "months"),
    "index_pay": _in_both(
        "{hours} timer × værdien i startens år af {index}",
        "{hours} hours × the value in the year of the start of {index}",
    ),
    "partial": _in_both("; dele af måneder tæller", "; parts of months count"),
    "whole_months": _in_both("; kun hele måneder tæller", "; whole months alone count"),
    "within_days": _in_both("; inden {days} dage fra indskrivningen", "; within {days} days from enrolment"),
    "goal": _in_both(
        "; investor tjener fra {people} ud af {size}", "; the investor earns from {people} of {size} people"
    ),
    "aggregate": _in_both(
        "{id} ({unit}), underskrevet af {name} med nøglen {key}: {method}; kilde: {source}; forfalder i {windows}",
        "{id} ({unit}), signed by {name} with the key {key}: {method}; source: {source}; due in {windows}",
    ),
    "less": _in_both(" minus {of}", " less {of}"),
    "times": _in_both(" × {of}", " × {of}"),
    "pooled": _in_both(
        "; når ingen gør, betales alle ved {figure} fra {window}",
        "; where none does, all are paid at {figure} from {window}",
    ),
    "indexed": _in_both("; reguleret efter {index}, {year} = 100 %", "; by the index {index}, {year} = 100 %"),
    "negative": _in_both("; kan være negativt", "; may be negative"),
    "never_negative": _in_both("; aldrig under nul", "; never below nothing"),
    "gate": _in_both("; kun når {figure}", "; only where {figure}"),
    "cap": _in_both("; højst {amount} i alt", "; at most {amount} in all"),
    "cap_lost": _in_both(
        "; højst {amount} i en periode, resten bortfalder", "; at most {amount} in a window, the rest is lost"
    ),
    "cap_carried": _in_both(
        "; højst {amount} i en periode, resten skyldes senere", "; at most {amount} in a window, the rest is owed later"
    ),
    "cap_person": _in_both("Højst {amount} for én person", "At most {amount} for one person"),
    "cap_excess": _in_both(
        "Hvad personers beløb overstiger det med, erklæres som {of} og trækkes fra",
        "By how much people's amounts pass that is declared as {of} and taken off",
    ),
    "cap_contract": _in_both("Højst {amount} for kontrakten", "At most {amount} for the contract"),
    "cap_return": _in_both(
        "Investors kapital {capital} forrentes højst med {share} om året i {years} år; kontrakten betaler højst {most}",
        "The investor's capital of {capital} earns at most {share} a year for {years} years; at most {most} is paid",
    ),
    "last_week": _in_both(  # of people, where one week is enough
        "hver person, der er i {states} i periodens sidste uge; et tilbagefald åbner resultatet igen",
        "each person in {states} in the last week of the window; a relapse reopens the outcome",
    ),
    "rounding_none": _in_both("Alle beløb er hele øre eller cent", "Every amount is whole minor units"),
    "rounding_down": _in_both("Dele af en øre eller cent rundes ned", "Parts of a minor unit are rounded down"),
    "rounding_half_up": _in_both("Halve øre eller cent rundes op", "Half a minor unit is rounded up"),
    "rounding_half_even": _in_both("Halve øre eller cent rundes til lige", "Half a minor unit is rounded to even"),
    "window": _in_both("{label}: {first} til {last}", "{label}: {first} to {last}"),
    "pause": _in_both("Pause: {first} til {last}", "Pause: {first} to {last}"),
    "freeze": _in_both(
        "Data fastfryses {days} dage efter en periode, eller når registrene er komplette, hvis det er senere",
        "Data freeze {days} days after a window, or when the registers are complete, whichever is later",
    ),
    "release": _in_both("{name} får {what}: {windows}", "{name} gets {what}: {windows}"),
    "every_window": _in_both("hver periode", "every window"),
    "statement": _in_both(
        "Leverandøren får at vide, hvem der er faldet tilbage: {window}", "The operator is told who relapsed: {window}"
    ),
    "breakdown": _in_both("{of} fordelt på klasser, én gang: {window}", "{of} by class, once: {window}"),
    "reasons": _in_both(
        "Hvorfor personer ikke tæller, som tal, til leverandøren: {window}",
        "Why people are not counted, as numbers, for the operator: {window}",
    ),
    "least": _in_both(
        "Ingen celle under {k} vises, og ingen tal for hele gruppen under {k_cohort}",
        "No cell below {k} is shown, and no total of fewer than {k_cohort} people",
    ),
    "marked": _in_both("Opdigtet, fordi det ikke er offentligt: {keys}", "Made up, because it is not public: {keys}"),
}
