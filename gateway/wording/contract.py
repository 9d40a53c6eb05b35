"""The sentences of `contract_page`, in Danish and in English side by side, so that neither says more than the other."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.outcomes.phrases import PeriodWord
from gateway.outcomes.status_words import WordCategory
from gateway.outcomes.terms import ExitRule, FigureUnit, RegisterExit
from gateway.wording.kind_words import Both, in_both
from policies.basis import MistakeReason, StopReason
from vocabulary.total import total

HEADINGS: Mapping[str, Both] = {
    "parties": in_both("Parterne", "The parties"),
    "people": in_both("Målgruppen", "The cohort"),
    "counts": in_both("Hvad der tæller", "What counts"),
    "declared": in_both("Erklærede tal", "Declared aggregates"),
    "pays": in_both("Hvad der betales", "What is paid"),
    "exits": in_both("Når nogen ikke længere følges", "When somebody is no longer followed"),
    "time": in_both("Perioder", "Windows"),
    "shown": in_both("Hvem der ser hvad", "Who sees what"),
    "illustrative": in_both("Ikke offentligt", "Not public"),
}

PRINTED: Mapping[str, Both] = {
    "contract": in_both("Kontrakt", "Contract"),
    "version": in_both("version", "version"),
    "from": in_both("Gælder fra", "In force from"),
    "digest": in_both("Kontraktfilens fingeraftryk (SHA-256)", "Digest of the contract file (SHA-256)"),
    "binds": in_both(
        "Siden er dannet af kontraktfilen med dette fingeraftryk. Filen binder. Navne som `weeks` er filens egne.",
        "This page is made from the contract file with this digest. The file binds. Names like `weeks` are the file's.",
    ),
}

PERIODS: Mapping[PeriodWord, Both] = total(
    {
        PeriodWord.WEEK: in_both("uge", "week"),
        PeriodWord.WEEKS: in_both("uger", "weeks"),
        PeriodWord.MONTH: in_both("måned", "month"),
        PeriodWord.MONTHS: in_both("måneder", "months"),
    },
    PeriodWord,
)

UNITS: Mapping[FigureUnit, Both] = total(
    {
        FigureUnit.WEEK: in_both("uge", "week"),
        FigureUnit.PERSON: in_both("person", "person"),
        FigureUnit.POINT: in_both("point", "point"),
        FigureUnit.DAY: in_both("dag", "day"),
        FigureUnit.MINOR: in_both("beløb", "amount"),
        FigureUnit.PER_MILLE: in_both("promille", "per mille"),
        FigureUnit.EVENTS_PER_100: in_both("hundrededele hændelse pr. 100", "hundredths of an event per 100"),
        FigureUnit.WINDOW: in_both("periode", "window"),
    },
    FigureUnit,
)

RULES: Mapping[ExitRule, Both] = total(
    {
        ExitRule.FROZEN: in_both(
            "det talte står, og resultatet bliver, som det var",
            "what was counted stays, and the outcome stays as it was",
        ),
        ExitRule.NEUTRAL: in_both(
            "det talte står, resultatet bliver, som det var, og personens tid står stille",
            "what was counted stays, the outcome stays as it was, and the person's time stands still",
        ),
        ExitRule.CENSORED: in_both(
            "det talte står, og personen er ikke længere i noget resultat",
            "what was counted stays, and the person is in no outcome any more",
        ),
        ExitRule.FAILURE: in_both(
            "det talte står, og de senere uger er uden resultat",
            "what was counted stays; later weeks are without a result",
        ),
        ExitRule.OUT: in_both(
            "intet af personen tæller, og det betalte går tilbage",
            "nothing of the person counts; what was paid comes back",
        ),
    },
    ExitRule,
)

EXITS: Mapping[StopReason | RegisterExit, Both] = total(
    {
        StopReason.WITHDRAWN: in_both("samtykke trukket tilbage", "consent withdrawn"),
        StopReason.OBJECTED: in_both("indsigelse", "objection"),
        StopReason.RESTRICTED: in_both("begrænsning", "restriction"),
        StopReason.EXITED: in_both("udtrådt", "left the programme"),
        StopReason.PRISON: in_both("fængsel", "prison"),
        StopReason.COHABITATION: in_both("forsørges af en anden", "provided for by somebody else"),
        StopReason.MISTAKEN: in_both("fejlhenvist", "referred by mistake"),
        StopReason.PROTECTED: in_both("beskyttet", "protected"),
        RegisterExit.MOVED: in_both("fraflyttet", "moved away"),
        RegisterExit.DEAD: in_both("død", "dead"),
        RegisterExit.PENSION: in_both("pension", "pension"),
    },
    StopReason,
    RegisterExit,
)

MISTAKES: Mapping[MistakeReason, Both] = total(
    {
        MistakeReason.OTHER_PERSON: in_both("en anden person var ment", "somebody else was meant"),
        MistakeReason.OTHER_COHORT: in_both("hører ikke til målgruppen", "not of this cohort"),
        MistakeReason.NOT_ASKED: in_both("ikke spurgt eller ikke oplyst", "never asked or told"),
    },
    MistakeReason,
)

WORD_CATEGORIES: Mapping[WordCategory, Both] = total(
    {
        WordCategory.HEALTH: in_both("helbred", "health"),
        WordCategory.CUSTODY: in_both("frihedsberøvelse", "custody"),
        WordCategory.HOUSING: in_both("bolig", "housing"),
        WordCategory.CARE: in_both("omsorg", "care"),
        WordCategory.OTHER: in_both("andet", "other"),
    },
    WordCategory,
)

TEMPLATES: Mapping[str, Both] = {
    "contract_total": in_both("tal for hele gruppen", "totals of the whole cohort"),
    "predicate": in_both("kun ja eller nej til, om målet er nået", "met or not met, and no number"),
    "payment_document": in_both("det præcise betalingsgrundlag", "the exact payment document"),
}

LINES: Mapping[str, Both] = {
    "head": in_both("{title}: version {version}, gælder fra {day}", "{title}: version {version}, in force from {day}"),
    "payer": in_both("Betaler: {name} ({code})", "Outcome payer: {name} ({code})"),
    "further_payer": in_both(
        "Betaler også: {name}; får sine egne fakturaer og intet andet",
        "Pays as well: {name}; gets its own invoices and nothing else",
    ),
    "further_repayer": in_both(
        "Betaler også: {name}; får sine egne opgørelser og intet andet",
        "Pays as well: {name}; gets its own statements and nothing else",
    ),
    "shares": in_both(
        "Hvert beløb deles: {shares}; resten i hele mindste enheder til de største brøkdele, så andelene altid giver "
        "beløbet",
        "Each amount is shared: {shares}; what is left in whole minor units goes to the largest fractions, so that the "
        "shares always add up to the amount",
    ),
    "no_shares": in_both(
        "Hvad hver betaler skylder, står ved hver takst; resten i hele mindste enheder til de største brøkdele",
        "What each payer owes stands beside each tariff; what is left in whole minor units goes to the largest"
        " fractions",
    ),
    "by_payer": in_both("; heraf {prices}", "; of which {prices}"),
    "operator": in_both("Leverandør: {name}", "Operator: {name}"),
    "investor": in_both("Investor: {name}", "Investor: {name}"),
    "office": in_both(
        "Investor: {name}, som er kommunen selv ved {unit}: andre medarbejdere end dem, der måler og godkender, og"
        " aldrig alene",
        "Investor: {name}, which is the municipality itself by {unit}: other staff than those who measure and approve,"
        " and never alone",
    ),
    "delivers_itself": in_both(
        "{name} leverer selv indsatsen og betaler et betinget tilskud tilbage efter resultater: investor får"
        " betalingsgrundlaget, og der er ingen faktura. En revisor er udpeget, og den, der leverer, registrerer og"
        " godkender intet her",
        "{name} delivers by itself and repays a conditional grant by results: whoever lent gets the payment document,"
        " and there is no invoice. An auditor is appointed, and whoever delivers registers and approves nothing here",
    ),
    "investor_shares": in_both(
        "Kapital, tilbagebetaling og afkast deles: {shares}; resten i hele mindste enheder til de største brøkdele."
        " Alle investorer får det samme at se",
        "Capital, repayment and return are shared: {shares}; what is left in whole minor units goes to the largest"
        " fractions. All investors are shown the same",
    ),
    "and": in_both("og", "and"),
    "cohort": in_both(
        "{size} personer, indskrevet fra {first} til {last}; alle henviste er nævneren",
        "{size} people, enrolled from {first} to {last}; everyone referred is the denominator",
    ),
    "mistaken": in_both(
        "Af dem er {people} fejlhenvist og tæller ikke længere i nævneren ({reasons}); hvem, siges ikke",
        "Of them {people} were referred by mistake and are no longer in the denominator ({reasons}); nobody says who"
        " they are",
    ),
    "batches": in_both("Hold, som forsegles samlet: {batches}", "Batches that are sealed as a whole: {batches}"),
    "batches_in_turn": in_both(
        "Hvert hold tæller fra den første periode, som intet var frigivet for, da det blev forseglet",
        "Each batch counts from the first window of which nothing was released when it was sealed",
    ),
    "cut_offs": in_both(
        "Alles tid begynder den dag, hvor holdet lukkes: {batches}",
        "Everybody's time begins when the batch closes: {batches}",
    ),
    "planned": in_both(
        "Planlagte henvisninger pr. måned fra {first}: {people}; bagud, når over {behind} % mangler",
        "Planned referrals by month from {first}: {people}; behind when more than {behind} % are missing",
    ),
    "double_refused": in_both(
        "Ingen må tælle i to kontrakter i samme kommune", "Nobody may count in two contracts of one municipality"
    ),
    "nobody_counted": in_both(
        "Kontrakten læser intet register og tæller ingen; betalingen hviler på erklærede tal",
        "The contract reads no register and counts nobody; what is paid rests on declared aggregates",
    ),
    "sources": in_both("Registre: {sources}", "Registers: {sources}"),
    "precedence": in_both(
        "En uge afgøres af den første, der viser en status: {sources}; at et register ikke kender til en ydelse, viger",
        "A week is decided by the first that shows a status: {sources}; that a register knows of no benefit yields",
    ),
    "evidence": in_both(
        "Et dokument kan vise {kinds}; det tæller, når to personer har set det, og så længe det er gyldigt",
        "A document can show {kinds}; it counts once two people have seen it, and while it is valid",
    ),
    "first_week": in_both("Indskrivningens uge tæller med", "The week of enrolment counts"),
    "week_after": in_both("Ugen efter indskrivningen er den første", "The week after enrolment is the first"),
    "no_hours": in_both("En måned uden indberetning er uden timer", "A month without a posting has no hours"),
    "carried": in_both(
        "En måned uden indberetning gentager måneden før", "A month without a posting repeats the month before"
    ),
    "read_from": in_both(
        "Uger fra {day} læses, som det står her; tidligere uger læses, som den tekst siger, der ændres",
        "Weeks from {day} on are read as it stands here; earlier ones as the text says that this one changes",
    ),
    "codes_report": in_both(
        "En uge med en ukendt kode tæller ikke, og antallet vises",
        "A week with an unknown code does not count, and is shown",
    ),
    "codes_block": in_both(
        "En uge med en ukendt kode standser frigivelsen",
        "A week with an unknown code keeps results from being released",
    ),
    "neutral": in_both("Gentager ugen før: {statuses}", "Repeat the week before: {statuses}"),
    "word_by_class": in_both(
        "{id} ({label}) læses i {source} og er om {category}; det må vises delt op på tilstande",
        "{id} ({label}) is read from {source} and is about {category}; a table by class may show it",
    ),
    "word_never_by_class": in_both(
        "{id} ({label}) læses i {source} og er om {category}; det vises aldrig delt op på tilstande",
        "{id} ({label}) is read from {source} and is about {category}; no table by class shows it",
    ),
    "state": in_both("{id} ({label}) er en uge med {statuses}", "{id} ({label}) is a week with {statuses}"),
    "state_off_benefit": in_both(
        "{id} ({label}) er en uge uden ydelse, ikke nødvendigvis i job: et register, der dækker ugen, viser intet af"
        " dette: {benefits}",
        "{id} ({label}) is a week off benefits, not necessarily in work: a register that covers the week shows nothing"
        " of this: {benefits}",
    ),
    "any_status": in_both(
        "enhver status undtagen fraflytning, død og pension", "any status but moved, dead and pension"
    ),
    "or": in_both(" eller ", " or "),
    "years_from": in_both("; hvert år fra måned {month}", "; each year from month {month}"),
    "state_hours": in_both(
        " og mindst {hours} betalte timer om ugen i måneden ({types})",
        " and at least {hours} paid hours a week in the month ({types})",
    ),
    "state_income": in_both(" og indkomst i måneden ({types})", " and income in the month ({types})"),
    "within_days": in_both("; inden {days} dage fra indskrivningen", "; within {days} days from enrolment"),
    "goal": in_both(
        "; investor tjener fra {people} ud af {size}", "; the investor earns from {people} of {size} people"
    ),
    "instead_of": in_both(
        "; tælles i stedet for {other}, som der ikke betales mere for: det, hver person når fra udgavens første"
        " periode",
        "; counted instead of {other}, of which nothing more is paid: what each person reaches from the version's first"
        " window on",
    ),
    "beside": in_both(
        "; tælles og betales ved siden af {other}: det, hver person når fra udgavens første periode",
        "; counted and paid beside {other}: what each person reaches from the version's first window on",
    ),
    "aim": in_both("; målet er {people} ud af {size}", "; the goal is {people} of {size} people"),
    "aggregate": in_both(
        "{id} ({unit}), underskrevet af {name} med nøglen {key}: {method}; kilde: {source}; forfalder i {windows}",
        "{id} ({unit}), signed by {name} with the key {key}: {method}; source: {source}; due in {windows}",
    ),
    "gate": in_both("; kun når {figure}", "; only where {figure}"),
    "cap": in_both("; højst {amount} i alt", "; at most {amount} in all"),
    "cap_pays_cut": in_both(
        "; det, loftet skar væk i den tidligere udgave, betales nu",
        "; what the cap cut in the version before is paid now",
    ),
    "cap_lost": in_both(
        "; højst {amount} i en periode, resten bortfalder; et fald tager højst det tilbage, der er betalt",
        "; at most {amount} in a window, the rest is lost; a fall takes back at most what was paid",
    ),
    "cap_carried": in_both(
        "; højst {amount} i en periode, resten skyldes senere", "; at most {amount} in a window, the rest is owed later"
    ),
    "cap_person": in_both("Højst {amount} for én person", "At most {amount} for one person"),
    "cap_excess": in_both(
        "Hvad personers beløb overstiger det med, erklæres som {of} og trækkes fra",
        "By how much people's amounts pass that is declared as {of} and taken off",
    ),
    "cap_contract": in_both("Højst {amount} for kontrakten", "At most {amount} for the contract"),
    "cap_person_pays_cut": in_both(
        "Det, loftet for én person skar væk i den tidligere udgave, betales nu",
        "What the cap of a person cut in the version before is paid now",
    ),
    "cap_contract_pays_cut": in_both(
        "Det, loftet for kontrakten skar væk i den tidligere udgave, betales nu",
        "What the cap of the contract cut in the version before is paid now",
    ),
    "cap_return": in_both(
        "Investors kapital {capital} forrentes højst med {share} om året i {years} år; kontrakten betaler højst {most}",
        "The investor's capital of {capital} earns at most {share} a year for {years} years; at most {most} is paid",
    ),
    "rounding_none": in_both("Intet beløb har dele af {minor}", "No amount has parts of {minor}"),
    "rounding_down": in_both("Dele af {minor} rundes ned", "Parts of {minor} are rounded down"),
    "rounding_half_up": in_both(
        "Beløb rundes til nærmeste {minor}, det halve op", "Amounts are rounded to the nearest {minor}, a half of it up"
    ),
    "rounding_half_even": in_both(
        "Beløb rundes til nærmeste {minor}, det halve til det lige tal",
        "Amounts are rounded to the nearest {minor}, a half of it to even",
    ),
    "window": in_both("{label}: {first} til {last}", "{label}: {first} to {last}"),
    "pause": in_both("Pause: {first} til {last}", "Pause: {first} to {last}"),
    "freeze": in_both(
        "Data fastfryses {days} dage efter en periode, eller når registrene er komplette, hvis det er senere",
        "Data freeze {days} days after a window, or when the registers are complete, whichever is later",
    ),
    "release": in_both("{name} får {what}: {windows}", "{name} gets {what}: {windows}"),
    "every_window": in_both("hver periode", "every window"),
    "statement": in_both(
        "Leverandøren får at vide, hvem der er faldet tilbage: {window}", "The operator is told who relapsed: {window}"
    ),
    "breakdown": in_both("{of} fordelt på klasser, én gang: {window}", "{of} by class, once: {window}"),
    "reasons": in_both(
        "Hvorfor personer ikke tæller, som tal, til leverandøren: {window}",
        "Why people are not counted, as numbers, for the operator: {window}",
    ),
    "blocks": in_both(
        "Kunne en periodes tal for sig handle om færre end {k_cohort} personer, vises de med en senere periode: højst"
        " {windows} senere, når folk begynder jævnt. Det ligger fast ved forseglingen, og der betales altid til tiden",
        "Where a window's figures could by themselves be about fewer than {k_cohort} people, they are shown with a"
        " later one: {windows} later at most where people begin evenly. The seal settles it; payment is always on time",
    ),
    "wait": in_both(
        "Det, der går videre til investor, forfalder med den periode, der viser det; {bearer} bærer ventetiden",
        "What flows on to the investor falls due with the window that shows it; {bearer} bears the wait",
    ),
    "in_block": in_both("{window} vises med {later}", "{window} is shown with {later}"),
    "least": in_both(
        "Ingen celle under {k} vises, og ingen tal for hele gruppen under {k_cohort}",
        "No cell below {k} is shown, and no total of fewer than {k_cohort} people",
    ),
    "marked": in_both("Opdigtet, fordi det ikke er offentligt: {keys}", "Made up, because it is not public: {keys}"),
}
