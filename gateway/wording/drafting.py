"""What `gateway contract new` asks and says, in Danish and in English, and how money is read back in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.wording.formats import DANISH, ENGLISH, amount
from gateway.wording.number_words import danish_kroner, english_kroner

Language = Literal["da", "en"]
_CURRENCY = "DKK"


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text in both languages; places in braces are filled alike."""

    da: str
    en: str

    def text_in(self, language: Language, **places: object) -> str:
        return (self.da if language == "da" else self.en).format(**places)


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """One question: the answer's name, which is the flag's too, what is asked, and a line of help below it."""

    name: str
    asked: Bilingual
    help: Bilingual
    choices: Mapping[str, Bilingual] | None = None  # word of the file -> what a person reads

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"


QUESTIONS: tuple[DraftQuestion, ...] = (
    DraftQuestion(
        "title",
        Bilingual("Hvad skal aftalen hedde?", "What is the contract called?"),
        Bilingual("Fx Job 2027. Navnet står på alle papirer.", "Such as Job 2027. The name stands on every paper."),
    ),
    DraftQuestion(
        "municipality",
        Bilingual("Hvilken kommune betaler?", "Which municipality pays?"),
        Bilingual("Kommunekode og navn, fx 851 Aalborg Kommune.", "Its code and name, such as 851 Aalborg Kommune."),
    ),
    DraftQuestion(
        "operator",
        Bilingual("Hvem leverer indsatsen?", "Who delivers the work?"),
        Bilingual("Organisationens navn.", "The organisation's name."),
    ),
    DraftQuestion(
        "legal_role",
        Bilingual(
            "Hvad er leverandøren efter databeskyttelsesreglerne?", "What is the operator under data protection law?"
        ),
        Bilingual(
            "Det afgør, hvad den må få at vide om de enkelte. Spørg jeres jurist.",
            "It decides what it may be told about single people. Ask your lawyer.",
        ),
        {
            "processor": Bilingual("databehandler for kommunen", "processor for the municipality"),
            "other_actor": Bilingual("anden aktør efter beskæftigelsesloven", "other actor under the employment act"),
            "independent_controller": Bilingual("selv dataansvarlig", "a controller of its own"),
        },
    ),
    DraftQuestion(
        "status_source",
        Bilingual("Hvilket register viser ydelser uge for uge?", "Which register shows benefits week by week?"),
        Bilingual("Kommunen skal have adgang til det.", "The municipality must have access to it."),
        {
            "dream": Bilingual("DREAM", "DREAM"),
            "ydelsesrefusion": Bilingual("Ydelsesrefusion", "Ydelsesrefusion"),
        },
    ),
    DraftQuestion(
        "result",
        Bilingual("Hvad er et resultat?", "What is a result?"),
        Bilingual("En uge tæller, når registrene viser det.", "A week counts when the registers show it."),
        {
            "job": Bilingual("ordinært job uden ydelse", "an ordinary job, off benefits"),
            "education": Bilingual("uddannelse", "education"),
            "job_or_education": Bilingual("job eller uddannelse", "a job or education"),
        },
    ),
    DraftQuestion(
        "price",
        Bilingual("Hvad koster ét resultat, i kroner?", "What does one result cost, in kroner?"),
        Bilingual("For hver person, der når det, fx 25.000.", "For each person who reaches it, such as 25,000."),
    ),
    DraftQuestion(
        "people",
        Bilingual("Hvor mange borgere henvises?", "How many people are referred?"),
        Bilingual("Alle tæller med, også dem, der falder fra.", "All of them are counted, whoever drops out."),
    ),
    DraftQuestion(
        "enrolment_from",
        Bilingual("Første dag, der henvises?", "The first day of referral?"),
        Bilingual("Fx 4.1.2027.", "Such as 2027-01-04."),
    ),
    DraftQuestion(
        "enrolment_to",
        Bilingual("Sidste dag, der henvises?", "The last day of referral?"),
        Bilingual("Fx 28.3.2027.", "Such as 2027-03-28."),
    ),
    DraftQuestion(
        "last_day",
        Bilingual("Til og med hvilken dag måles der?", "Until which day is it measured?"),
        Bilingual(
            "Hele ugen tæller med. Der gøres op hvert halve år. Fx 30.6.2029.",
            "The whole week counts. It is reckoned every half-year. Such as 2029-06-30.",
        ),
    ),
    DraftQuestion(
        "sustained_weeks",
        Bilingual("Hvor mange uger i træk skal det holde?", "For how many weeks in a row must it last?"),
        Bilingual(
            "De sidste uger skal alle tælle. Falder man ud, er resultatet tabt, til man når det igen.",
            "The last weeks must all count. Whoever drops out has lost the result until it is reached again.",
        ),
    ),
    DraftQuestion(
        "hours",
        Bilingual("Hvor mange betalte timer om ugen mindst?", "How many paid hours a week at least?"),
        Bilingual("I gennemsnit over måneden, fx 15.", "On average over the month, such as 15."),
    ),
    DraftQuestion(
        "cap",
        Bilingual("Hvad betaler kommunen højst i alt, i kroner?", "What does the municipality pay at most, in kroner?"),
        Bilingual("0 betyder, at der ikke er noget loft.", "0 means that there is no cap."),
    ),
    DraftQuestion(
        "case_number",
        Bilingual("Hvilket sagsnummer har aftalen hos kommunen?", "Which case number has it at the municipality?"),
        Bilingual("Fx 15.20.00-G01-1-27.", "Such as 15.20.00-G01-1-27."),
    ),
)
REFUSED: Mapping[str, Bilingual] = {
    "empty": Bilingual("Svaret er tomt eller kan ikke læses.", "The answer is empty, or cannot be read."),
    "amount": Bilingual(
        "Skriv et beløb som 25.000 eller 25.000,50: punktum mellem tusinder, komma før øre.",
        "Write an amount such as 25,000 or 25,000.50: commas between thousands, a point before øre.",
    ),
    "above_nought": Bilingual("Beløbet skal være over 0.", "The amount must be above 0."),
    "whole": Bilingual("Skriv et helt tal fra {least} til {most}.", "Write a whole number from {least} to {most}."),
    "hours": Bilingual("Skriv timer som 15 eller 7,4, højst 168.", "Write hours such as 15 or 7.4, at most 168."),
    "day": Bilingual("Skriv en dag som 4.1.2027 eller 2027-01-04.", "Write a day such as 2027-01-04."),
    "before": Bilingual("Dagen skal ligge efter {other}.", "The day must lie after {other}."),
    "late": Bilingual("Dagen ligger mere end 20 år ude i fremtiden.", "The day lies more than 20 years ahead."),
    "choice": Bilingual("Vælg et nummer fra 1 til {most}.", "Choose a number from 1 to {most}."),
    "municipality": Bilingual(
        "Skriv kommunekoden, tre cifre, og navnet: 851 Aalborg Kommune.",
        "Write the code, three digits, and the name: 851 Aalborg Kommune.",
    ),
    "name": Bilingual("Navnet skal have bogstaver fra a til z.", "The name must have letters from a to z."),
    "same": Bilingual("Kommunen kan ikke også være leverandør.", "The municipality cannot be the operator too."),
    "cpr": Bilingual("Her må ikke stå noget, der ligner et CPR-nummer.", "Nothing that looks like a CPR number."),
}
SAID: Mapping[str, Bilingual] = {
    "start": Bilingual(
        "Et udkast til en kontrakt: {many} spørgsmål. Skriv < for at gå ét tilbage. Ctrl-C stopper, og intet skrives.",
        "A draft of a contract. {many} questions. Type < to go one back. Ctrl-C stops, and nothing is written.",
    ),
    "number": Bilingual("{at} af {many}. {asked}", "{at} of {many}. {asked}"),
    "your_answer": Bilingual("Svar", "Answer"),
    "in_words": Bilingual("{money}: {words}", "{money}: {words}"),
    "no_cap": Bilingual("Intet loft.", "No cap."),
    "cap_covers": Bilingual("Loftet svarer til {results} resultater.", "The cap is worth {results} results."),
    "each": Bilingual(
        "Når 10 borgere når det, betaler kommunen {ten}", "When 10 people reach it, the municipality pays {ten}"
    ),
    "bounds": Bilingual(
        "Kommunen betaler mindst {least} og højst {most}", "The municipality pays at least {least} and at most {most}"
    ),
    "expected": Bilingual(
        "Regnet på opdigtede borgere, hvor halvdelen til sidst er i det, der tæller: omkring {expected}",
        "Reckoned on invented people, half of whom end in what counts: about {expected}",
    ),
    "most_changed": Bilingual("Det højeste går fra {before} til {after}", "The most goes from {before} to {after}"),
    "expected_changed": Bilingual(
        "Det forventede går fra {before} til {after}", "What is expected goes from {before} to {after}"
    ),
    "compared": Bilingual(
        "Med {own} {unit} omkring {now}; til sammenligning med {less} {unit} {lenient}, med {more} {unit} {strict}",
        "With {own} {unit} about {now}; to compare, with {less} {unit} {lenient}, with {more} {unit} {strict}",
    ),
    "sustained_weeks": Bilingual("uger", "weeks"),
    "hours": Bilingual("timer", "hours"),
    "week": Bilingual("Der måles til og med uge {week}, {year}.", "It is measured to the end of week {week}, {year}."),
    "written": Bilingual("Skrevet: {file}", "Written: {file}"),
    "summary": Bilingual("I ord, til at læse højt for hinanden:", "In words, to read to each other:"),
    "price_of": Bilingual("Prisen for ét resultat: {words}", "The price of one result: {words}"),
    "cap_of": Bilingual("Loftet over det hele: {words}", "The cap over all: {words}"),
    "most_of": Bilingual("Det højeste, der kan blive betalt: {words}", "The most that can be paid: {words}"),
    "next": Bilingual(
        "Læs nu kontrakten igennem, og ret i filerne:\n  gateway contract show {contract} --language da\n"
        "  gateway contract check {contract} --programme {programme}\n"
        "  gateway contract simulate {contract}\n"
        "Retter du i kontrakten, skal contract_sha256 i programmet følge med; `contract check` siger det nye.\n"
        "Underretningen har pladser i kantede parenteser, som kommunen skal udfylde.",
        "Now read the contract, and change the files:\n  gateway contract show {contract} --language en\n"
        "  gateway contract check {contract} --programme {programme}\n"
        "  gateway contract simulate {contract}\n"
        "Where you change the contract, contract_sha256 in the programme follows: `contract check` says the new one.\n"
        "The notice has places in square brackets for the municipality to fill in.",
    ),
    "stopped": Bilingual("Afbrudt. Der er intet skrevet.", "Stopped. Nothing was written."),
    "finding": Bilingual("Bemærk: {finding}", "Note: {finding}"),
}


COMMENTS: Mapping[str, Bilingual] = {
    "contract": Bilingual(
        "Et udkast. Det, der ikke står her, har en standard, som står i ord i `gateway contract show`.",
        "A draft. What is not said has its default, and stands in words in `gateway contract show`.",
    ),
    "legal_role": Bilingual("aftal det med jeres jurist", "have your lawyers agree"),
    "hours": Bilingual(
        "betalte timer om ugen i måneden, i hundrededele: 1500 er 15 timer",
        "paid hours a week of the month, in hundredths: 1500 is 15 hours",
    ),
    "weeks": Bilingual("de sidste uger, som alle skal tælle", "the last weeks, all of which must count"),
    "price": Bilingual("øre for hver person: {words}", "øre for each person: {words}"),
    "cap": Bilingual("øre, det højeste i alt: {words}", "øre, the most in all: {words}"),
    "programme": Bilingual(
        "Hvorfor, på hvilket grundlag, og hvem der må hvad. Databeskyttelsesrådgiveren læser hver linje.",
        "Why, on what ground, and who may do what. Your data protection officer reads every line.",
    ),
    "sha256": Bilingual("skifter med hvert tegn i {file}", "changes with every letter of {file}"),
    "legal_basis": Bilingual("en opgave i samfundets interesse", "a task in the public interest"),
    "special": Bilingual("ydelser kan sige noget om helbred", "benefits may tell of health"),
    "assessments": Bilingual(
        "registret er lavet til noget andet: vurderingen efter art. 6, stk. 4",
        "the register was made for something else: the assessment under art. 6(4)",
    ),
    "requires": Bilingual(
        "eller et samtykke: administrative_consent, gdpr_consent", "or a consent: administrative_consent, gdpr_consent"
    ),
    "protected": Bilingual(
        'folk med beskyttet adresse tæller med; "exclude" holder dem ude',
        'people with a protected address are counted; "exclude" leaves them out',
    ),
    "office": Bilingual("hvad kommunens kontor hedder, og fra hvornår", "what the office is called, and since when"),
    "law": Bilingual("loven, som indsatsen hviler på: ret den", "the law that the work rests on: correct it"),
}


def money(minor: int, language: Language) -> str:
    """`2500000` as `25.000,00 kr.`, and in English as `25,000.00 kr.`"""
    return f"{amount(minor, _CURRENCY, DANISH if language == 'da' else ENGLISH)} kr."


def money_in_words(minor: int, language: Language) -> str:
    """`150000` as `femten hundrede kroner`."""
    return danish_kroner(minor) if language == "da" else english_kroner(minor)
