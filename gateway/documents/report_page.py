"""The access report as Danish pages to print; every value of a file or a register is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from itertools import groupby

from gateway.documents.printed import document
from gateway.rights.report_view import (
    AccessReport,
    AttestationReceived,
    DocumentHeld,
    IncomeHeld,
    LookUp,
    NoticeReceived,
    RequestTold,
)
from gateway.wording import formats
from gateway.wording import register as register_words
from gateway.wording import report as words
from gateway.wording.formats import short_day
from gateway.wording.views import JsonValue
from policies.terms import Purpose, purpose_terms

TITLE = "Indsigt i dine oplysninger"


def page(made: AccessReport) -> str:
    """The report as self-contained HTML."""
    sections = (
        ("Hvorfor har vi det?", _why(made)),
        ("Hvilke slags oplysninger er det?", _categories(made)),
        ("Hvem kan få noget at vide?", _recipients(made)),
        ("Hvad har vi om dig?", _held_section(made)),
        ("Hvornår har nogen set det?", _look_ups(made)),
        ("Hvem har fået hvad?", _received_section(made)),
        ("Hvad du har bedt os om", _requests(made.requests)),
        ("Dine rettigheder", "<ul>" + "".join(f"<li>{line}</li>" for line in words.RIGHTS) + "</ul>"),
    )
    head = (
        f"<header><p class=sender>{escape(made.controller)}</p>"
        "<p class=kind>Svar på indsigt, artikel 15</p></header>"
        f"<h1>{TITLE}</h1><p class=lead>Her er alt, hvad vi har om dig i aftalen {escape(made.programme)}, hvem der "
        f"har set det, og hvem der har fået hvad. Lavet {short_day(made.made_on)}.</p>{_in_short(made)}"
    )
    body = "".join(f"<section><h2>{title}</h2>{text}</section>" for title, text in sections)
    return document(TITLE, [f"<div class=long>{head}{body}</div>"])


def _in_short(made: AccessReport) -> str:
    looks = made.look_ups
    read = sum(row.action in ("pull", "check") for row in looks)
    alone = [row for row in made.received if row.about_you_alone]
    told = (
        f"Leverandøren har fået {_count(len(alone), 'besked', 'beskeder')} om dig alene."
        if alone
        else "Ingen uden for kommunen har fået noget om dig alene."
    )
    total = len(made.received) - len(alone)
    return (
        f"<aside><p><b>Kort fortalt.</b> Vi har læst om dig i et register {_count(read, 'gang', 'gange')} og brugt "
        f"dine oplysninger {_count(len(looks), 'gang', 'gange')} i alt. Du er talt med i "
        f"{_count(total, 'resultat', 'resultater')} om hele gruppen. {told} Vi træffer ingen afgørelser om dig ud fra "
        "tallene, og vi sender ikke oplysninger ud af EU.</p></aside>"
    )


def _why(made: AccessReport) -> str:
    purposes = "".join(f"<li>{escape(one.da.capitalize())}</li>" for one in made.purposes)
    retention = made.retention
    archive = "Arkivet skal have en kopi, før vi sletter. " if retention.archive == "preserve" else ""
    sources = "".join(f"<li>{escape(one.da)}: {escape(one.statute)}</li>" for one in made.sources)
    return (
        f"<ul>{purposes}</ul><p>Retsgrundlag: {escape(made.legal_basis.law)}.</p>"
        f"<p>Registrene, og den lov, som de må bruges efter:</p><ul>{sources}</ul>"
        f"<p>Vi gemmer oplysningerne til {short_day(retention.until)}. {archive}Kommunens sagsnummer: "
        f"{escape(retention.case_number)}.</p>"
    )


def _categories(made: AccessReport) -> str:
    """GDPR art. 15(1)(b) and (g)."""
    return _table(
        ("Hvad", "Hvor fra", "Særligt beskyttet"),
        ((one.da, one.source, "ja, kan sige noget om helbred" if one.special else "nej") for one in made.categories),
    )


def _recipients(made: AccessReport) -> str:
    """GDPR art. 15(1)(c): by name, also before anything was sent."""
    rows = [
        (
            one.name,
            words.ROLE.get(one.role, one.role),
            "; ".join(words.template(gets, made.employment_office) for gets in one.gets),
        )
        for one in made.recipients
    ]
    return _table(("Modtager", "Rolle", "Hvad aftalen giver dem"), rows)


def _held_section(made: AccessReport) -> str:
    held, sources = made.held, _source_names(made)
    facts = (
        f"<p>Leverandørens sagsnummer: {escape(held.case_reference)}. Henvist {short_day(held.enrolled_on)}. Du fik "
        f"underretning {escape(held.notice)}. Dit CPR-nummer er gemt krypteret og bruges kun til at spørge "
        "registrene.</p>"
    )
    runs = _table(
        ("Fra", "Til", "Hvad", "Kode", "Kilde", "Vi fik det at vide"),
        (
            (
                short_day(run.from_),
                short_day(run.to),
                register_words.status_label(run.status),
                run.code,
                sources.get(run.source, run.source),
                _since(run.known_on, run.known_last_on, run.replaced_on),
            )
            for run in held.statuses
        ),
    )
    months = _table(
        ("Fra", "Til", "Om måneden", "Slags", "Kilde", "Vi fik det at vide"),
        ((*cells[:-2], sources.get(cells[-2], cells[-2]), cells[-1]) for cells in _months(held.income)),
    )
    documents = _table(
        ("Fra", "Til", "Gyldigt til", "Hvad det viser", "Vi noterede det", "Bekræftet", "Trukket tilbage"),
        (
            (
                short_day(row.from_),
                short_day(row.to),
                short_day(row.expires_on),
                _shown_by(row),
                short_day(row.registered_on),
                short_day(row.confirmed_on) if row.confirmed_on else "nej",
                short_day(row.withdrawn_on) if row.withdrawn_on else "",
            )
            for row in held.documents
        ),
    )
    said = (
        "<h3>Dokumenter i din sag</h3><p>Selve dokumentet ligger i din sag hos kommunen. Det tæller, når en kollega "
        f"har bekræftet det.</p>{documents}"
        if held.documents
        else ""
    )
    records = _table(
        ("Dato", "Hvad", "", "Modtaget ved", "Nummer"),
        (
            (
                short_day(row.on),
                words.KIND.get(row.kind, row.kind)
                + (f": {words.MISTAKE.get(row.reason, row.reason)}" if row.reason else ""),
                words.CHANGE.get(row.change, ""),
                words.CHANNEL.get(row.channel, row.channel),
                row.record,
            )
            for row in held.records
        ),
    )
    return f"{facts}<h3>Ydelser</h3>{runs}<h3>Timer</h3>{months}{said}<h3>Grundlag og ønsker</h3>{records}"


def _months(rows: Sequence[IncomeHeld]) -> list[tuple[str, ...]]:
    """First and last month, hours, kind, source and since when: months in a row that say the same are one line."""
    found: list[list[str]] = []
    for row in rows:
        paid = formats.decimal(row.hours_hundredths, formats.DANISH_UNDIVIDED)
        hours = f"{paid} timer" if row.hours_hundredths else "ingen timer"
        hours += f", {formats.danish_money(row.amount_minor, 'DKK')}" if row.amount_minor else ""
        kind = register_words.INCOME[row.type] + (" (ført tilbage)" if row.taken_back else "")
        said = [hours, kind, row.source, _since(row.known_on, row.known_on, row.replaced_on)]
        last = next((one for one in reversed(found) if one[2:] == said), None)
        if last is not None and _next_month(last[1]) == row.month:
            last[1] = row.month
        else:
            found.append([row.month, row.month, *said])
    return [(_month(first), _month(last), *said) for first, last, *said in found]


def _next_month(text: str) -> str:
    year, month = map(int, text.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def _month(text: str) -> str:
    year, month = text.split("-")
    return f"{int(month)}.{year}"


def _source_names(made: AccessReport) -> dict[str, str]:
    return {one.id: one.da for one in made.sources}


def _since(first: date, last: date, replaced_on: date | None) -> str:
    """When something was told, from its first part to its last, and when it was corrected."""
    since = short_day(first) if last == first else f"{short_day(first)} – {short_day(last)}"
    return since + (f", rettet {short_day(replaced_on)}" if replaced_on else "")


def _shown_by(row: DocumentHeld) -> str:
    """What a document shows, or what an instrument measured on the day in the column before."""
    if row.score is not None:
        return f"{row.instrument}: {row.score} point"
    return words.DOCUMENT.get(row.kind, row.kind)


def _look_ups(made: AccessReport) -> str:
    """What was done alike on one day is one line; the JSON has each by itself."""
    labels = {str(purpose): term.label_da for purpose, term in purpose_terms().items() if purpose in Purpose}
    sources = _source_names(made)

    def key(row: LookUp) -> tuple[date, str, str, str, str]:
        return date.fromisoformat(row.at[:10]), row.action, row.role, row.purpose, row.source

    rows = []
    for (on, action, role, purpose, source), alike in groupby(made.look_ups, key):
        count = len(list(alike))
        what = words.ACTION.get(action, action) + (f" ({count} gange)" if count > 1 else "")
        who = words.LOOKED_AS.get(role, role)
        rows.append((short_day(on), what, who, labels.get(purpose, ""), sources.get(source, source)))
    return _table(("Dato", "Hvad", "Hvem", "Formål", "Register"), rows)


def _received_section(made: AccessReport) -> str:
    note = (
        "<p>Dit navn og dit CPR-nummer er ikke sendt til nogen. Tallene er om hele gruppen. Kun når alle eller ingen "
        "er i mål, siger de også noget om dig. Vil du have en nøjagtig kopi med underskrift, så bed om filen til dette "
        "svar (JSON): den kan efterprøves ligesom modtagerens.</p>"
    )
    body = _table(
        ("Dato", "Modtager", "Hvad", "Periode", "Indhold"),
        (
            (
                short_day(row.on),
                row.name,
                words.template(row.template, made.employment_office) + _revision(row),
                made.names.get(row.window, row.window),
                _about_you(row, made.employment_office)
                if isinstance(row, NoticeReceived)
                else _figures(row.content, made.names),
            )
            for row in made.received
        ),
    )
    return note + body


def _revision(row: AttestationReceived | NoticeReceived) -> str:
    return f" (rettelse {row.revision - 1})" if isinstance(row, AttestationReceived) and row.revision > 1 else ""


def _about_you(row: NoticeReceived, office: str) -> str:
    names = ", ".join(str(said["case_reference"]) for said in _parts(row.content["people"]))
    return f"om dig alene: leverandørens sagsnummer for dig, {names}, og at du skal tale med {office}"


def _figures(content: Mapping[str, JsonValue], names: Mapping[str, str]) -> str:
    if not content:
        return "et beløb for hele gruppen, som kun modtageren ser for denne periode for sig"
    payable = content.get("payable")
    currency = str(payable.get("currency", "")) if isinstance(payable, Mapping) else ""
    shown = [
        f"{label}: {_plain(name, content[name], names, currency)}"
        for name, label in words.CLAIM.items()
        if name in content
    ]
    return "; ".join(shown + [_line(line, currency) for line in _parts(content.get("lines"))])


def _parts(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    """The members of a list of objects, such as lines or cells; none where there is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _line(line: Mapping[str, JsonValue], currency: str) -> str:
    """One line of a payment document: what is paid for, or what comes back."""
    number, unit = int(str(line["quantity"])), str(line["unit"])
    if unit == "minor" and currency:
        counted = formats.danish_money(abs(number), currency)
    else:
        counted = _count(abs(number), *words.UNIT.get(unit, ("", "")))
    return f"{'tilbagebetaling' if number < 0 else 'betaling'} for {counted}"


def _plain(name: str, value: JsonValue, names: Mapping[str, str], currency: str) -> str:
    match value:
        case None:
            return "skjult"
        case {"amount_minor": int(amount), "currency": str(currency)}:
            return formats.danish_money(amount, currency)
        case {"met": met, **rest}:
            return ("nået" if met else "ikke nået") + (f" (mindst {rest['people']})" if "people" in rest else "")
        case list() | tuple():
            shown = [(str(cell.get("class") or cell.get("reason")), cell["value"]) for cell in _parts(value)]
            return ", ".join(
                f"{names.get(label) or words.REASON.get(label, label)} {'skjult' if number is None else number}"
                for label, number in shown
            )
        case Mapping() if name == "difference":
            return ", ".join(
                f"{words.DIFFERENCE.get(part, part)} {_difference(part, item, currency)}"
                for part, item in value.items()
            )
    return str(value)


def _difference(part: str, value: JsonValue, currency: str) -> str:
    is_amount = part == "amount_minor" and isinstance(value, int) and currency
    return formats.amount(int(str(value)), currency, formats.DANISH) if is_amount else str(value)


def _requests(rows: Sequence[RequestTold]) -> str:
    return _table(
        ("Dato", "Hvad", "Svar", "Hvorfor"),
        (
            (
                short_day(row.asked_on),
                words.REQUEST.get(row.right, row.right),
                words.ANSWER.get(row.answer, row.answer),
                _why_not(row.rule),
            )
            for row in rows
        ),
    )


def _why_not(rule: str) -> str:
    """The rules that held an erasure, in words; else what the controller wrote."""
    named = re.findall("|".join(words.HOLD), rule)
    return "; ".join(dict.fromkeys(words.HOLD[one] for one in named)) or rule


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of escaped cells; a sentence where there is nothing."""
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return "<p>Ingen.</p>"
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    return f"<table class=plain><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
