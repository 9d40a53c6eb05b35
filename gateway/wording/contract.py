"""The sentences of `contract_page`, in Danish and in English side by side, so that neither says more than the other."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.contract import MeasureKind
from gateway.outcomes.terms import ExitRule, FigureUnit, RegisterExit, TariffKind
from policies.basis import StopReason

Both = Mapping[str, str]


def _both(danish: str, english: str) -> Both:
    return {"da": danish, "en": english}


HEADINGS: Mapping[str, Both] = {
    "parties": _both("Parterne", "The parties"),
    "people": _both("Målgruppen", "The cohort"),
    "counts": _both("Hvad der tæller", "What counts"),
    "declared": _both("Erklærede tal", "Declared aggregates"),
    "pays": _both("Hvad der betales", "What is paid"),
    "exits": _both("Når nogen ikke længere følges", "When somebody is no longer followed"),
    "time": _both("Perioder", "Windows"),
    "shown": _both("Hvem der ser hvad", "Who sees what"),
    "illustrative": _both("Ikke offentligt", "Not public"),
}

PRINTED: Mapping[str, Both] = {
    "contract": _both("Kontrakt", "Contract"),
    "version": _both("version", "version"),
    "from": _both("Gælder fra", "In force from"),
    "digest": _both("Kontraktfilens fingeraftryk (SHA-256)", "Digest of the contract file (SHA-256)"),
    "binds": _both(
        "Siden er dannet af kontraktfilen med dette fingeraftryk. Filen binder. Navne som `weeks` er filens egne.",
        "This page is made from the contract file with this digest. The file binds. Names like `weeks` are the file's.",
    ),
}

COUNTS: Mapping[MeasureKind, Both] = {
    MeasureKind.WEEKS: _both(
        "hver uge i {states}, i {weeks} uger fra indskrivningen",
        "each week in {states}, for {weeks} weeks from enrolment",
    ),
    MeasureKind.PEOPLE: _both(
        "hver person, hvor de sidste {sustained} uger alle er i {states}; et tilbagefald åbner resultatet igen",
        "each person whose last {sustained} weeks are all in {states}; a relapse reopens the outcome",
    ),
    MeasureKind.RETENTION: _both(
        "hver person, én gang, når {needed} af {within} {period} i træk er i {states}",
        "each person, once, when {needed} of {within} {period} on end are in {states}",
    ),
    MeasureKind.DAYS: _both(
        "hver person, én gang, efter {needed} dage i alt i {states}, hver dag én gang",
        "each person, once, after {needed} days in all in {states}, each day once",
    ),
    MeasureKind.EARNINGS: _both(
        "hver person, hvis løn ({states}) fra egen start når {amount}",
        "each person whose pay ({states}) from their own start reaches {amount}",
    ),
    MeasureKind.FOLLOW_UP: _both(
        "et point for hver person i {states} i ugen {months} måneder efter egen start",
        "a point for each person in {states} in the week {months} months after their own start",
    ),
}

PAYS: Mapping[TariffKind, Both] = {
    TariffKind.PRICE: _both("{price} for hver {unit} under {of}", "{price} for each {unit} under {of}"),
    TariffKind.STEPS: _both("det højeste trin, som {of} når: {points}", "the highest step that {of} reaches: {points}"),
    TariffKind.LINEAR: _both(
        "rette linjer mellem punkterne for {of}, vandret udenfor: {points}",
        "straight lines between the points of {of}, level outside of them: {points}",
    ),
    TariffKind.SHARE: _both("{share} af {of}{minus}{times}", "{share} of {of}{minus}{times}"),
    TariffKind.COHORT_THRESHOLD: _both(
        "{price} for hvert hold, der når sin tærskel: {cohorts}", "{price} for each cohort that reaches: {cohorts}"
    ),
    TariffKind.FEE: _both("{price} for hver periode, for arbejdet selv", "{price} for each window, for delivering"),
}

UNITS: Mapping[FigureUnit, Both] = {
    FigureUnit.WEEK: _both("uge", "week"),
    FigureUnit.PERSON: _both("person", "person"),
    FigureUnit.POINT: _both("point", "point"),
    FigureUnit.DAY: _both("dag", "day"),
    FigureUnit.MINOR: _both("beløb", "amount"),
    FigureUnit.PER_MILLE: _both("promille", "per mille"),
    FigureUnit.EVENTS_PER_100: _both("hundrededele hændelse pr. 100", "hundredths of an event per 100"),
    FigureUnit.WINDOW: _both("periode", "window"),
}

RULES: Mapping[ExitRule, Both] = {
    ExitRule.FROZEN: _both(
        "det talte står, og resultatet bliver, som det var", "what was counted stays, and the outcome stays as it was"
    ),
    ExitRule.NEUTRAL: _both(
        "det talte står, resultatet bliver, som det var, og personens tid står stille",
        "what was counted stays, the outcome stays as it was, and the person's time stands still",
    ),
    ExitRule.CENSORED: _both(
        "det talte står, og personen er ikke længere i noget resultat",
        "what was counted stays, and the person is in no outcome any more",
    ),
    ExitRule.FAILURE: _both(
        "det talte står, og de senere uger er uden resultat", "what was counted stays; later weeks are without a result"
    ),
    ExitRule.OUT: _both(
        "intet af personen tæller, og det betalte går tilbage", "nothing of the person counts; what was paid comes back"
    ),
}

EXITS: Mapping[StopReason | RegisterExit, Both] = {
    StopReason.WITHDRAWN: _both("samtykke trukket tilbage", "consent withdrawn"),
    StopReason.OBJECTED: _both("indsigelse", "objection"),
    StopReason.RESTRICTED: _both("begrænsning", "restriction"),
    StopReason.EXITED: _both("udtrådt", "left the programme"),
    StopReason.PRISON: _both("fængsel", "prison"),
    StopReason.COHABITATION: _both("forsørges af en anden", "provided for by somebody else"),
    StopReason.PROTECTED: _both("beskyttet", "protected"),
    RegisterExit.MOVED: _both("fraflyttet", "moved away"),
    RegisterExit.DEAD: _both("død", "dead"),
    RegisterExit.PENSION: _both("pension", "pension"),
}

TEMPLATES: Mapping[str, Both] = {
    "contract_total": _both("tal for hele gruppen", "totals of the whole cohort"),
    "predicate": _both("kun ja eller nej til, om målet er nået", "met or not met, and no number"),
    "payment_document": _both("det præcise betalingsgrundlag", "the exact payment document"),
}

LINES: Mapping[str, Both] = {
    "head": _both("{title}: version {version}, gælder fra {day}", "{title}: version {version}, in force from {day}"),
    "payer": _both("Betaler: {name} ({code})", "Outcome payer: {name} ({code})"),
    "further_payer": _both(
        "Betaler også: {name}; får sine egne fakturaer og intet andet",
        "Pays as well: {name}; gets its own invoices and nothing else",
    ),
    "shares": _both(
        "Hvert beløb deles: {shares}; resten i hele mindste enheder til de største brøkdele, så andelene altid giver "
        "beløbet",
        "Each amount is shared: {shares}; what is left in whole minor units goes to the largest fractions, so that the "
        "shares always add up to the amount",
    ),
    "operator": _both("Leverandør: {name}", "Operator: {name}"),
    "investor": _both("Investor: {name}", "Investor: {name}"),
    "cohort": _both(
        "{size} personer, indskrevet fra {first} til {last}; alle henviste er nævneren",
        "{size} people, enrolled from {first} to {last}; everyone referred is the denominator",
    ),
    "batches": _both("Hold, som forsegles samlet: {batches}", "Batches that are sealed as a whole: {batches}"),
    "double_refused": _both(
        "Ingen må tælle i to kontrakter i samme kommune", "Nobody may count in two contracts of one municipality"
    ),
    "nobody_counted": _both(
        "Kontrakten læser intet register og tæller ingen; betalingen hviler på erklærede tal",
        "The contract reads no register and counts nobody; what is paid rests on declared aggregates",
    ),
    "sources": _both("Registre: {sources}", "Registers: {sources}"),
    "precedence": _both(
        "En uge afgøres af den første, der viser en status: {sources}; at et register ikke kender til en ydelse, viger",
        "A week is decided by the first that shows a status: {sources}; that a register knows of no benefit yields",
    ),
    "evidence": _both(
        "Et dokument kan vise {kinds}; det tæller, når to personer har set det, og så længe det er gyldigt",
        "A document can show {kinds}; it counts once two people have seen it, and while it is valid",
    ),
    "first_week": _both("Indskrivningens uge tæller med", "The week of enrolment counts"),
    "week_after": _both("Ugen efter indskrivningen er den første", "The week after enrolment is the first"),
    "no_hours": _both("En måned uden indberetning er uden timer", "A month without a posting has no hours"),
    "carried": _both(
        "En måned uden indberetning gentager måneden før", "A month without a posting repeats the month before"
    ),
    "codes_report": _both(
        "En uge med en ukendt kode tæller ikke, og antallet vises",
        "A week with an unknown code does not count, and is shown",
    ),
    "codes_block": _both(
        "En uge med en ukendt kode standser frigivelsen",
        "A week with an unknown code keeps results from being released",
    ),
    "neutral": _both("Gentager ugen før: {statuses}", "Repeat the week before: {statuses}"),
    "state": _both("{id} ({label}) er en uge med {statuses}", "{id} ({label}) is a week with {statuses}"),
    "any_status": _both("enhver status undtagen fraflytning, død og pension", "any status but moved, dead and pension"),
    "or": _both(" eller ", " or "),
    "years_from": _both("; hvert år fra måned {month}", "; each year from month {month}"),
    "state_hours": _both(
        " og mindst {hours} betalte timer om ugen i måneden ({types})",
        " and at least {hours} paid hours a week in the month ({types})",
    ),
    "state_income": _both(" og indkomst i måneden ({types})", " and income in the month ({types})"),
    "weeks": _both("uger", "weeks"),
    "months": _both("måneder", "months"),
    "index_pay": _both(
        "{hours} timer × værdien i startens år af {index}",
        "{hours} hours × the value in the year of the start of {index}",
    ),
    "partial": _both("; dele af måneder tæller", "; parts of months count"),
    "whole_months": _both("; kun hele måneder tæller", "; whole months alone count"),
    "within_days": _both("; inden {days} dage fra indskrivningen", "; within {days} days from enrolment"),
    "goal": _both("; investor tjener fra {people} ud af {size}", "; the investor earns from {people} of {size} people"),
    "aggregate": _both(
        "{id} ({unit}), underskrevet af {name} med nøglen {key}: {method}; kilde: {source}; forfalder i {windows}",
        "{id} ({unit}), signed by {name} with the key {key}: {method}; source: {source}; due in {windows}",
    ),
    "less": _both(" minus {of}", " less {of}"),
    "times": _both(" × {of}", " × {of}"),
    "pooled": _both(
        "; når ingen gør, betales alle ved {figure} fra {window}",
        "; where none does, all are paid at {figure} from {window}",
    ),
    "indexed": _both("; reguleret efter {index}, {year} = 100 %", "; by the index {index}, {year} = 100 %"),
    "negative": _both("; kan være negativt", "; may be negative"),
    "never_negative": _both("; aldrig under nul", "; never below nothing"),
    "gate": _both("; kun når {figure}", "; only where {figure}"),
    "cap": _both("; højst {amount} i alt", "; at most {amount} in all"),
    "cap_lost": _both(
        "; højst {amount} i en periode, resten bortfalder", "; at most {amount} in a window, the rest is lost"
    ),
    "cap_carried": _both(
        "; højst {amount} i en periode, resten skyldes senere", "; at most {amount} in a window, the rest is owed later"
    ),
    "cap_person": _both("Højst {amount} for én person", "At most {amount} for one person"),
    "cap_excess": _both(
        "Hvad personers beløb overstiger det med, erklæres som {of} og trækkes fra",
        "By how much people's amounts pass that is declared as {of} and taken off",
    ),
    "cap_contract": _both("Højst {amount} for kontrakten", "At most {amount} for the contract"),
    "cap_return": _both(
        "Investors kapital {capital} forrentes højst med {share} om året i {years} år; kontrakten betaler højst {most}",
        "The investor's capital of {capital} earns at most {share} a year for {years} years; at most {most} is paid",
    ),
    "last_week": _both(  # of people, where one week is enough
        "hver person, der er i {states} i periodens sidste uge; et tilbagefald åbner resultatet igen",
        "each person in {states} in the last week of the window; a relapse reopens the outcome",
    ),
    "rounding_none": _both("Alle beløb er hele øre eller cent", "Every amount is whole minor units"),
    "rounding_down": _both("Dele af en øre eller cent rundes ned", "Parts of a minor unit are rounded down"),
    "rounding_half_up": _both("Halve øre eller cent rundes op", "Half a minor unit is rounded up"),
    "rounding_half_even": _both("Halve øre eller cent rundes til lige", "Half a minor unit is rounded to even"),
    "window": _both("{label}: {first} til {last}", "{label}: {first} to {last}"),
    "pause": _both("Pause: {first} til {last}", "Pause: {first} to {last}"),
    "freeze": _both(
        "Data fastfryses {days} dage efter en periode, eller når registrene er komplette, hvis det er senere",
        "Data freeze {days} days after a window, or when the registers are complete, whichever is later",
    ),
    "release": _both("{name} får {what}: {windows}", "{name} gets {what}: {windows}"),
    "every_window": _both("hver periode", "every window"),
    "statement": _both(
        "Leverandøren får at vide, hvem der er faldet tilbage: {window}", "The operator is told who relapsed: {window}"
    ),
    "breakdown": _both("{of} fordelt på klasser, én gang: {window}", "{of} by class, once: {window}"),
    "reasons": _both(
        "Hvorfor personer ikke tæller, som tal, til leverandøren: {window}",
        "Why people are not counted, as numbers, for the operator: {window}",
    ),
    "least": _both(
        "Ingen celle under {k} vises, og ingen tal for hele gruppen under {k_cohort}",
        "No cell below {k} is shown, and no total of fewer than {k_cohort} people",
    ),
    "marked": _both("Opdigtet, fordi det ikke er offentligt: {keys}", "Made up, because it is not public: {keys}"),
}
