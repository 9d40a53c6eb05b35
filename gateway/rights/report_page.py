"""The access report as Danish pages to print; every value of a file or a register is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from gateway.printed import document
from policies.vocabulary import Purpose, purpose_terms

TITLE = "Indsigt i dine oplysninger"
_STATUS = {
    "no_benefit": "ingen ydelse",
    "unemployed": "ledig",
    "benefit": "anden ydelse",
    "activation": "aktivering",
    "wage_subsidy": "løntilskud",
    "rehabilitation": "revalidering",
    "sickness": "sygedagpenge",
    "parental_leave": "barsel",
    "holiday": "feriedagpenge",
    "leave": "orlov",
    "supported_work": "støttet arbejde",
    "education": "uddannelse",
    "fleksjob": "fleksjob",
    "skaanejob": "skånejob",
    "early_retirement": "efterløn",
    "disability_pension": "førtidspension",
    "old_age_pension": "folkepension",
    "not_resident": "ikke bosat her",
    "dead": "død",
    "unknown": "ukendt kode",
}
_ACTION = {
    "enrol": "Du blev skrevet ind",
    "notice": "Det blev noteret, at du fik besked",
    "pull": "Vi læste i et register",
    "evaluate": "Vi talte gruppens resultater op",
    "record_changed": "Vi noterede, hvad du sagde",
    "access_report": "Vi lavede et svar som dette til dig",
    "consent_receipt": "Vi lavede en kvittering til dig",
    "archive": "Vi gav kopi til arkivet",
    "asked_erasure": "Du bad om sletning",
    "asked_rectification": "Du bad om rettelse",
    "decided_erasure": "Vi svarede på din anmodning",
    "decided_rectification": "Vi svarede på din anmodning",
    "statement": "Leverandøren fik en besked om dig",
}
_KIND = {
    "statutory_basis": "retsgrundlag i loven",
    "administrative_consent": "forvaltningsretligt samtykke",
    "gdpr_consent": "samtykke",
    "objection": "indsigelse",
    "restriction": "begrænsning",
    "exit": "du forlod indsatsen",
    "protection": "navne- og adressebeskyttelse",
}
_CHANGE = {"begins": "gælder fra", "ends": "ophørt"}
_TEMPLATE = {
    "contract_total": "Gruppens samlede tal",
    "predicate": "Om målet er nået, ja eller nej",
    "payment_document": "Hvad kommunen skal betale",
    "relapse_notice": "Besked om, at du skal tale med jobcentret",
}
_CLAIM = {
    "participants": "henviste",
    "outcomes_achieved": "i mål",
    "threshold": "målet",
    "payable": "beløb",
    "qualifying_weeks": "uger",
    "outcomes_by_class": "fordelt på slags",
    "not_counted": "hvorfor ikke i mål",
    "lines": "linjer",
    "difference": "forskel til det, der blev rettet",
}
_RIGHTS = (
    "Du kan få rettet, hvad der er forkert.",
    "Du kan bede os holde pause, mens vi ser på din sag.",
    "Du kan gøre indsigelse.",
    "Du kan bede os slette.",
    "Du kan klage til Datatilsynet, datatilsynet.dk.",
)


def page(made: dict[str, Any]) -> str:
    """The report (`report.report`) as self-contained HTML."""
    held = made["held"]
    about = (
        f"<header><p class=sender>{escape(made['controller'])}</p>"
        "<p class=kind>Svar på indsigt, artikel 15</p></header>"
        f"<h1>{TITLE}</h1><p class=lead>Her er alt, hvad vi har om dig i aftalen {escape(made['programme'])}, hvem der "
        f"har set det, og hvem der har fået hvad. Lavet {escape(made['made_on'])}.</p>"
        f"{_section('Hvorfor har vi det?', _why(made))}"
        f"{_section('Hvad har vi?', _held(held))}"
    )
    rest = (
        f"{_section('Hvornår har nogen set det?', _look_ups(made['look_ups']))}"
        f"{_section('Hvem har fået hvad?', _received(made['received']))}"
        f"{_section('Hvad du har bedt os om', _requests(made['requests']))}"
        f"{_section('Dine rettigheder', '<ul>' + ''.join(f'<li>{line}</li>' for line in _RIGHTS) + '</ul>')}"
    )
    return document(TITLE, [f"<div class=long>{about}{rest}</div>"])


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _why(made: dict[str, Any]) -> str:
    purposes = "".join(f"<li>{escape(one['da'].capitalize())}</li>" for one in made["purposes"])
    sources = ", ".join(f"{escape(one['title'])} ({escape(one['statute'])})" for one in made["sources"])
    retention = made["retention"]
    archive = "Arkivet skal have en kopi først. " if retention["archive"] == "preserve" else ""
    return (
        f"<ul>{purposes}</ul><p>Retsgrundlag: {escape(made['legal_basis']['law'])}.</p>"
        f"<p>Vi læser i: {sources}.</p><p>Vi gemmer det til {escape(retention['until'])}. {archive}Kommunens "
        f"sagsnummer: {escape(retention['case_number'])}.</p>"
    )


def _held(held: dict[str, Any]) -> str:
    facts = (
        f"<p>Sagsnummer {escape(held['case_reference'])}, henvist {escape(held['enrolled_on'])}, underrettet med "
        f"{escape(held['notice'])}. Dit CPR-nummer er gemt krypteret og bruges kun til at spørge registrene.</p>"
    )
    runs = _table(
        ("Fra", "Til", "Hvad", "Kilde", "Kendt siden"),
        (
            (run["from"], run["to"], _STATUS.get(run["status"], run["status"]), run["source"], _known(run))
            for run in held["statuses"]
        ),
    )
    months = _table(
        ("Måned", "Timer", "Slags", "Kilde", "Kendt siden"),
        (
            (
                month["month"],
                f"{month['hours_hundredths'] / 100:.2f}".replace(".", ","),
                month["type"] + (" (ført tilbage)" if month["taken_back"] else ""),
                month["source"],
                _known(month),
            )
            for month in held["income"]
        ),
    )
    records = _table(
        ("Dato", "Hvad", "", "Modtaget ved"),
        (
            (row["on"], _KIND.get(row["kind"], row["kind"]), _CHANGE.get(row["change"], ""), row["channel"])
            for row in held["records"]
        ),
    )
    return f"{facts}<h3>Ydelser</h3>{runs}<h3>Timer</h3>{months}<h3>Grundlag og ønsker</h3>{records}"


def _known(row: dict[str, Any]) -> str:
    gone = f", rettet {row['replaced_on']}" if row["replaced_on"] else ""
    return f"{row['known_on']}{gone}"


def _look_ups(rows: Sequence[dict[str, str]]) -> str:
    labels = {str(purpose): term.label_da for purpose, term in purpose_terms().items() if purpose in Purpose}
    return _table(
        ("Tidspunkt", "Hvad", "Formål", "Register"),
        (
            (row["at"], _ACTION.get(row["action"], row["action"]), labels.get(row["purpose"], ""), row["source"])
            for row in rows
        ),
    )


def _received(rows: Sequence[dict[str, Any]]) -> str:
    note = "<p>Tallene er om hele gruppen. De, der fik dem, kan ikke se dig i dem.</p>"
    body = _table(
        ("Dato", "Modtager", "Hvad", "Periode", "Indhold"),
        (
            (row["on"], row["recipient"], _TEMPLATE.get(row["template"], ""), row["window"], _figures(row["content"]))
            for row in rows
        ),
    )
    return note + body


def _figures(content: dict[str, Any]) -> str:
    shown = [f"{_CLAIM[name]}: {_plain(value)}" for name, value in content.items() if name in _CLAIM]
    return "; ".join(shown) or ", ".join(f"{name}: {_plain(value)}" for name, value in content.items())


def _plain(value: Any) -> str:
    match value:
        case {"amount_minor": amount, "currency": currency}:
            return f"{amount / 100:,.2f} {currency}".replace(",", " ").replace(".", ",")
        case {"met": met}:
            return "nået" if met else "ikke nået"
        case [*items]:
            return ", ".join(_plain(item) for item in items)
        case {"value": number, **label}:
            return f"{next(iter(label.values()), '')} {'skjult' if number is None else number}"
        case {"tariff": tariff, "quantity": quantity, **_rest}:
            return f"{tariff} {quantity}"
        case dict():
            return ", ".join(f"{name} {_plain(item)}" for name, item in value.items())
    return str(value)


def _requests(rows: Sequence[dict[str, str]]) -> str:
    words = {"open": "venter", "granted": "ja", "refused": "nej"}
    return _table(
        ("Dato", "Hvad", "Svar", "Regel"),
        ((row["asked_on"], row["right"], words.get(row["answer"], ""), row["rule"]) for row in rows),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of escaped cells; a sentence where there is nothing."""
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return "<p>Ingen.</p>"
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    return f"<table class=plain><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
