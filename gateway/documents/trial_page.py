"""What a trial came to, as one page to print: it lies beside the annexes of the draft that it names."""

from __future__ import annotations

from html import escape

from gateway.documents.printed import document
from gateway.evaluation.trial import TrialReport
from gateway.outcomes.trial import TriedWindow
from gateway.wording import formats
from gateway.wording.settlement import UNITS, in_both_languages, printed_amount
from vocabulary.weeks import Week

TITLE = "Prøvehandling"
_NOT_SHOWN = "vises ikke"
_FIGURES_DA = (
    "Tal er afrundet til nærmeste {step} personer, og det, de nåede, til {step} personers værdi. Rykkede under {k}"
    " et tal, eller kunne under {k} have rykket det mere, vises det først med en senere periode. Beløb er regnet ud fra"
    " de afrundede tal: de siger ikke mere."
)
_FIGURES_EN = (
    "Figures are rounded to the nearest {step} people, and what they reached to {step} people's worth. Where fewer"
    " than {k} moved a figure, or could have moved it further, it is shown with a later window. Amounts are reckoned"
    " from the rounded figures: they say no more."
)
_PEOPLE_DA = (
    "Personerne er fra et tidligere år og ikke i nogen resultatkontrakt. Dokumenter, udrejse, død og indsigelser er"
    " ikke med. Intet om dem er gemt, og ingen får penge efter denne side."
)
_PEOPLE_EN = (
    "The people are of an earlier year and in no outcome contract. Documents, objections and who left or died are not"
    " part of it. Nothing is kept of them, and nobody is paid by this page."
)
_HEAD = (("Periode", "window"), ("Tæller", "counts"), ("Personer", "people"), ("Nået", "reached"), ("Beløb", "amount"))


def page(report: TrialReport, *, report_sha256: str) -> str:
    """The report as self-contained HTML, in Danish with English below. `report_sha256` is of the signed report."""
    contract, money = report.contract, report.currency
    owed = [one.amount_minor for one in report.windows if one.amount_minor is not None]
    facts = (
        ("Aftale · contract", f"{report.title}, version {contract['version']}"),
        ("Prøvet på · tried on", f"ca. {report.people} personer · people"),
        ("Aftalen er for · the draft is for", f"{report.planned_people} personer · people"),
        ("Registre til · registers to", formats.week(Week.parse(report.complete_to))),
        ("I alt · in all", f"{printed_amount(sum(owed), money)} {money}" if owed else _NOT_SHOWN),
        *((("Ikke med · left out", ", ".join(report.left_out)),) if report.left_out else ()),
        *((f"Antaget · assumed, {one.window}", f"{one.figure}: {one.value}") for one in report.assumed),
    )
    cells = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    head = "".join(
        f"<th{' class=n' if place > 1 else ''}>{in_both_languages(pair)}</th>" for place, pair in enumerate(_HEAD)
    )
    rows = "".join(_rows(one, money) for one in report.windows)
    rules = "".join(
        f"<p>{escape(da.format(step=report.step, k=report.k))}"
        f"<small>{escape(en.format(step=report.step, k=report.k))}</small></p>"
        for da, en in ((_FIGURES_DA, _FIGURES_EN), (_PEOPLE_DA, _PEOPLE_EN))
    )
    demo = "<aside><p><b>Demo.</b> Ikke rigtige personer.<small>Not real people.</small></p></aside>"
    body = (
        f"<div class='long tight'><header><p class=sender>{escape(report.municipality.name)}</p>"
        f"<p class=kind>{TITLE} · Trial before signing</p></header><h1>{TITLE}</h1>"
        "<p class=lead>Hvad udkastet ville have betalt for personer fra et tidligere år."
        "<small>What the draft would have paid for people of an earlier year.</small></p>"
        f"{demo if report.demo else ''}<dl class=facts>{cells}</dl>"
        f"<section><table class=money><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></section>"
        f"<section>{rules}<p class=evidence>Aftaletekstens SHA-256 · of the contract text: "
        f"<code>{escape(str(contract['rules_sha256']))}</code><br>Rapportens SHA-256 · of the signed report: "
        f"<code>{escape(report_sha256)}</code></p></section></div>"
    )
    return document(f"{TITLE}: {escape(report.title)}", [body], styles=("settlement.css",))


def _rows(one: TriedWindow, currency: str) -> str:
    amount = _NOT_SHOWN if one.amount_minor is None else printed_amount(one.amount_minor, currency)
    found = []
    for number, measure in enumerate(one.measures):
        people = _NOT_SHOWN if measure.people is None else formats.danish_number(measure.people)
        units = _NOT_SHOWN if measure.units is None else _units(measure.units, measure.unit, currency)
        first = not number
        found.append(
            f"<tr><th scope=row>{escape(one.window) if first else ''}</th><td>{escape(measure.measure)}</td>"
            f"<td class=n>{people}</td><td class=n>{escape(units)}</td><td class=n>{amount if first else ''}</td></tr>"
        )
    return "".join(found)


def _units(number: int, unit: str, currency: str) -> str:
    if unit == "minor":
        return f"{printed_amount(number, currency)} {currency}"
    return f"{formats.danish_number(number)} {UNITS[unit][0]}"
