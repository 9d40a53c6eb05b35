"""The statement as a page to print: Danish first, English below it in small."""

from __future__ import annotations

from functools import partial
from html import escape

from gateway.documents.printed import document
from gateway.outcomes.settlement_terms import CorrectionForm
from gateway.settlement.account import BillKind
from gateway.settlement.statement_view import (
    BillSummary,
    ExpectedNext,
    NextStep,
    PayerAccount,
    SettlementStatement,
    StatementLine,
    StatementSums,
    StatementWindow,
)
from gateway.settlement.states import SettlementState
from gateway.store.holds import HELD
from gateway.wording import settlement as words
from gateway.wording.settlement import in_both_languages, pair_of, printed_amount, quantity, readable
from policies.disclosure import Band
from vocabulary.total import total

TITLE = "Afregning"
STYLES = ("settlement.css",)
BILLS = total(words.BILLS, BillKind)
_STATES = total(words.STATES, SettlementState)
_NEXT = total(words.NEXT, NextStep)
_BANDS = total(words.BANDS, Band)
_CORRECTIONS = total(
    {CorrectionForm.CREDIT_NOTE: "kreditnota · credit note", CorrectionForm.OFFSET: "modregning · offset"},
    CorrectionForm,
)


def page(made: SettlementStatement) -> str:
    """The statement as self-contained HTML."""
    contract, [payer, *others] = made.contract, made.payers
    who, who_en = ("betalerne", "payers owe") if others else (payer.name, "municipality owes")
    body = (
        f"<div class=long><header><p class=sender>{escape(payer.name)}</p>"
        "<p class=kind>Afregning · Settlement statement</p></header>"
        f"<h1>{TITLE}</h1><p class=lead>{escape(contract.title)}: hvad {escape(who)} skylder "
        f"{escape(made.creditor.name)} efter underskrevne betalingsbilag, opgjort {made.made_on}."
        f"<small>What the {who_en} the {made.creditor.role} under signed payment documents.</small></p>"
        f"{_marks(made)}{_figures(made.cumulative, made.currency)}{_shares(made)}{_windows(made)}"
        f"{_caps(made.cumulative, made.currency)}"
        f"{_address(made)}{_bills(made)}<section><h2>Bilag for bilag{_en('Document by document')}</h2>{_legend(made)}"
        f"{''.join(_window(window, made.currency) for window in made.windows if window.document)}</section></div>"
    )
    return document(f"{TITLE} – {escape(contract.title)}", [body], styles=STYLES)


def _en(text: str) -> str:
    return f"<small>{text}</small>"


def _marks(made: SettlementStatement) -> str:
    said, english = [], []
    if opening := made.opening:
        said.append(
            f"Perioderne til og med {escape(opening.last_window)} er <b>oplyst af parterne og ikke opgjort</b> her: "
            "ingen resultatbeviser findes for dem."
        )
        english.append(f"Windows up to {escape(opening.last_window)} are stated by the parties and not evaluated.")
    if made.demo:
        said.append("<b>Demo.</b> Underskrevet med en udviklingsnøgle: beviser intet om rigtige mennesker eller penge.")
    if made.illustrative:
        said.append("Tal, der ikke er offentlige, er <b>illustrative</b>, herunder priser, loft og faktureringsdata.")
    if made.demo or made.illustrative:
        english.append("Demo keys; figures that are not public are illustrative.")
    return f"<aside><p>{' '.join(said)}{_en(' '.join(english))}</p></aside>" if said else ""


def _figures(sums: StatementSums, currency: str) -> str:
    cells = (
        ("", sums.due_minor, "skyldigt i alt · due"),
        ("", sums.invoiced_minor, "faktureret · invoiced"),
        ("", sums.paid_minor, "betalt · paid"),
        ("warn" if sums.disputed_minor else "", sums.disputed_minor, "bestridt · disputed"),
    )
    body = "".join(
        f"<div class='{mark}'><b>{printed_amount(value, currency)}</b><span>{label}</span></div>"
        for mark, value, label in cells
    )
    return f"<div class=figures>{body}</div>"


def _shares(made: SettlementStatement) -> str:
    """Who bears what, where several pay."""
    money = partial(printed_amount, currency=made.currency)
    if len(made.payers) == 1:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{escape(one.name)}</th><td>{_share(made, one)}</td>"
        f"<td class=n>{money(one.due_minor)}</td><td class=n>{money(one.invoiced_minor)}</td>"
        f"<td class=n>{money(one.paid_minor)}</td></tr>"
        for one in made.payers
    )
    heads = _heads(
        ("", ("Betaler", "payer")),
        ("", ("Andel", "share")),
        ("n", ("Skyldigt", "due")),
        ("n", ("Faktureret", "invoiced")),
        ("n", ("Betalt", "paid")),
    )
    return (
        f"<section class=keep><h2>Hvem betaler hvad{_en('Who bears what: each gets bills of its own')}</h2>"
        f"<table class=money><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _heads(*columns: tuple[str, tuple[str, str]]) -> str:
    return "".join(f"<th scope=col class='{mark}'>{in_both_languages(pair)}</th>" for mark, pair in columns)


def _share(made: SettlementStatement, payer: PayerAccount) -> str:
    """A payer's share, and its price of each unit of which the contract says that."""
    prices = [f"{escape(one.tariff)}: {printed_amount(one.price_minor, made.currency)}" for one in payer.prices]
    return "<br>".join([*([payer.share] if payer.share else []), *prices])


def _windows(made: SettlementStatement) -> str:
    money = partial(printed_amount, currency=made.currency)
    heads = _heads(
        ("", ("Periode", "window")),
        ("", ("Tilstand", "state")),
        ("n", ("Beløb", "due")),
        ("n", ("heraf berigtiget", "of which corrections")),
        ("n", ("Betalt", "paid")),
        ("", ("Næste", "next expected")),
    )
    rows = "".join(
        f"<tr><th scope=row>{escape(one.window)}{_en(escape(one.from_week + ' – ' + one.to_week))}</th>"
        f"<td>{_chip(one.state)}</td><td class=n>{money(one.due_minor) if one.document else '·'}</td>"
        f"<td class=n>{_amount(one, one.corrections_minor, made.currency)}</td>"
        f"<td class=n>{_amount(one, one.paid_minor, made.currency)}</td>"
        f"<td>{_next(one.next)}</td></tr>"
        for one in made.windows
    )
    sums = made.cumulative
    foot = (
        f"<tr><td>I alt{_en('in all')}</td><td></td><td class=n>{money(sums.due_minor)}</td>"
        f"<td class=n>{money(sums.corrections_minor)}</td><td class=n>{money(sums.paid_minor)}</td>"
        f"<td>{money(sums.open_minor)} udestår{_en('outstanding')}</td></tr>"
    )
    return (
        f"<section><h2>Perioderne{_en('The windows, amounts in ' + escape(made.currency))}</h2>"
        f"<table class=money><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot>{foot}</tfoot></table></section>"
    )


def _amount(one: StatementWindow, minor: int, currency: str) -> str:
    return printed_amount(minor, currency) if one.document and minor else "·"


def _chip(state: SettlementState) -> str:
    da, en = _STATES[state]
    return f"<span class='chip {escape(state)}'>{da}</span>{_en(en)}"


def _next(expected: ExpectedNext | None) -> str:
    if expected is None:
        return "·"
    da, en = _NEXT[expected.what]
    if expected.condition.startswith(HELD):  # `on` is the day on which it is answered
        da, en = f"data kontrolleres, svar senest {expected.on}", expected.condition
    on = f"<br><span class=when>{expected.on}</span>" if expected.on else ""
    return f"{escape(da)}{on}{_en(escape(en))}"


def _caps(sums: StatementSums, currency: str) -> str:
    money = partial(printed_amount, currency=currency)
    parts = []
    for one in sums.tariffs:
        _, en = pair_of(words.UNITS, one.unit)
        counted = escape(quantity(one.quantity, one.unit, currency))
        head = f"<b>{readable(one.tariff)}</b>: {counted}, {money(one.due_minor)}"
        if not one.cap_minor or one.left_minor is None:
            parts.append(f"<p>{head}{_en(f'{en}; the contract has no cap')}</p>")
            continue
        permille = max(0, min(1000, one.due_minor * 1000 // one.cap_minor))
        mark = "full" if one.cap_reached else "fill"
        said = "loftet er nået · the cap is reached" if one.cap_reached else f"{money(one.left_minor)} til loftet"
        parts.append(
            f"<p>{head} af højst {money(one.cap_minor)} ({said})"
            "<svg class=bar viewBox='0 0 1000 10' preserveAspectRatio=none role=presentation>"
            f"<rect class=track width=1000 height=10 /><rect class={mark} width={permille} height=10 /></svg>"
            f"{_en(f'{en} so far, against the cap of the contract')}</p>"
        )
    return f"<section class=keep><h2>Resultater og loft{_en('Outcomes and caps')}</h2>{''.join(parts)}</section>"


def _address(made: SettlementStatement) -> str:
    contract, terms = made.contract, made.terms
    facts = (
        *(fact for payer in made.payers for fact in _buyer(payer, is_alone=len(made.payers) == 1)),
        *([("Leverandør, CVR", f"{made.creditor.name}, {made.creditor.cvr}")] if made.creditor.cvr else []),
        ("Indsigelse · dispute", f"{terms.dispute_days} dage · days"),
        ("Betaling · payment", f"{terms.payment_days} dage · days"),
        ("Berigtigelse", _CORRECTIONS[terms.correction]),
        ("Kontrakt · contract", f"{contract.id}, version {contract.version}"),
    )
    cells = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    digest = f"<dt>SHA-256</dt><dd class=whole><code>{escape(contract.rules_sha256)}</code></dd>"
    can_be_sent = any(one.next and one.next.what is NextStep.INVOICE for one in made.windows)
    da, en = ("den kan sendes i dag", "it can be sent today") if can_be_sent else ("intet i dag", "nothing today")
    if not made.creditor.cvr:
        title, title_en = "Tilbagebetaling af betinget tilskud", "Repayment of a conditional grant"
    else:
        title, title_en = f"Til fakturaen: {da}", f"For the invoice: {en}"
    return f"<section class=keep><h2>{title}{_en(title_en)}</h2><dl class=facts>{cells}{digest}</dl></section>"


def _buyer(payer: PayerAccount, *, is_alone: bool) -> list[tuple[str, str]]:
    """Where one payer's invoices go."""
    facts = [
        ("EAN / GLN", payer.gln),
        ("CVR", payer.cvr),
        ("Ordrenummer · order", payer.order_number),
        ("Personreference", payer.person_reference),
        ("Konto · account", payer.account),
    ]
    return facts if is_alone else [("Betaler · payer", payer.name), *facts]


def _payer_cell(names: dict[str, str], payer: str) -> str:
    return f"<td>{escape(names[payer])}</td>"


def _bills(made: SettlementStatement) -> str:
    bills, names = made.bills, made.names
    if not bills:
        return ""
    several = len(names) > 1
    rows = "".join(
        f"<tr><th scope=row>{escape(one.number)}</th>{_payer_cell(names, one.payer) if several else ''}"
        f"<td>{in_both_languages(BILLS[one.kind])}</td>"
        f"<td class=n>{printed_amount(one.total_minor, made.currency)}</td><td class=when>{one.issued_on}</td>"
        f"<td class=when>{one.due_on}</td>"
        f"<td>{_bill_status(one)}</td></tr>"
        for one in bills
    )
    payer = [("", ("Betaler", "payer"))] if several else []
    heads = _heads(
        ("", ("Nummer", "number")),
        *payer,
        ("", ("Bilag", "kind")),
        ("n", ("Beløb uden moms", "amount before VAT")),
        ("", ("Dato", "issued")),
        ("", ("Forfald", "due")),
        ("", ("Status", "status")),
    )
    return (
        f"<section class=keep><h2>Fakturaer og kreditnotaer{_en('Invoices and credit notes')}</h2>"
        f"<table class=money><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _bill_status(one: BillSummary) -> str:
    if one.is_superseded:
        return "berigtiget, betales ikke endnu · corrected, not to be paid yet"
    return "betalt · paid" if one.is_paid else "åben · open"


def _legend(made: SettlementStatement) -> str:
    """What the lines about documents mean, where there are any. The same words whatever they say."""
    said = [window.on_documents for window in made.windows if window.on_documents]
    if not said:
        return ""
    k = "/".join(str(number) for number in sorted({one.k for one in said}))  # a later version may have another
    return (
        "<p class=documents>Uger kan ses af dokumenter i kommunens sagssystem, som intet register viser. Hvor stor en "
        "del af resultatet der hviler på dem, fra begyndelsen til og med perioden, vises som et interval, og kun når "
        f"mindst {k} personers resultat hviler på dokumenter og mindst {k} andres ikke gør. Ellers vises intet, heller "
        "ikke om der er dokumenter."
        + _en(
            "Weeks may show in documents of the municipality's case system and in no register. What part of the "
            "outcome rests on them, from the beginning to the end of the window, is shown as a range, and only where "
            f"the results of at least {k} people rest on documents and those of at least {k} others do not. Else "
            "nothing is shown, nor whether there is a document."
        )
        + "</p>"
    )


def _on_documents(one: StatementWindow) -> str:
    said = one.on_documents
    if said is None:
        return ""
    da, en = _BANDS[said.band]
    return (
        f"<p class=documents>Hviler på dokumenter ({readable(said.measure)}): <b>{escape(da)}</b>"
        f"{_en(f'rests on documents: {escape(en)}')}</p>"
    )


def _window(one: StatementWindow, currency: str) -> str:
    money = partial(printed_amount, currency=currency)
    rows = "".join(
        f"<tr><td>{readable(line.tariff)}</td><td>{in_both_languages(pair_of(words.KINDS, line.kind))}</td>"
        f"<td class=n>{escape(quantity(line.quantity, line.unit, currency))}</td>"
        f"<td class=n>{money(line.amount_minor)}</td>"
        f"<td>{_chip(line.state)}{_words_of_parties(line, currency)}</td></tr>"
        for line in one.lines
    )
    earlier = "".join(
        f"<p class=evidence>Erstattet · superseded: revision {old.revision}, {money(old.due_minor)}, "
        f"<code>{escape(old.jwt_sha256)}</code></p>"
        for old in one.superseded
    )
    return (
        f"<div class=window><h3>{escape(one.window)}<span>{money(one.due_minor)}</span></h3>"
        f"<table class=money><tbody>{rows}</tbody></table>"
        f"{_on_documents(one)}{_evidence(one)}{earlier}</div>"
    )


def _evidence(one: StatementWindow) -> str:
    evidence = one.document
    if evidence is None:
        return ""
    if one.stated:
        return (
            "<p class=evidence>Oplyst af parterne, ikke opgjort · stated by the parties, not evaluated: "
            f"åbningsbalance · opening balances <code>{escape(evidence.jwt_sha256)}</code></p>"
        )
    return (
        f"<p class=evidence>Bevis · evidence: {escape(evidence.jti)}, revision {evidence.revision}, "
        f"{evidence.issued_on}, log {evidence.log_entry}<br>"
        f"JWT <code>{escape(evidence.jwt_sha256)}</code><br>"
        f"kontrakt · contract v{evidence.contract_version} <code>{escape(evidence.rules_sha256)}</code></p>"
    )


def _words_of_parties(line: StatementLine, currency: str) -> str:
    if line.dispute:
        who = pair_of(words.ROLES, line.dispute.by)[0]
        part = (
            f", {printed_amount(line.dispute.amount_minor, currency)}"
            if line.dispute.amount_minor != line.amount_minor
            else ""
        )
        answer = f"svar {line.dispute.answer_by}" if line.dispute.answer_by else "medhold · upheld"
        return f"<small>{escape(line.dispute.reason)}, {escape(who)}{part}, {answer}</small>"
    if line.state is not SettlementState.RELEASED:
        return ""
    said = [f"godkendt af {_accepting(line, role)}" for role in line.accepted_by]
    if line.silence_on and line.silence_of and line.silence_of not in line.accepted_by:
        danish, english = map(escape, pair_of(words.ROLES, line.silence_of))
        said.append(f"{danish} godkender ved tavshed fra · silence of the {english} accepts from {line.silence_on}")
    return f"<small>{'; '.join(said)}</small>" if said else ""


def _accepting(line: StatementLine, role: str) -> str:
    by_silence = " ved tavshed · by silence" if role == line.silence_of else ""
    return escape(pair_of(words.ROLES, role)[0]) + by_silence
