"""Annex A: who is counted, from which registers, how a week counts, what is measured, who is shown what and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from gateway.documents.annexes.blocks import Block, Heading, Paragraph, TableBlock, number_headings
from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.readings import named_ever
from gateway.outcomes.schedule import PlannedDocument, schedule
from gateway.outcomes.terms import ExitRule, RegisterExit
from gateway.wording import annexes as words
from gateway.wording import formats, plain_danish
from gateway.wording.annex_voice import AnnexVoice
from gateway.wording.contract import MISTAKES, WORD_CATEGORIES
from gateway.wording.parties import names_in
from gateway.wording.version_words import early_end, end_rights
from policies.basis import StopReason
from policies.programme import Programme
from vocabulary.weeks import Month


def annex_a(contract: Contract, programme: Programme, *, on: date) -> list[Block]:
    """Everything that decides what is counted, and what leaves the municipality, in the words of a day."""
    parts = [
        *_purpose(programme, on),
        *_people(contract),
        *_sources(contract),
        *_weeks(contract),
        *_measures(contract),
        *_declared_figures(contract),
        *_exits(contract),
        *_windows(contract),
        *_shown_documents(contract, programme.office(on=on)),
    ]
    return [Heading("Bilag A: Måling", 1), *number_headings("A", parts)]


def _purpose(programme: Programme, on: date) -> Iterator[Block]:
    yield Heading("Formål og retsgrundlag")
    labels = [words.plain(label).lower() for label, _ in plain_danish.purposes(programme)]
    yield Paragraph(f"Oplysningerne bruges til: {formats.enumeration(labels)}. De bruges ikke til andet.")
    yield Paragraph(
        f"Retsgrundlag: Databeskyttelsesforordningen (GDPR) {words.plain(plain_danish.legal_ground(programme))}. "
        f"{programme.law(on=on)}."
    )


def _people(contract: Contract) -> Iterator[Block]:
    cohort = contract.cohort
    yield Heading("Målgruppen")
    yield Paragraph(
        f"Målgruppen er {formats.danish_number(cohort.size)} borgere. De indskrives fra "
        f"{formats.day(cohort.enrolment_from)} til {formats.day(cohort.enrolment_to)}. Alle, der er henvist, tæller "
        "med i gruppens størrelse, også den, der ikke møder op eller stopper. Når et hold er forseglet, ændres "
        "størrelsen kun, hvis alle parter godkender, at nogen blev henvist ved en fejl."
    )
    if cohort.mistaken:
        reasons = [f"{MISTAKES[one.reason]['da']}: {one.people}" for one in cohort.mistaken]
        yield Paragraph(
            f"Af dem er {cohort.mistaken_people} fejlhenvist og tæller ikke længere med i gruppens størrelse "
            f"({formats.enumeration(reasons)}). Hvem det er, står ingen steder uden for kommunen."
        )
    rows = tuple((batch.id, formats.danish_number(batch.size)) for batch in cohort.batches)
    yield TableBlock(("Hold, der forsegles samlet", "Borgere"), rows, numbers=1)
    if cohort.has_cut_offs:
        closed = [f"{batch.id} den {formats.day(batch.cut_off)}" for batch in cohort.batches if batch.cut_off]
        yield Paragraph(
            "Alle på et hold begynder at tælle samme dag, uanset hvornår de er henvist: den dag, hvor holdet lukkes. "
            f"Holdene lukkes: {formats.enumeration(closed)}."
        )
    if cohort.planned:
        people = formats.enumeration(list(map(str, cohort.planned)))
        yield Paragraph(
            f"Planlagte henvisninger måned for måned fra {formats.month_of_year(Month.of(cohort.enrolment_from))}: "
            f"{people}. Mangler der over {cohort.behind_per_cent} pct. af dem, der skulle være henvist, siger "
            "systemet til."
        )
    yield Paragraph("En borger må kun være med i én resultatkontrakt i kommunen.")


def _sources(contract: Contract) -> Iterator[Block]:
    if not contract.sources:
        yield Paragraph("Kontrakten læser ingen registre om borgerne. Betalingen hviler på erklærede tal.")
        return
    yield Heading("Registre")
    rows = []
    for source, row in zip(named_ever(contract), plain_danish.sources(contract), strict=True):
        name, whose, _, period = map(words.plain, row)
        rows.append((name, whose, words.read_from(contract, source), period))
    yield TableBlock(("Register", "Hvis det er", "Hvad der læses", "Hvilken tid"), tuple(rows))
    if contract.follows:
        yield Paragraph(
            f"Uger fra {formats.day(contract.effective_from)} læses, som det står her. Tidligere uger læses også "
            "herefter, som den tekst siger, der ændres."
        )
    if len(contract.status_sources) > 1:
        order = formats.enumeration(
            [words.plain(plain_danish.source_name(contract, one)) for one in contract.status_sources]
        )
        yield Paragraph(
            f"Kilder til en borgers uge spørges i denne rækkefølge: {order}. Den første, der viser en status, afgør "
            "ugen. At et register ikke kender til en ydelse, viger for, hvad en anden kilde viser. Viser to kilder "
            "hver sin status, tælles uenigheden, og kommunen kan se den."
        )
    yield from _own_statuses(contract)
    if contract.evidence:
        yield Paragraph(
            "Et dokument tæller først, når to medarbejdere i kommunen har set det: en, der registrerer det, og en, der "
            "bekræfter det. Det tæller kun i uger, hvor det er gyldigt til ugens udgang."
        )
    codes = (
        "Så længe der er en sådan uge, udstedes der intet resultat for perioden."
        if contract.unknown_codes_block
        else "Antallet af sådanne uger vises sammen med resultatet."
    )
    yield Paragraph(f"En uge med en kode, som ingen kodeliste forklarer, tæller ikke. {codes}")


def _own_statuses(contract: Contract) -> Iterator[Block]:
    """The statuses that the contract declares itself, and what they tell of."""
    if not contract.status_words:
        return
    yield Paragraph("Kontrakten læser også disse statusser, som indsatsens erklæring har et retsgrundlag for:")
    yield TableBlock(
        ("Status", "Kilde", "Om", "Må vises delt op på tilstande"),
        tuple(
            (one.label_da, one.source, WORD_CATEGORIES[one.category]["da"], "ja" if one.in_breakdown else "nej")
            for one in contract.status_words
        ),
    )


def _weeks(contract: Contract) -> Iterator[Block]:
    if not contract.measures:
        return
    rule = contract.qualification
    yield Heading("Sådan tæller en uge")
    hours, missing = _hours_and_missing_months(contract)
    yield Paragraph(
        "En uge er en kalenderuge (ISO 8601), fra mandag til søndag. Den hører til den måned, som ugens torsdag ligger "
        f"i.{hours}"
    )
    first = (
        "Indskrivningens uge er den første uge, der kan tælle."
        if rule.first_week_is_enrolment_week
        else ("Ugen efter indskrivningen er den første uge, der kan tælle.")
    )
    neutral = (
        f" En uge, hvor registret kun viser {words.statuses(rule.neutral_statuses)}, gentager ugen før."
        if rule.neutral_statuses
        else ""
    )
    yield Paragraph(f"{first}{missing}{neutral} En uge, som registret ikke dækker, tæller ikke.")
    columns: tuple[str, ...] = ("Tilstand", "Registret viser", "Indkomst", "Linje i filen")
    rows: list[tuple[str, ...]] = [
        (state.label_da, words.week_of(contract, state), words.income(state), str(state.line))
        for state in contract.states
    ]
    if not contract.income_source:
        columns, *rows = ((*row[:2], row[3]) for row in (columns, *rows))
    yield TableBlock(columns, tuple(rows), numbers=1)
    yield Paragraph("Passer flere tilstande på samme uge, gælder den, der står først i målet.", is_note=True)


def _hours_and_missing_months(contract: Contract) -> tuple[str, str]:
    """What hours a week asks for in a month, and what a month without a posting means; nothing where none are read."""
    if not contract.income_source:
        return "", ""
    hours = (
        " Hvor der kræves timer, ganges kravet om ugen med antallet af uger i måneden. Er månedens betalte timer "
        "mindst det tal, opfylder alle månedens uger timekravet."
    )
    if contract.qualification.carries_missing_month_forward:
        return hours, " Mangler der en indberetning for en måned, gælder tallene for måneden før."
    return hours, " Mangler der en indberetning for en måned, regnes måneden som uden betalte timer."


def _measures(contract: Contract) -> Iterator[Block]:
    if not contract.measures:
        return
    yield Heading("Mål")
    rows = []
    for measure in contract.measures:
        paid = "ja" if measure.id in contract.paid_measures else "nej"
        states = formats.enumeration([state.label_da for state in measure.states], "eller")
        named = f" Tilstande: {states}." if measure.states else ""
        rows.append((measure.id, f"{counts(contract, measure)}{named}", paid))
    yield TableBlock(("Mål", "Hvad der tælles", "Betalt"), tuple(rows))


def counts(contract: Contract, measure: Measure) -> str:
    """What a measure counts, in sentences."""
    text = AnnexVoice(contract).measure(measure)
    if measure.days_limit:
        days = formats.danish_number(measure.days_limit)
        text += f" Det skal ske inden for {days} dage fra den første dag, der kan tælle."
    if measure.goal_people:
        text += (
            f" Målet for investor er nået fra {formats.danish_number(measure.goal_people)} af "
            f"{formats.danish_number(contract.cohort.size)} borgere."
        )
    if measure.instead_of:
        text += f" Det tælles i stedet for {measure.instead_of}, som der ikke betales mere for."
    if measure.beside:
        text += f" Det tælles og betales ved siden af {formats.enumeration(measure.beside)}."
    if measure.instead_of or measure.beside:
        text += (
            " Det, som hver borger når fra udgavens første periode, tæller. Det, som nogen havde nået før, er ikke nyt."
        )
    return text


def _declared_figures(contract: Contract) -> Iterator[Block]:
    if not contract.aggregates:
        return
    yield Heading("Erklærede tal")
    yield Paragraph(
        "Et erklæret tal handler om en hel gruppe. Evaluator regner det ud og underskriver det digitalt. Kun tal, der "
        "er underskrevet med nøglen her, gælder."
    )
    for one in contract.aggregates:
        yield TableBlock(
            (),
            (
                ("Tal", one.id),
                ("Evaluator", one.evaluator.name),
                ("Evaluators nøgle", one.evaluator.key),
                ("Metode", one.method),
                ("Kilde", one.source),
                ("Skal foreligge for", formats.enumeration(list(one.windows))),
            ),
        )


def _exits(contract: Contract) -> Iterator[Block]:
    if not contract.measures:
        return
    yield Heading("Når en borger ikke længere følges")
    rules: list[tuple[StopReason | RegisterExit, ExitRule]] = [
        *contract.exits.items(),
        *contract.register_exits.items(),
    ]
    found = []
    for rule, text in words.RULES.items():
        reasons = [words.EXITS[exit_] for exit_, given in rules if given is rule]
        if reasons:
            found.append((words.RULE_NAMES[rule], f"{'. '.join(reasons)}.", text))
    yield TableBlock(("Regel", "Gælder, når", "Hvad der bliver af resultatet"), tuple(found))
    yield Paragraph("Gruppens størrelse er den samme i alle tilfælde.")


def _windows(contract: Contract) -> Iterator[Block]:
    yield Heading("Perioder og fastfrysning")
    yield TableBlock(
        ("Periode", "Uger", "Dage", "Fastfryses tidligst"),
        tuple(
            (
                one.label,
                f"{formats.week(one.from_week)} til {formats.week(one.to_week)}",
                f"{formats.day(one.from_week.monday)} til {formats.day(one.to_week.sunday)}",
                formats.day(contract.freezes_on(one)),
            )
            for one in contract.windows
        ),
    )
    yield Paragraph(
        f"Tallene for en periode fastfryses {contract.freeze_days} dage efter periodens sidste dag. Dækker registrene "
        "ikke hele perioden til den tid, fastfryses de først, når de gør. Det, der kommer frem bagefter, vises som en "
        "rettelse i den næste periode."
    )
    for pause in contract.pauses:
        yield Paragraph(
            f"Pause fra {formats.week(pause.from_week)} til og med {formats.week(pause.to_week)}: Ugerne tæller ikke, "
            "og alle får tilsvarende længere tid."
        )
    for said in (end_rights(contract, "da"), early_end(contract, "da")):
        if said:
            yield Paragraph(" ".join(f"{one}." for one in said))


def _shown_documents(contract: Contract, office: str) -> Iterator[Block]:
    yield Heading("Hvem får hvad at se, og hvornår")
    yield Paragraph("Intet andet end det, der står her, kan udstedes. Dagen er den tidligste mulige.")
    roles = plain_danish.recipients(contract)
    shown: list[tuple[str, ...]] = []
    for window in contract.windows:
        planned = [one for one in schedule(contract) if one.window == window]
        cells = ["\n".join(_document(one, office) for one in planned if one.recipient == role) or "–" for role in roles]
        if planned:
            shown.append((window.label, formats.day(planned[0].earliest_on), *cells))
    names = [names_in(contract, role) for role in roles]
    yield TableBlock(("Periode", "Tidligst", *names), tuple(shown))
    if contract.cohort.size >= contract.k_cohort:
        protected = (
            f"Deles et tal op, skjules alt under {contract.k}, og så meget mere, at det skjulte ikke kan regnes ud."
        )
    else:
        protected = f"Gruppen er på {contract.cohort.size}. Derfor får ingen samlede tal."
    yield Paragraph(f"Samlede tal kræver, at gruppen er på mindst {contract.k_cohort} borgere. {protected}")
    if contract.fold.at_most:
        yield Paragraph(
            f"Kunne en periodes tal for sig handle om færre end {contract.k_cohort} borgere, vises de først sammen med "
            f"en senere periode: højst {contract.fold.at_most} perioder senere, når folk begynder jævnt. Hvilke "
            "perioder det er, ligger fast, når gruppen er forseglet. Betalingsgrundlag udstedes altid til tiden."
        )
    for pair in contract.tied:
        both = formats.enumeration([names_in(contract, role) for role in pair])
        yield Paragraph(f"{both} regnes som én modtager.")


def _document(one: PlannedDocument, office: str) -> str:
    template = words.template(one.template, office)
    return ", ".join([template, *(words.ADDS[part] for part in one.adds)]) + "."
