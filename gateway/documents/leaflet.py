"""The citizen's leaflet and letter of one contract, in plain Danish, as printable pages that name nobody.

They are generated from the contract and the programme, so that they cannot promise what the files do not hold.
Both are self-contained HTML: no script, no asset from elsewhere, and every text of a file is escaped. What the
files do not know (who to write to) comes as a `Contact`; nothing is invented. Laws and offices are called what the
programme calls them on the day of the paper; `WordNotValid` where it has no word for that day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from html import escape

from gateway.contracts.contact import Contact
from gateway.documents.printed import document
from gateway.outcomes.contract import Contract
from gateway.outcomes.measures.instrument import instruments_of
from gateway.outcomes.readings import sources_ever
from gateway.wording import formats
from gateway.wording import plain_danish as words
from gateway.wording.annex_voice import goals
from gateway.wording.parties import delivers_itself, names_in
from gateway.wording.plain_danish import PROMISE
from policies.programme import Programme
from policies.terms import LegalBasis

TITLE = "Sådan bruger vi dine oplysninger"
_ROLES = {"operator": "Leverandør", "investor": "Investor"}


def leaflet(contract: Contract, programme: Programme, contact: Contact, *, on: date) -> str:
    """Two A4 pages: who is responsible, why, what is read, who gets what, what never leaves, and your rights."""
    payer = escape(contract.payers[0].name)
    first = (
        f"<header><p class=sender>{payer}</p><p class=kind>Pjece til dig, der er henvist</p></header><h1>{TITLE}</h1>"
        f"<p class=lead>{_referral_text(contract)} "
        "Derfor følger vi, hvordan det går for hele gruppen. Her kan du se, hvad vi læser, og hvem der får hvad.</p>"
        f"{_promise(programme, on)}"
        f"<section><h2>Hvem har ansvaret, og hvorfor?</h2>{_why(payer, programme)}</section>"
        f"<section>{_recipients(contract, programme, on)}</section>"
    )
    second = (
        f"<section><h2>Hvad læser vi om dig?</h2>{_sources(contract)}</section><div class=two>"
        f"<section><h2>Sådan beskytter vi små grupper</h2>{_paragraphs(words.small_groups(contract))}</section>"
        "<section><h2>Hvor længe?</h2><p>Vi gemmer dine oplysninger, mens kontrakten løber, og så længe reglerne om "
        "regnskab kræver det. Derefter sletter vi dem.</p><h2>Hvad siger loven?</h2>"
        f"<p class=law>Databeskyttelsesforordningen (GDPR) {words.legal_ground(programme)}.</p>"
        f"<p class=law>{escape(programme.law(on=on))}.</p></section></div>"
        f"<section><h2>Dine rettigheder</h2>{_rights(contract, programme)}</section>{_contact_box(contact)}"
        f"{_footer(contract)}"
    )
    return document(f"{TITLE} – {payer}", [first, second])


def letter(contract: Contract, programme: Programme, contact: Contact, *, on: date) -> str:
    """One A4 page to send with the leaflet; address and date are left for the case worker to fill in.

    It names the newest Danish notice of the programme: what the enrolment of these people will name.
    """
    notice = max((one for one in programme.notices if one.language == "da"), key=lambda one: one.version)
    payer = escape(contract.payers[0].name)
    phone, email = escape(contact.phone), escape(contact.email)
    registers = formats.enumeration([words.source_name(contract, source) for source in sources_ever(contract)])
    goes_to = formats.enumeration([escape(names_in(contract, role)) for role in words.recipients(contract)])
    hours = ", og hvor mange timer du får løn for" if contract.income_source else ""
    body = (
        "<div class=top><div class=window contenteditable=true data-hint='Navn og adresse'></div>"
        f"<address><b>{escape(contact.name)}</b><br>{escape(contact.address)}<br>{phone}<br>{email}</address></div>"
        "<p class=date>Dato: <span contenteditable=true class=blank></span></p>"
        f"<h1>{TITLE}</h1><p>Kære borger</p>"
        f"<p>{_referral_text(contract)} Den hører til aftalen <b>{escape(programme.title)}</b>. Derfor følger vi,"
        f" hvordan "
        "det går for hele gruppen.</p>"
        f"<h2>Det gør vi</h2><p>Vi læser i {registers}. Der kan vi se, hvilke ydelser du får{hours}. "
        f"Vi lægger tallene for hele gruppen sammen. Resultatet går til {goes_to or 'ingen'}.</p>"
        f"{_words_in_letter(contract, programme)}{_document_in_letter(contract)}"
        f"{_scores_in_letter(contract)}{_told_in_letter(contract, programme, on)}"
        "<h2>Det gør vi ikke</h2><p>Vi sender ikke dit navn eller dit CPR-nummer videre. Vi fortæller ikke, om du selv "
        "nåede målet. Vi træffer ingen afgørelser om dig ud fra tallene.</p>"
        f"{_promise(programme, on)}"
        "<h2>Læs pjecen</h2><p>Pjecen ligger sammen med brevet. Den har samme titel. I den kan du se, hvem der får "
        "hvad, hvor længe vi gemmer oplysninger, og hvilke rettigheder du har.</p>"
        f"<p>Har du spørgsmål? Ring til os på {phone}, eller skriv til {email}.</p>"
        f"<p class=bye>Venlig hilsen</p><p>{escape(contact.name)}</p>"
        f"{_footer(contract, notice=f'Underretning {notice.id}, version {notice.version}')}"
    )
    return document(f"Brev: {TITLE} – {payer}", [f"<div class=letter>{body}</div>"])


def _referral_text(contract: Contract) -> str:
    """To whom a citizen is referred, and who pays for what; where the municipality delivers itself it is repaying."""
    payer = escape(contract.payers[0].name)
    if delivers_itself(contract):
        lenders = escape(names_in(contract, "investor"))
        return (
            f"Du er henvist til en indsats hos {payer} selv. {lenders} har lagt penge ud til den. De får dem igen, når "
            f"den virker{_with_others(contract)}."
        )
    operator = escape(contract.party("operator").name)
    return f"Du er henvist til en indsats hos {operator}. {payer} betaler for resultater{_with_others(contract)}."


def _with_others(contract: Contract) -> str:
    """Who else pays, and that nothing about the citizen goes there."""
    others = formats.enumeration([escape(payer.name) for payer in contract.payers[1:]])
    return f" sammen med {others}, som kun får en regning og ingen oplysninger om dig" if others else ""


def _scores_in_letter(contract: Contract) -> str:
    used = formats.enumeration([escape(one.name) for one in instruments_of(contract).values()])
    return (
        f"<p>Vi gemmer også dine svar på {used} som et tal. Det er låst sammen med dine andre oplysninger. En"
        f" medarbejder "
        "skriver tallet ind, og en anden ser det efter. I opgørelsen står kun, om målet er nået.</p>"
        if used
        else ""
    )


def _words_in_letter(contract: Contract, programme: Programme) -> str:
    told = formats.enumeration(words.status_words(contract, programme))
    return f"<p>Vi læser også, om du er {told}. Ingen får at vide, om det gælder dig.</p>" if told else ""


def _document_in_letter(contract: Contract) -> str:
    if not contract.evidence:
        return ""
    kinds = formats.enumeration([words.DOCUMENTS[one] for one in sorted(contract.evidence)], "eller")
    return (
        f"<p>Noget står ikke i et register, for eksempel {kinds}. Det kan tælle med, hvis du viser os et dokument. "
        "Dokumentet bliver i din sag.</p>"
    )


def _told_in_letter(contract: Contract, programme: Programme, on: date) -> str:
    if not contract.statements:
        return ""
    operator = escape(contract.party("operator").name)
    return (
        f"<p>Skal du tale med {escape(programme.office(on=on))} igen, får {operator} deres eget sagsnummer for dig og "
        "den ene besked. De får hverken en dato eller navnet på en ydelse.</p>"
    )


def _promise(programme: Programme, on: date) -> str:
    asks = {
        LegalBasis.LEGAL_OBLIGATION: "Er du imod, at vi bruger dine oplysninger her? Så sig det til os.",
        LegalBasis.CONSENT: "Du kan altid trække dit samtykke tilbage.",
    }
    objects = "Du kan altid gøre indsigelse mod, at vi bruger dine oplysninger her."
    return (
        f"<aside><p class=promise>Siger du nej? <b>{PROMISE}</b></p><p>{asks.get(programme.legal_basis, objects)} Det "
        "koster ikke noget, og det er uden betydning for din sag. Det gælder kun dine oplysninger. Dine aftaler med "
        f"{escape(programme.office(on=on))} er de samme som før.</p></aside>"
    )


def _why(payer: str, programme: Programme) -> str:
    why = "".join(f"<li><b>{label}.</b> {text}</li>" for label, text in words.purposes(programme))
    others = words.other_purposes(programme)
    return (
        f"<p><b>{payer}</b> har ansvaret for dine oplysninger (dataansvarlig). "
        f"Vi bruger dem til aftalen <b>{escape(programme.title)}</b>:</p><ul>{why}</ul>"
        f"<p>{f'Vi bruger dem ikke til {others}. ' if others else ''}Vi træffer ingen afgørelser om dig ud fra dem.</p>"
    )


def _recipients(contract: Contract, programme: Programme, on: date) -> str:
    """A table: what is seen, and by whom; first what never leaves, then what is shared."""
    roles = words.recipients(contract)
    columns = [("outcome_payer", "Kommunen"), *((role, _ROLES.get(role, role)) for role in roles)]
    head = "".join(
        f"<th scope=col><small>{escape(label)}</small>{escape(names_in(contract, role))}</th>"
        for role, label in columns
    )
    often = "".join(f"<td>{words.how_often(contract, role)}</td>" for role in roles)
    weeks = "Dine ydelser og timer" if contract.income_source else "Dine ydelser"
    own = [(text, frozenset[str]()) for text in ("Dit navn og dit CPR-nummer", weeks)]
    own.append(("Om du selv nåede målet", frozenset()))
    known = "Leverandøren kender dig i forvejen fra henvisningen. Men "
    known = "Men " if delivers_itself(contract) else known
    return (
        f"<table class=who><thead><tr><th scope=col>Hvem får hvad?</th>{head}</tr></thead>"
        f"{_rows('Det forlader aldrig kommunen', own, roles)}"
        f"{_rows('Det deler vi: tal om hele gruppen', words.shared_about_group(contract), roles)}"
        f"{_about_you(contract, roles, escape(programme.office(on=on)))}"
        f"<tfoot><tr><th scope=row>Hvor tit?</th><td></td>{often}</tr></tfoot></table>"
        f"<p class=note>{' '.join(goals(contract))} {known}"
        f"{'tallene' if contract.statements else 'det, vi sender,'} siger ikke, hvem du er. Investoren lægger penge "
        "ud, til kommunen betaler. Retter vi et tal, sender vi et nyt. De, der får et resultat, kan vise det til "
        "andre. Alt, vi læser og sender, bliver skrevet i "
        "en log.</p>"
    )


def _about_you(contract: Contract, roles: Sequence[str], office: str) -> str:
    rows = words.told_about_you(contract, office)
    return _rows("Det deler vi om dig alene", rows, roles) if rows else ""


def _rows(title: str, rows: Iterable[tuple[str, frozenset[str]]], roles: Sequence[str]) -> str:
    """A part of the table; the municipality sees every row of it."""
    parts = [f"<tbody><tr class=part><th colspan={len(roles) + 2} scope=rowgroup>{title}</th></tr>"]
    for text, seen_by in rows:
        cells = ["ja", *("ja" if role in seen_by else "nej" for role in roles)]
        marks = "".join(f"<td class={cell}>{cell}</td>" for cell in cells)
        parts.append(f"<tr><th scope=row>{text}</th>{marks}</tr>")
    return f"{''.join(parts)}</tbody>"


def _sources(contract: Contract) -> str:
    rows, before = "", ""
    for name, whose, what, period in words.sources(contract):
        when = "samme tid" if period == before else period
        rows += f"<tr><th scope=row>{name}<small>{whose}</small></th><td>{what}</td><td>{when}</td></tr>"
        before = period
    return (
        "<table><thead><tr><th scope=col>Hvor</th><th scope=col>Hvad</th><th scope=col>Fra hvilken tid</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
        "<p>Vi har også listen over dem, der er henvist. Der står dit CPR-nummer, en dato og leverandørens sagsnummer. "
        "At du er på listen, eller at du får sygedagpenge, kan sige noget om dit helbred. Derfor passer vi ekstra på. "
        "Om folk, der ikke er henvist, gemmer vi intet.</p>"
    )


def _rights(contract: Contract, programme: Programme) -> str:
    objects = (
        "Loven kræver, at vi bruger oplysningerne. Sig alligevel til."
        if programme.legal_basis is LegalBasis.LEGAL_OBLIGATION
        else "Du kan sige nej. Så stopper vi, medmindre vi har en meget vigtig grund. "
        f"{words.after_no(contract)} {PROMISE}"
    )
    rights = (
        ("Se dem (indsigt)", "Du kan få at vide, hvad vi har om dig, og få en kopi."),
        ("Ret dem (berigtigelse)", "Er noget forkert, kan du få det rettet."),
        ("Sæt på pause (begrænsning)", "Du kan bede os holde pause, mens vi ser på din sag."),
        ("Sig nej (indsigelse)", objects),
        ("Slet dem (sletning)", "Du kan bede os slette. Noget kan vi have pligt til at gemme."),
        ("Klag", "Du kan klage til Datatilsynet. Læs hvordan på datatilsynet.dk."),
    )
    return f"<dl>{''.join(f'<div><dt>{name}</dt><dd>{text}</dd></div>' for name, text in rights)}</dl>"


def _contact_box(contact: Contact) -> str:
    return (
        f"<section class=contact><h2>Her kan du spørge</h2><div class=two><p><b>{escape(contact.name)}</b><br>"
        f"{escape(contact.address)}<br>{escape(contact.phone)}<br>{escape(contact.email)}</p>"
        "<p><b>Kommunens databeskyttelsesrådgiver</b><br>Giver råd om dine oplysninger og ser efter, at vi passer på "
        f"dem.<br>{escape(contact.dpo_email)}</p></div></section>"
    )


def _footer(contract: Contract, *, notice: str = "") -> str:
    example = "Eksempel: Vilkår, der ikke er offentlige, er fundet på." if contract.illustrative else ""
    parts = (notice, f"Kontrakt {contract.id}, version {contract.version}", example)
    return f"<footer>{' · '.join(escape(part) for part in parts if part)}</footer>"


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)
