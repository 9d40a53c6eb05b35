"""The access report as Danish pages to print; every value of a file or a register is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Any

from gateway.documents.printed import document
from gateway.wording import formats
from gateway.wording import register as register_words
from gateway.wording import report as words
from policies.terms import Purpose, purpose_terms

TITLE = "Indsigt i dine oplysninger"


def page(made: dict[str, Any]) -> str:
    """The report (`report.report`) as self-contained HTML."""
    sections = (
        ("Hvorfor har vi det?", _why(made)),
        ("Hvilke slags oplysninger er det?", _categories(made)),
        ("Hvem kan få noget at vide?", _recipients(made)),
        ("Hvad har vi om dig?", _held(made)),
        ("Hvornår har nogen set det?", _look_ups(made)),
        ("Hvem har fået hvad?", _received(made)),
        ("Hvad du har bedt os om", _requests(made["requests"])),
        ("Dine rettigheder", "<ul>" + "".join(f"<li>{line}</li>" for line in words.RIGHTS) + "</ul>"),
    )
    head = (
        f"<header><p class=sender>{escape(made['controller'])}</p>"
        "<p class=kind>Svar på indsigt, artikel 15</p></header>"
        f"<h1>{TITLE}</h1><p class=lead>Her er alt, hvad vi har om dig i aftalen {escape(made['programme'])}, hvem der "
        f"har set det, og hvem der har fået hvad. Lavet {_day(made['made_on'])}.</p>{_in_short(made)}"
    )
    body = "".join(f"<section><h2>{title}</h2>{text}</section>" for title, text in sections)
    return document(TITLE, [f"<div class=long>{head}{body}</div>"])


def _in_short(made: dict[str, Any]) -> str:
    looks = made["look_ups"]
    read = sum(row["action"] in ("pull", "check") for row in looks)
    alone = [row for row in made["received"] if row["about_you_alone"]]
    told = (
        f"Leverandøren har fået {_count(len(alone), 'besked', 'beskeder')} om dig alene."
        if alone
        else "Ingen uden for kommunen har fået noget om dig alene."
    )
    total = len(made["received"]) - len(alone)
    return (
        f"<aside><p><b>Kort fortalt.</b> Vi har læst om dig i et register {_count(read, 'gang', 'gange')} og brugt "
        f"dine oplysninger {_count(len(looks), 'gang', 'gange')} i alt. Du er talt med i "
        f"{_count(total, 'resultat', 'resultater')} om hele gruppen. {told} Vi træffer ingen afgørelser om dig ud fra "
        "tallene, og vi sender ikke oplysninger ud af EU.</p></aside>"
    )


def _why(made: dict[str, Any]) -> str:
    purposes = "".join(f"<li>{escape(one['da'].capitalize())}</li>" for one in made["purposes"])
    retention = made["retention"]
    archive = "Arkivet skal have en kopi, før vi sletter. " if retention["archive"] == "preserve" else ""
    sources = "".join(f"<li>{escape(one['da'])}: {escape(one['statute'])}</li>" for one in made["sources"])
    return (
        f"<ul>{purposes}</ul><p>Retsgrundlag: {escape(made['legal_basis']['law'])}.</p>"
        f"<p>Registrene, og den lov, som de må bruges efter:</p><ul>{sources}</ul>"
        f"<p>Vi gemmer oplysningerne til {_day(retention['until'])}. {archive}Kommunens sagsnummer: "
        f"{escape(retention['case_number'])}.</p>"
    )


def _categories(made: dict[str, Any]) -> str:
    """GDPR art. 15(1)(b) and (g)."""
    return _table(
        ("Hvad", "Hvor fra", "Særligt beskyttet"),
        (
            (one["da"], one["source"], "ja, kan sige noget om helbred" if one["special"] else "nej")
            for one in made["categories"]
        ),
    )


def _recipients(made: dict[str, Any]) -> str:
    """GDPR art. 15(1)(c): by name, also before anything was sent."""
    rows = [
        (one["name"], words.ROLE.get(one["role"], one["role"]), "; ".join(_template(gets) for gets in one["gets"]))
        for one in made["recipients"]
    ]
    return _table(("Modtager", "Rolle", "Hvad aftalen giver dem"), rows)


def _held(made: dict[str, Any]) -> str:
    held, sources = made["held"], _source_names(made)
    facts = (
        f"<p>Sagsnummer {escape(held['case_reference'])}. Henvist {_day(held['enrolled_on'])}. Du fik underretning "
        f"{escape(held['notice'])}. Dit CPR-nummer er gemt krypteret og bruges kun til at spørge registrene.</p>"
    )
    runs = _table(
        ("Fra", "Til", "Hvad", "Kode", "Kilde", "Vi fik det at vide"),
        (
            (
                _day(run["from"]),
                _day(run["to"]),
                register_words.STATUSES.get(run["status"], run["status"]),
                run["code"],
                sources.get(run["source"], run["source"]),
                _known(run),
            )
            for run in held["statuses"]
        ),
    )
    months = _table(
        ("Fra", "Til", "Om måneden", "Slags", "Kilde", "Vi fik det at vide"),
        ((*cells[:-2], sources.get(cells[-2], cells[-2]), cells[-1]) for cells in _months(held["income"])),
    )
    documents = _table(
        ("Fra", "Til", "Gyldigt til", "Hvad det viser", "Vi noterede det", "Bekræftet", "Trukket tilbage"),
        (
            (
                _day(row["from"]),
                _day(row["to"]),
                _day(row["expires_on"]),
                words.DOCUMENT.get(row["kind"], row["kind"]),
                _day(row["registered_on"]),
                _day(row["confirmed_on"]) if row["confirmed_on"] else "nej",
                _day(row["withdrawn_on"]) if row["withdrawn_on"] else "",
            )
            for row in held["documents"]
        ),
    )
    said = (
        "<h3>Dokumenter i din sag</h3><p>Selve dokumentet ligger i din sag hos kommunen. Det tæller, når en kollega "
        f"har bekræftet det.</p>{documents}"
        if held["documents"]
        else ""
    )
    records = _table(
        ("Dato", "Hvad", "", "Modtaget ved", "Nummer"),
        (
            (
                _day(row["on"]),
                words.KIND.get(row["kind"], row["kind"]),
                words.CHANGE.get(row["change"], ""),
                words.CHANNEL.get(row["channel"], row["channel"]),
                row["record"],
            )
            for row in held["records"]
        ),
    )
    return f"{facts}<h3>Ydelser</h3>{runs}<h3>Timer</h3>{months}{said}<h3>Grundlag og ønsker</h3>{records}"


def _months(rows: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """First and last month, hours, kind, source and since when: months in a row that say the same are one line."""
    found: list[list[str]] = []
    for row in rows:
        hours = (
            f"{formats.decimal(row['hours_hundredths'], formats.DANISH_UNDIVIDED)} timer"
            if row["hours_hundredths"]
            else "ingen timer"
        )
        hours += f", {formats.danish_money(row['amount_minor'], 'DKK')}" if row["amount_minor"] else ""
        kind = register_words.INCOME.get(row["type"], row["type"]) + (" (ført tilbage)" if row["taken_back"] else "")
        said = [hours, kind, row["source"], _known(row)]
        last = next((one for one in reversed(found) if one[2:] == said), None)
        if last is not None and _next_month(last[1]) == row["month"]:
            last[1] = row["month"]
        else:
            found.append([row["month"], row["month"], *said])
    return [(_month(first), _month(last), *said) for first, last, *said in found]


def _next_month(text: str) -> str:
    year, month = map(int, text.split("-"))
    return f"{year + month // 12}-{month % 12 + 1:02d}"


def _month(text: str) -> str:
    year, month = text.split("-")
    return f"{int(month)}.{year}"


def _source_names(made: dict[str, Any]) -> dict[str, str]:
    return {one["id"]: one["da"] for one in made["sources"]}


def _known(row: dict[str, Any]) -> str:
    last = row.get("known_last_on", row["known_on"])
    since = _day(row["known_on"]) if last == row["known_on"] else f"{_day(row['known_on'])} – {_day(last)}"
    return since + (f", rettet {_day(row['replaced_on'])}" if row["replaced_on"] else "")


def _look_ups(made: dict[str, Any]) -> str:
    """What was done alike on one day is one line; the JSON has each by itself."""
    labels = {str(purpose): term.label_da for purpose, term in purpose_terms().items() if purpose in Purpose}
    sources = _source_names(made)

    def key(row: dict[str, str]) -> tuple[str, str, str, str]:
        return row["at"][:10], row["action"], row["purpose"], row["source"]

    rows = []
    for (on, action, purpose, source), alike in groupby(made["look_ups"], key):
        count = len(list(alike))
        what = words.ACTION.get(action, action) + (f" ({count} gange)" if count > 1 else "")
        rows.append((_day(on), what, labels.get(purpose, ""), sources.get(source, source)))
    return _table(("Dato", "Hvad", "Formål", "Register"), rows)


def _received(made: dict[str, Any]) -> str:
    note = (
        "<p>Dit navn og dit CPR-nummer er ikke sendt til nogen. Tallene er om hele gruppen. Kun når alle eller ingen "
        "er i mål, siger de også noget om dig. Vil du have en nøjagtig kopi med underskrift, så bed om filen til dette "
        "svar (JSON): den kan efterprøves ligesom modtagerens.</p>"
    )
    body = _table(
        ("Dato", "Modtager", "Hvad", "Periode", "Indhold"),
        (
            (
                _day(row["on"]),
                row["name"],
                _template(row["template"])
                + (f" (rettelse {row['revision'] - 1})" if row.get("revision", 1) > 1 else ""),
                made["names"].get(row["window"], row["window"]),
                _about_you(row) if row["about_you_alone"] else _figures(row["content"], made["names"]),
            )
            for row in made["received"]
        ),
    )
    return note + body


def _template(name: str) -> str:
    return words.TEMPLATE.get(name, name)


def _about_you(row: dict[str, Any]) -> str:
    names = ", ".join(said["case_reference"] for said in row["content"]["people"])
    return f"om dig alene: dit sagsnummer {names}, og at du skal tale med jobcentret"


def _figures(content: dict[str, Any], names: dict[str, str]) -> str:
    shown = [f"{label}: {_plain(name, content[name], names)}" for name, label in words.CLAIM.items() if name in content]
    return "; ".join(shown + [_line(line) for line in content.get("lines", ())])


def _line(line: dict[str, Any]) -> str:
    """One line of a payment document: what is paid for, or what comes back."""
    number = line["quantity"]
    money = line["unit"] == "minor"
    counted = (
        formats.danish_money(abs(number), "DKK")
        if money
        else _count(abs(number), *words.UNIT.get(line["unit"], ("", "")))
    )
    return f"{'tilbagebetaling' if number < 0 else 'betaling'} for {counted}"


def _plain(name: str, value: Any, names: dict[str, str]) -> str:
    match value:
        case {"amount_minor": amount, "currency": currency}:
            return formats.danish_money(amount, currency)
        case {"met": met}:
            return ("nået" if met else "ikke nået") + (f" (mindst {value['people']})" if "people" in value else "")
        case [*cells]:
            shown = [(cell.get("class") or cell.get("reason"), cell["value"]) for cell in cells]
            return ", ".join(
                f"{names.get(label) or words.REASON.get(label, label)} {'skjult' if number is None else number}"
                for label, number in shown
            )
        case dict() if name == "difference":
            return ", ".join(
                f"{words.DIFFERENCE.get(part, part)} "
                f"{formats.decimal(item, formats.DANISH) if part == 'amount_minor' else item}"
                for part, item in value.items()
            )
    return str(value)


def _requests(rows: Sequence[dict[str, str]]) -> str:
    return _table(
        ("Dato", "Hvad", "Svar", "Hvorfor"),
        (
            (
                _day(row["asked_on"]),
                words.REQUEST.get(row["right"], row["right"]),
                words.ANSWER.get(row["answer"], row["answer"]),
                _why_not(row["rule"]),
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


def _day(text: str) -> str:
    """A day of ISO 8601 as it is written in Danish."""
    return formats.short_day(date.fromisoformat(text))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of escaped cells; a sentence where there is nothing."""
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
    if not body:
        return "<p>Ingen.</p>"
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    return f"<table class=plain><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
