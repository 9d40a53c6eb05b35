"""The words of the access report in plain Danish. Whatever a report can hold has one; a test goes through them all."""

from __future__ import annotations

from gateway.outcomes.manual_evidence import EvidenceType
from gateway.outcomes.terms import FigureUnit
from policies.basis import Change, MistakeReason, RecordKind
from policies.terms import Role
from vocabulary.releases import Recipient
from vocabulary.total import total

DOCUMENT = total(
    {
        "self_employed": "selvstændig virksomhed",
        "work_abroad": "arbejde i udlandet",
        "education": "uddannelse",
        "fleksjob_permit": "bevilling af fleksjob",
    },
    EvidenceType,
)
ACTION = {
    "enrol": "Du blev skrevet ind",
    "notice": "Det blev noteret, at du fik besked",
    "pull": "Vi læste i et register",
    "held_accepted": "Vi godkendte det, som et register havde svaret",
    "held_rejected": "Vi afviste det, som et register havde svaret",
    "check": "Vi prøvede, om et register kan læses, og gemte intet",
    "looked_up": "Vi slog dig op",
    "checked": "Vi så i gruppens oplysninger, og der kom intet ud af det",
    "requests_listed": "Vi så listen over anmodninger, der venter på svar",
    "evaluate": "Vi talte gruppens resultater op",
    "referrals": "Vi talte, hvor mange der var henvist",
    "explain": "Vi så efter, hvilke af dine uger der tæller med, og hvorfor",
    "week_explained": "Vi så efter, hvad vi ved om én af dine uger",
    "evidence_registered": "Vi noterede et dokument i din sag",
    "evidence_confirmed": "En kollega bekræftede et dokument i din sag",
    "evidence_withdrawn": "Vi trak et dokument i din sag tilbage",
    "evidence_listed": "Vi så listen over dokumenter, der tæller",
    "record_changed": "Vi noterede, hvad du sagde",
    "access_report": "Vi lavede et svar som dette til dig",
    "consent_receipt": "Vi lavede en kvittering til dig",
    "archive": "Vi gav kopi til arkivet",
    "asked_erasure": "Du bad om sletning",
    "asked_rectification": "Du bad om rettelse",
    "decided_erasure": "Vi svarede på din anmodning om sletning",
    "decided_rectification": "Vi svarede på din anmodning om rettelse",
    "sampled": "Du blev udtrukket til en stikprøve",
    "audit_rows": "En revisor så dine oplysninger efter",
    "audit_closed": "En revisor afsluttede en stikprøve, som du var med i",
    "found": "En revisor skrev, om dine oplysninger passede",
    "statement": "Leverandøren fik en besked om dig",
}
LOOKED_AS = total(
    {
        "municipality": "kommunen",
        "operator": "leverandøren",
        "investor": "investoren",
        "dpo": "databeskyttelsesrådgiveren",
        "settlement_officer": "den afregningsansvarlige",
        "system_owner": "systemejeren",
        "case_worker": "en sagsbehandler",
        "auditor": "revisoren",
    },
    Role,
)
KIND = total(
    {
        "statutory_basis": "retsgrundlag i loven",
        "administrative_consent": "forvaltningsretligt samtykke",
        "gdpr_consent": "samtykke",
        "objection": "indsigelse",
        "restriction": "begrænsning",
        "exit": "du forlod indsatsen",
        "prison": "du er i fængsel",
        "cohabitation": "en anden forsørger dig",
        "mistake": "du blev henvist ved en fejl",
        "protection": "navne- og adressebeskyttelse",
    },
    RecordKind,
)
MISTAKE = total(
    {
        "other_person": "en anden person var ment",
        "other_cohort": "du hører ikke til dem, indsatsen er for",
        "not_asked": "du var ikke spurgt eller ikke oplyst",
    },
    MistakeReason,
)
CHANGE = total({"begins": "gælder fra denne dag", "ends": "ophørt denne dag"}, Change)
CHANNEL = {
    "letter": "brev",
    "digital_post": "Digital Post",
    "phone": "telefon",
    "meeting": "møde",
    "register": "kommunens register",
    "referral_list": "listen over henviste",
}
TEMPLATE = {
    "contract_total": "Gruppens samlede tal",
    "predicate": "Om målet er nået, ja eller nej",
    "payment_document": "Hvad kommunen skal betale",
    "relapse_notice": "Besked om, at du skal tale med {office}",
}
ROLE = total({"operator": "leverandør", "investor": "investor"}, Recipient)
CLAIM = {
    "participants": "henviste",
    "mistaken": "heraf henvist ved en fejl",
    "outcomes_achieved": "i mål",
    "outcomes_reached": "nåede mål",
    "points_reached": "nåede point",
    "days_reached": "dage",
    "threshold": "målet",
    "payable": "beløb",
    "qualifying_weeks": "uger, der tæller",
    "outcomes_by_class": "fordelt på",
    "not_counted": "ikke i mål, fordi",
    "difference": "forskel til det, der blev rettet",
}
DIFFERENCE = {
    "outcomes_achieved": "i mål",
    "outcomes_reached": "nåede mål",
    "points_reached": "nåede point",
    "days_reached": "dage",
    "qualifying_weeks": "uger",
    "amount_minor": "beløb",
    "threshold_met": "målet",
}
UNIT = total(
    {
        "week": ("uge", "uger"),
        "person": ("person", "personer"),
        "point": ("point", "point"),
        "day": ("dag", "dage"),
        "minor": ("beløb", "beløb"),
        "per_mille": ("promille", "promille"),
        "events_per_100": ("hundrededel hændelse for hver 100 personer", "hundrededele hændelse for hver 100 personer"),
        "window": ("periode", "perioder"),
    },
    FigureUnit,
)
REASON = {
    "not_long_enough": "ikke længe nok",
    "on_benefit": "på ydelse",
    "no_pay_reported": "ingen løn indberettet",
    "too_few_hours": "for få timer",
    "left": "ikke med længere",
    "not_observed": "ikke set i registret",
    "other": "andet",
}
REQUEST = {"rectification": "rettelse", "erasure": "sletning"}
ANSWER = {"open": "venter på svar", "granted": "ja", "refused": "nej"}
# the rules by which an erasure is held
HOLD = {
    "still-followed": "vi følger dig stadig; gør indsigelse først",
    "accounting-period": "regnskabet skal gemmes (bogføringsloven)",
    "archive-decision": "arkivet skal have en kopi først (arkivloven)",
    "unsettled-window": "en periode er ikke gjort op endnu",
    "open-dispute": "parterne er uenige om en periode",
}
RIGHTS = (
    "Du kan få rettet, hvad der er forkert.",
    "Du kan bede os holde pause, mens vi ser på din sag.",
    "Du kan gøre indsigelse. Så stopper vi med at læse om dig.",
    "Du kan bede os slette. Noget kan vi have pligt til at gemme; så får du reglen at vide.",
    "Du kan klage til Datatilsynet, datatilsynet.dk.",
)


def template(name: str, office: str) -> str:
    """What a template is called; `office` is whom a citizen talks to, in the words of the paper's day."""
    return TEMPLATE[name].format(office=office) if name in TEMPLATE else name
