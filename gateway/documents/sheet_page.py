"""The settlement sheet as one page to print: what is asked for, on which evidence, and every check with its fact."""

from __future__ import annotations

from functools import partial
from html import escape

from gateway.documents.printed import document
from gateway.documents.statement_page import BILLS, STYLES
from gateway.settlement.sheet import CheckName, SettlementSheet
from gateway.wording import settlement as words
from gateway.wording.settlement import in_both_languages, printed_amount, quantity, readable
from vocabulary.total import total

TITLE = "Afregningsark"
_CHECKS = total(words.CHECKS, CheckName)


def _share(made: SettlementSheet) -> tuple[tuple[str, str], ...]:
    share = made.share
    if not share.of_parts:
        return (("Andel · share", "efter hver linjes takst · by the tariff of each line"),)
    return (("Andel · share", f"{share.parts}/{share.of_parts}"),) if share.parts < share.of_parts else ()


def page(made: SettlementSheet) -> str:
    """The sheet as self-contained HTML."""
    bill, money = made.bill, partial(printed_amount, currency=made.currency)
    da, en = BILLS[bill.kind]
    facts = (
        (f"{da} · {en}", bill.number),
        *_share(made),
        ("Uden moms · before VAT", f"{money(bill.total_minor)} {made.currency}"),
        ("Moms · VAT", money(bill.vat_minor)),
        *((("Afrunding · rounding", money(bill.rounding_minor)),) if bill.rounding_minor else ()),
        ("At betale · to pay", f"{money(bill.payable_minor)} {made.currency}"),
        ("Udstedt · issued", bill.issued_on.isoformat()),
        ("Forfald · due", bill.due_on.isoformat()),
        ("Konto · account", made.account),
        ("Ordrenummer · order", made.order_number),
        ("Personreference", made.person_reference),
        ("EAN / GLN", made.gln),
        ("Krævet af · asked by", bill.requested_by),
        ("Vedrører · refers to", bill.refers_to or "·"),
    )
    cells = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts)
    lines = "".join(
        f"<tr><th scope=row>{escape(line.window)}</th><td>{readable(line.key)}</td>"
        f"<td class=n>{escape(quantity(line.quantity, line.unit, made.currency))}</td>"
        f"<td class=n>{money(line.amount_minor)}</td></tr>"
        for line in bill.lines
    )
    ticks = "".join(
        f"<tr><td class={'tick' if one.holds else 'cross'}>{'✓' if one.holds else '✗'}</td>"
        f"<th scope=row>{in_both_languages(_CHECKS[one.name])}</th><td>{escape(one.fact)}</td></tr>"
        for one in made.checks
    )
    evidence = "".join(
        f"<p class=evidence>{escape(one.window)}: {escape(one.jti)}, log {one.log_entry}<br>"
        f"<code>{escape(one.jwt_sha256)}</code></p>"
        for one in made.evidence
    )
    demo = "<aside><p><b>Demo.</b> Ikke en rigtig betaling.<small>Not a real payment.</small></p></aside>"
    body = (
        f"<div class='long tight'><header><p class=sender>{escape(made.payer)}</p>"
        "<p class=kind>Afregningsark · Settlement sheet</p></header>"
        f"<h1>{TITLE}</h1><p class=lead>{escape(made.contract.title)}, {escape(made.creditor)}. Krydserne er "
        "sat ud fra kendsgerninger og kan ikke sættes i hånden."
        "<small>The ticks are set from facts, and cannot be set by hand.</small></p>"
        f"{demo if made.demo else ''}<dl class=facts>{cells}</dl>"
        f"<section><h2>Linjer<small>Lines</small></h2><table class=money><tbody>{lines}</tbody></table></section>"
        f"<section><h2>Kontrol<small>Checks</small></h2><table class=money><tbody>{ticks}</tbody></table></section>"
        f"<section><h2>Bevis<small>Evidence</small></h2>{evidence}"
        f"<p class=evidence>Bilagets SHA-256 · of the document: <code>{escape(bill.sha256)}</code></p></section>"
        "<div class=sign><p>Attesteret af · approved by</p><p>Dato · date</p></div></div>"
    )
    return document(f"{TITLE} {escape(bill.number)}", [body], styles=STYLES)
