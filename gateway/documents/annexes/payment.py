"""Annex B: tariffs, caps and series, when is settled, worked examples, and the least and the most that can be owed."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock, number_headings
from gateway.documents.annexes.examples import examples, periods
from gateway.outcomes.bounds import PartyCase, capital_lent, parties, ranges
from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.evaluable import published_indices
from gateway.outcomes.settlement_terms import Buyer, SettlementTerms, TradeParty
from gateway.wording import annexes as words
from gateway.wording import formats
from gateway.wording.annex_voice import AnnexVoice
from gateway.wording.parties import deliverer, delivers_itself, names_in

_PARTY = {"operator": "får", "outcome_payer": "betaler", "investor": "tjener på sin kapital"}


def annex_b(contract: Contract) -> list[Block]:
    """Everything that decides what is paid, and when."""
    parts = [
        *_flows(contract),
        *_tariffs(contract),
        *_caps(contract),
        *_indices(contract),
        *_dates(contract),
        *_invoices(contract),
        *_examples(contract),
        *_course(contract),
        *_bounds(contract),
    ]
    return [Heading("Bilag B: Betaling", 1), *number_headings("B", parts)]


def _flows(contract: Contract) -> Iterator[Block]:
    operator = deliverer(contract).name
    investor, several = names_in(contract, "investor"), len(contract.parties_as("investor")) > 1
    payers = formats.enumeration([one.name for one in contract.payers])
    lends = f"{investor} lægger penge ud imens." if investor else "Ingen investor lægger penge ud."
    pays_whom = f"{payers} betaler {operator} for resultater. {lends}"
    if delivers_itself(contract):
        pays_whom = (
            f"{operator} leverer selv indsatsen. {investor} har givet et betinget tilskud til den, og {payers} betaler "
            "det tilbage efter resultater. Der er ingen leverance mellem parterne, og derfor ingen faktura og ingen "
            "moms."
        )
    yield Heading("Hvem betaler hvem")
    yield Paragraph(
        f"{pays_whom} Beløb er i {contract.currency}. "
        f"{words.ROUNDING[contract.rounding].format(minor=words.minor_unit(contract))}"
    )
    yield from _shares(contract)
    if several:
        yield from _investors(contract)
    measure = contract.people_measure
    if measure is not None and investor and not delivers_itself(contract):
        people = f"{formats.danish_number(measure.goal_people)} af {formats.danish_number(contract.cohort.size)}"
        yield Paragraph(
            f"{investor} tjener først fra {people} borgere i {measure.id}. Det ændrer ikke, hvad {payers} skal betale."
        )
    terms = contract.settlement.investor if contract.settlement else None
    if terms is not None:
        yield TableBlock(
            (f"{investor} lægger ud den", "Beløb"),
            tuple((formats.day(draw.on), words.money(contract, draw.amount_minor)) for draw in terms.draws),
            numbers=1,
        )
        most = words.money(contract, terms.max_return_minor)
        yield Paragraph(
            f"Alt, hvad der betales, er tilbagebetaling: først af kapitalen, derefter højst {most} som afkast. Mere "
            "skyldes ikke."
            if delivers_itself(contract)
            else "Alt, hvad der betales, går til investor, til kapitalen er betalt tilbage. Når målet er nået, går der "
            f"derefter højst {most} til investor som afkast. Resten er leverandørens."
        )
    if contract.fold.cost is not None:
        yield Paragraph(
            f"{operator} får altid sin betaling til tiden. Vises en periode først sammen med en senere, forfalder det, "
            f"der går videre til {investor}, når de vises, og ikke før. Afkast og frister regnes fra den dag. Det, som "
            f"det koster at vente, bæres af {contract.party(contract.fold.cost.role).name}."
        )


def _investors(contract: Contract) -> Iterator[Block]:
    """Who lends how much of what is lent, and which of them is the municipality."""
    investors = contract.parties_as("investor")
    parts = formats.danish_number(sum(one.share_parts for one in investors))
    rows = tuple((one.name, f"{formats.danish_number(one.share_parts)} af {parts}") for one in investors)
    yield TableBlock(("Investor", "Andel"), rows, numbers=1)
    yield Paragraph(
        "Kapital, tilbagebetaling og afkast deles efter andelene som betalinger: Hver andel rundes ned, og resten går "
        "til dem med den største brøkdel, ved lige brøkdele til den, der står først. Alle investorer får det samme "
        "resultatbevis."
    )
    for office in (one for one in investors if one.unit):
        yield Paragraph(
            f"{office.name} er kommunen selv ved {office.unit}. Det er andre medarbejdere end dem, der måler, "
            "registrerer og godkender, og kommunen er aldrig den eneste investor."
        )


def _shares(contract: Contract) -> Iterator[Block]:
    if len(contract.payers) == 1:
        return
    if any(contract.share_parts):
        parts = formats.danish_number(sum(contract.share_parts))
        shares = [f"{formats.danish_number(payer.share_parts)} af {parts}" for payer in contract.payers]
        rows = tuple((payer.name, share) for payer, share in zip(contract.payers, shares, strict=True))
        yield TableBlock(("Betaler", "Andel"), rows, numbers=1)
    yield from _prices_by_payer(contract)
    minor = words.minor_unit(contract)
    bill, bills = ("opgørelse", "opgørelser") if delivers_itself(contract) else ("faktura", "fakturaer")
    yield Paragraph(
        "Der deles ikke linje for linje: Alt, hvad der er opgjort til og med en linje, deles efter andelene, og "
        f"hver betaler får det, der kommer til. Først rundes hver andel ned, så den ingen dele har af {minor}. Resten "
        f"fordeles, {minor} til hver, på dem med den største brøkdel, ved lige brøkdele til den, der står først her. "
        "Andelene giver derfor altid beløbet."
    )
    yield Paragraph(
        f"Hver betaler får sine egne {bills}. {contract.payers[0].name} godkender betalingsgrundlaget for dem alle. "
        f"De andre betalere får kun deres {bill}."
    )


def _prices_by_payer(contract: Contract) -> Iterator[Block]:
    """What each payer owes for one unit of a tariff that says so."""
    priced = [tariff for tariff in contract.tariffs if tariff.payer_prices]
    if not priced:
        return
    rows = tuple(
        (tariff.id, payer.name, words.money(contract, price))
        for tariff in priced
        for payer, price in zip(contract.payers, tariff.payer_prices, strict=True)
    )
    yield TableBlock(("Takst", "Betaler", "Pris for én enhed"), rows, numbers=1)
    yield Paragraph(
        "Af disse takster skylder hver betaler sin egen pris for hver enhed. Prisen er betalerens andel af takstens "
        "beløb, også når et loft skærer i det. Takster med samme forhold mellem priserne lægges sammen og "
        "deles én gang."
    )


def _tariffs(contract: Contract) -> Iterator[Block]:
    yield Heading("Takster")
    yield Paragraph(
        "En takst siger, hvad der skyldes i alt, når en periode slutter. Periodens betaling er forskellen til det, der "
        "allerede er betalt. Taksterne står i den rækkefølge, som lofterne bruges i."
    )
    rows = tuple((tariff.id, pays(contract, tariff), str(tariff.line)) for tariff in contract.tariffs)
    yield TableBlock(("Takst", "Hvad der betales", "Linje i filen"), rows, numbers=1)


def pays(contract: Contract, tariff: Tariff) -> str:
    """What a tariff pays for, with its caps, in sentences."""
    text, *others = AnnexVoice(contract).tariff(tariff)
    if tariff.payer_prices:
        pairs = zip(contract.payers, tariff.payer_prices, strict=True)
        parts = [f"{one.name} {words.money(contract, price)}" for one, price in pairs]
        text += f" Heraf {formats.enumeration(parts).removesuffix('.')}."
    if tariff.gate is not None:
        gate = words.figure(contract, tariff.gate.of, tariff.gate.at_least)
        text += f" Der skyldes intet, før {tariff.gate.of} er mindst {gate}; falder det igen, går alt tilbage."
    text = " ".join([text, *others])
    if tariff.cap_window_minor:
        rest = (
            "overføres til senere perioder"
            if tariff.carries_excess
            else "betales ikke, og et fald tager højst det tilbage, der er betalt"
        )
        text += f" Højst {words.money(contract, tariff.cap_window_minor)} i én periode; resten {rest}."
    if tariff.cap_minor:
        text += f" Højst {words.money(contract, tariff.cap_minor)} i alt."
    if tariff.pays_cut:
        text += " Det, loftet skar væk i den tidligere udgave, betales nu."
    return text


def _caps(contract: Contract) -> Iterator[Block]:
    caps = contract.caps
    rows = [
        ("For én borger, alle priser lagt sammen", caps.person_minor),
        ("For kontrakten i alt", caps.contract_minor),
        ("Investors kapital", caps.capital_minor),
        ("Det meste, der betales: den laveste grænse", caps.most_minor),
    ]
    shown = tuple((text, words.money(contract, minor)) for text, minor in rows if minor)
    if not shown and not caps.pays_cut and not caps.person_pays_cut:
        return
    yield Heading("Lofter over alle takster")
    yield TableBlock(("Loft", "Højst"), shown or (("Ingen", ""),), numbers=1)
    if caps.capital_minor:
        yield Paragraph(
            f"Investors afkast er højst {formats.danish_per_cent(caps.return_per_mille_a_year)} om året i "
            f"{caps.return_years} hele år, med renters rente, rundet ned."
        )
    if caps.person_excess:
        yield Paragraph(
            "Kommunen kender ikke borgerne bag et erklæret tal. Evaluator siger derfor i "
            f"{caps.person_excess}, hvor meget borgernes beløb i alt ligger over loftet, og det trækkes fra."
        )
    for whose, is_said in (("én borger", caps.person_pays_cut), ("kontrakten", caps.pays_cut)):
        if is_said:
            yield Paragraph(f"Det, loftet for {whose} skar væk i den tidligere udgave, betales nu.")
    yield Paragraph("Et loft skærer først i de takster, der står sidst.")


def _indices(contract: Contract) -> Iterator[Block]:
    found = published_indices(contract)
    if not found:
        return
    yield Heading("Indeks")
    for index in found:
        begins = f" Året begynder den 1. {formats.month(index.first_month)}." if index.first_month > 1 else ""
        yield Paragraph(f"{index.id}. Kilde: {index.source}.{begins}")
        rows = tuple((str(year), formats.danish_number(value)) for year, value in sorted(index.values.items()))
        yield TableBlock(("År", "Værdi"), rows, numbers=1)


def _dates(contract: Contract) -> Iterator[Block]:
    payer, creditor = contract.payers[0].name, names_in(contract, contract.creditor)
    yield Heading("Afregning")
    planned = [one.window for one in contract.releases if one.template == "payment_document"]
    rows = tuple(
        (one.label, formats.day(one.to_week.sunday), formats.day(contract.freezes_on(one)))
        for one in contract.windows
        if one.label in planned
    )
    if rows:
        yield TableBlock(("Periode", "Slutter", "Betalingsgrundlag tidligst"), rows)
    yield Paragraph(
        f"{payer} udsteder et betalingsgrundlag til {creditor} for hver af disse perioder. Det er underskrevet "
        "digitalt og siger det præcise beløb. Viser det sig senere, at der blev betalt for meget eller for lidt, står "
        "forskellen som en rettelse for sig selv. Et negativt beløb går tilbage eller modregnes."
        if rows
        else "Kontrakten planlægger ingen betalingsgrundlag. Betalingen aftales uden for den."
    )


def _invoices(contract: Contract) -> Iterator[Block]:
    terms = contract.settlement
    if terms is None:
        return
    yield Heading("Tilbagebetaling og frister" if delivers_itself(contract) else "Faktura og frister")
    is_repaid = delivers_itself(contract)
    corrected = "en kreditnota" if terms.correction == "credit_note" else "modregning i den næste faktura"
    if is_repaid:
        own = terms.correction == "credit_note"
        corrected = "en opgørelse for sig" if own else "modregning i den næste tilbagebetaling"
    rounded = f"{terms.vat} %, afrundet til nærmeste {words.minor_unit(contract)} på hver faktura"
    vat = rounded if terms.vat_percent else terms.vat_reason
    yield TableBlock(
        (),
        (
            *_seller(contract, terms),
            *(
                row
                for payer in contract.payers
                for row in _buyer(payer.name, terms.buyer(payer.organisation), is_repaid)
            ),
            ("Moms", vat),
            ("Indsigelse", f"Senest {terms.dispute_days} dage efter, at betalingsgrundlaget er udstedt"),
            ("Tavshed", "Siger den, der skal betale, intet inden for den frist, er linjen godkendt dagen efter"),
            ("Betaling", f"Senest {terms.payment_days} dage efter {'opgørelsen' if is_repaid else 'fakturaen'}"),
            ("Rettelser", f"Ved {corrected}"),
        ),
    )


def _seller(contract: Contract, terms: SettlementTerms) -> tuple[tuple[str, str], ...]:
    if terms.seller is None:
        return (("Tilbagebetaling til", names_in(contract, "investor")),)
    return (("Faktura fra", _trade(contract.party("operator").name, terms.seller)),)


def _buyer(name: str, buyer: Buyer, is_repaid: bool) -> tuple[tuple[str, str], ...]:
    return (
        ("Tilbagebetales af" if is_repaid else "Faktura til", _trade(name, buyer.party)),
        ("Ordrenummer", buyer.order_number),
        ("Personreference", buyer.person_reference),
        ("Kontonummer", buyer.account),
    )


def _trade(name: str, party: TradeParty) -> str:
    gln = f", EAN {party.gln}" if party.gln else ""
    return f"{name}, CVR {party.cvr}{gln}, {party.zip_code} {party.city}"


def _examples(contract: Contract) -> Iterator[Block]:
    yield Heading("Regneeksempler")
    yield Paragraph(
        "Tallene er opdigtede. Beløbene er regnet med de takster, der står i kontrakten, én takst ad gangen og i én "
        "periode."
    )
    for tariff in contract.tariffs:
        rows = tuple(
            (one.what, words.money(contract, one.before_caps_minor), words.money(contract, one.owed_minor))
            for one in examples(contract, tariff)
        )
        if rows:
            yield TableBlock((tariff.id, "Før lofter", "Skyldes"), rows, numbers=2)


def _course(contract: Contract) -> Iterator[Block]:
    found = periods(contract)
    if not found:
        return
    yield Heading("Et forløb over flere perioder")
    yield Paragraph("Tallene er opdigtede og talt op fra begyndelsen til periodens slutning.")
    yield TableBlock(
        ("Periode", "Talt i alt", "Optjent i perioden", "Rettelse af tidligere", "Betales"),
        tuple(
            (
                one.window,
                one.what,
                *(words.money(contract, minor) for minor in (one.earned_minor, one.corrected_minor, one.pays_minor)),
            )
            for one in found
        ),
        numbers=3,
    )


def _bounds(contract: Contract) -> Iterator[Block]:
    yield Heading("Det mindste og det meste")
    yield Paragraph(
        "Det mindste og det meste, der kan skyldes i alt, når en periode slutter, uanset hvad registrene viser. Det er "
        "grænser og ingen forventning."
    )
    yield TableBlock(
        ("Periode", "Mindst", "Højst"),
        tuple(
            (one.window, _bound_or_none(contract, one.least.minor), _bound_or_none(contract, one.most.minor))
            for one in ranges(contract)
        ),
        numbers=2,
    )
    rows = [_case(contract, case) for case in parties(contract) if case.basis != "not said"]
    yield TableBlock(("Ved kontraktens slutning", "I værste fald", "I bedste fald"), tuple(rows), numbers=2)
    if not any(party.role == "investor" for party in contract.parties):
        return
    if capital_lent(contract)[0]:
        yield Paragraph(
            "For investor er det forudsat, at alt, hvad der betales, går videre til investor, op til kapital og afkast."
        )
    else:
        yield Paragraph("Kontrakten siger ikke, hvad investor lægger ud. Derfor står investor ikke her.")


def _case(contract: Contract, case: PartyCase) -> tuple[str, str, str]:
    sign = -1 if case.role == "outcome_payer" else 1
    amounts = [None if amount is None else sign * amount for amount in (case.worst, case.best)]
    return (
        f"{case.name} {_PARTY[case.role]}",
        _bound_or_none(contract, amounts[0]),
        _bound_or_none(contract, amounts[1]),
    )


def _bound_or_none(contract: Contract, minor: int | None) -> str:
    return "ingen grænse" if minor is None else words.money(contract, minor)
