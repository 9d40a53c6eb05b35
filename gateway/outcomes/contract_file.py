"""Reads a contract file: every word is checked, and what is unknown, impossible or unsafe is refused with its place."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache

from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.cohort_file import read_cohort
from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.disclosure_file import read_disclosure
from gateway.outcomes.end_terms import ContractEnd, read_end, read_end_rights
from gateway.outcomes.ends import cut_at
from gateway.outcomes.even_windows import even_windows
from gateway.outcomes.later_caps import key_of_pays_cut
from gateway.outcomes.measures.outcome_state import check_outcome_states
from gateway.outcomes.measures_file import read_measures, read_states
from gateway.outcomes.parties_file import read_parties
from gateway.outcomes.people_file import read_people, terms_of_nobody
from gateway.outcomes.settlement_terms import settlement_terms
from gateway.outcomes.status_words import check_status_words, read_status_words
from gateway.outcomes.tariffs_file import read_aggregates, read_caps, read_indices, read_tariffs
from gateway.outcomes.terms import (
    SCHEMA,
    STATEMENTS,
    FigureUnit,
    Pause,
    PlannedRelease,
    PlannedStatement,
    Rounding,
    Window,
)
from outcome_verifier.currencies import MINOR_DIGITS
from policies.calendar_rules import CalendarFinding, audit
from vocabulary.declaration import DeclarationTable, one_of, parse
from vocabulary.mistakes import Mistakes
from vocabulary.releases import Recipient, Template
from vocabulary.weeks import Week

_DIGEST = re.compile(r"|[0-9a-f]{64}")  # or nothing: the first version follows none
_PAY_DIGITS = 2  # of pay as registers report it


@lru_cache(maxsize=64)  # a command asks for the same text at every step
def load_contract(text: bytes, *, file: str) -> Contract:
    """Read a contract; `DeclarationInvalid` (file, line, key, reason) for what it cannot mean or may not show."""
    mistakes = Mistakes()
    root = parse(text, file=file, mistakes=mistakes)

    def read() -> Contract:
        contract = _read(root, text, file)
        with root.check():
            _check_calendar(root, contract)
        with root.check():
            _check_boundless_pay(root, contract)
        return contract

    return mistakes.gather(read)


@lru_cache(maxsize=64)
def load_stored_contract(text: bytes, *, file: str) -> Contract:
    """A contract that came into force, whatever is said today of what it shows (`gateway.contracts.todays_rules`)."""
    return _read(parse(text, file=file), text, file)


def _read(root: DeclarationTable, text: bytes, file: str) -> Contract:
    """What the file says. Where mistakes are gathered, a part with a mistake is a hole, and the others are read."""
    part = root.part
    root.convert("schema", one_of(SCHEMA))
    parties = part(lambda: read_parties(root))
    rounding = part(lambda: Rounding(root.convert("rounding", one_of(*Rounding), Rounding.NONE)))
    words = part(lambda: read_status_words(root))
    states, indices, windows = read_states(root, words), read_indices(root), _windows(root)
    cohort = part(lambda: read_cohort(root.table("cohort")))
    measures, aggregates = read_measures(root, states, indices), read_aggregates(root, windows)
    caps = part(lambda: read_caps(root, aggregates))
    tariffs = read_tariffs(root, measures, aggregates, indices, windows, rounding, caps, parties)
    disclosure = part(lambda: read_disclosure(root.table("disclosure", or_empty=True), parties, measures, windows))
    people = part(lambda: read_people(root, states) if "measures" in root else terms_of_nobody(root))
    first_day = part(lambda: cohort.enrolment_from)
    names = root.text("id"), root.integer("version", 1, least=1), root.text("title")
    effective_from = root.day("effective_from", first_day)
    follows = root.convert("follows", _digest, "")
    currency, illustrative = part(lambda: _currency(root, measures)), root.texts("illustrative", [])
    pauses, freeze_days = _pauses(root), part(lambda: _freeze_days(root.table("freeze", or_empty=True)))
    statements = part(lambda: _statements(root, windows, measures, tariffs))
    releases = part(lambda: _releases(root, windows))
    settlement = part(lambda: settlement_terms(root, parties, caps))
    end, end_rights = part(lambda: read_end(root, freeze_days)), part(lambda: read_end_rights(root, parties))
    root.finish()
    with root.check():
        check_outcome_states(root, measures, tariffs, breakdown=disclosure.breakdown)
    with root.check():
        shown = [state for one in measures if one.id == disclosure.breakdown for state in one.states]
        check_status_words(root, words, people.status_sources, shown)
    contract = Contract(
        id=names[0],
        version=names[1],
        effective_from=effective_from,
        follows=follows,
        title=names[2],
        currency=currency,
        rounding=rounding,
        illustrative=illustrative,
        parties=parties,
        cohort=cohort,
        status_sources=people.status_sources,
        evidence=people.evidence,
        income_source=people.income_source,
        unknown_codes_block=people.unknown_codes_block,
        qualification=people.qualification,
        states=states,
        status_words=words,
        measures=measures,
        aggregates=aggregates,
        tariffs=tariffs,
        caps=caps,
        windows=windows,
        pauses=pauses,
        freeze_days=freeze_days,
        k=disclosure.k,
        k_cohort=disclosure.k_cohort,
        breakdown=disclosure.breakdown,
        breakdown_window=disclosure.breakdown_window,
        reasons_window=disclosure.reasons_window,
        exits=people.exits,
        register_exits=people.register_exits,
        statements=statements,
        releases=releases,
        tied=disclosure.tied,
        fold=disclosure.fold,
        block_ends=None,
        settlement=settlement,
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
        end_rights=end_rights,
    )
    with root.check():
        _check_deliverer(root, contract)
    with root.check():
        if not follows and any(party.succession for party in parties):
            raise root.refuse("follows", "must say in which text the party stands that another one succeeds")
    with root.check():
        _check_illustrative(root, contract)
    with root.check():
        _check_words_of_later(root, contract)
    return contract if end is None else part(lambda: _until(root, contract, end))


def _until(root: DeclarationTable, contract: Contract, end: ContractEnd) -> Contract:
    try:
        return cut_at(contract, end)
    except ValueError as error:
        raise root.table("end").refuse("last_week", str(error)) from None


def _check_words_of_later(root: DeclarationTable, contract: Contract) -> None:
    """Some words are about a version before this one."""
    if contract.follows:
        return
    if key := key_of_pays_cut(contract):
        raise root.refuse("follows", f"is missing: {key} is for a later version, and pays what an earlier cap cut")
    if contract.cohort.mistaken:
        raise root.refuse("follows", "is missing: cohort.mistaken is for a later version: first somebody is referred")
    for measure in contract.measures:
        if measure.instead_of or measure.beside:
            key = "instead_of" if measure.instead_of else "beside"
            raise root.refuse("follows", f"is missing: {key} is for a measure that a later version brings")


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("must be a SHA-256 in lower-case hexadecimal, as `gateway contract show` prints it")
    return text


def _freeze_days(table: DeclarationTable) -> int:
    days = table.integer("days_after_window", 60, most=366)
    table.finish()
    return days


def _currency(root: DeclarationTable, measures: Sequence[Measure]) -> str:
    """The code of a currency with minor units (ISO 4217): every amount of the contract is a number of those."""
    code = root.text("currency", "DKK")
    if code not in MINOR_DIGITS:
        reason = (
            "must be the code of a currency in three capital letters (ISO 4217), such as DKK; metals, units of account"
            " and test codes have no minor units, and a contract cannot pay in them"
        )
        raise root.refuse("currency", reason)
    with root.check():
        if MINOR_DIGITS[code] != _PAY_DIGITS and any(measure.counts_pay for measure in measures):
            digits = f"has minor units of {MINOR_DIGITS[code]} digits"
            raise root.refuse("currency", f"{digits}, and pay is read in hundredths: measure it otherwise")
    return code


def _windows(root: DeclarationTable) -> tuple[Window, ...]:
    if root.is_table("windows"):
        return root.part(lambda: even_windows(root.table("windows")))
    ends: list[Week] = []

    def read(table: DeclarationTable) -> Window:
        window = Window(
            table.text("label"),
            table.convert("from_week", Week.parse),
            table.convert("to_week", Week.parse),
        )
        table.finish()
        with table.check():
            if ends and window.from_week != ends.pop() + 1:
                raise table.refuse("from_week", "must follow the window before without gap or overlap")
        if window.to_week < window.from_week:
            raise table.refuse("to_week", "lies before from_week")
        ends.append(window.to_week)
        return window

    return root.rows("windows", read, by="label")


def _pauses(root: DeclarationTable) -> tuple[Pause, ...]:
    ends: list[Week] = []

    def read(table: DeclarationTable) -> Pause:
        pause = Pause(table.convert("from_week", Week.parse), table.convert("to_week", Week.parse))
        table.finish()
        with table.check():
            if ends and pause.from_week <= ends.pop():
                raise table.refuse("from_week", "overlaps the pause before")
        if pause.to_week < pause.from_week:
            raise table.refuse("to_week", "lies before from_week")
        ends.append(pause.to_week)
        return pause

    return root.rows("pauses", read, least=0)


def _releases(root: DeclarationTable, windows: tuple[Window, ...]) -> tuple[PlannedRelease, ...]:
    if "releases" not in root:
        # the creditor's, and nobody else's: the operator's, or the investors' where the municipality delivers itself
        creditor = Recipient.OPERATOR if "operator" in root.table("parties") else Recipient.INVESTOR
        return tuple(PlannedRelease(Template.PAYMENT_DOCUMENT, creditor, window.label) for window in windows)
    rows = root.rows("releases", lambda table: _read_releases(root, table, windows))
    planned: set[PlannedRelease] = set()
    for table, releases in zip(root.tables("releases"), rows, strict=True):
        with table.check():
            if planned.intersection(releases) or len(set(releases)) < len(releases):
                raise table.refuse("", "plans the same release twice", rule="releases")
            planned.update(releases)
    return tuple(release for releases in rows for release in releases)


def _read_releases(
    root: DeclarationTable, table: DeclarationTable, windows: tuple[Window, ...]
) -> list[PlannedRelease]:
    template = table.part(lambda: Template(table.convert("template", one_of(*Template))))
    is_all = "windows" in table and table.is_text("windows")
    chosen: Sequence[str] = ()
    if is_all:
        table.convert("windows", one_of("all"))
        chosen = list(dict.fromkeys(window.label for window in windows))
    else:
        chosen = table.texts("windows")
    recipients = table.texts("recipients")
    table.finish()
    labels = table.part(lambda: _known_labels(table, chosen, windows))
    for recipient in recipients:
        is_party = recipient in root.table("parties") or (recipient == Recipient.INVESTOR and "investors" in root)
        if recipient not in set(Recipient) or not is_party:
            raise table.refuse("recipients", f"knows no recipient {recipient!r}")
    return [PlannedRelease(template, Recipient(to), label, table.line) for to in recipients for label in labels]


def _known_labels(table: DeclarationTable, chosen: Sequence[str], windows: tuple[Window, ...]) -> Sequence[str]:
    for label in chosen:
        if label not in [window.label for window in windows]:
            raise table.refuse("windows", f"knows no window {label!r}")
    return chosen


def _check_calendar(root: DeclarationTable, contract: Contract) -> None:
    """Refuse a calendar that leaks, once at each entry that plans the first of offending windows (invariant 5)."""
    refused = set()
    for finding in audit(calendar_of(contract)):
        entry = _entry_of(root, finding)
        if (entry.line, finding.key) not in refused:
            refused.add((entry.line, finding.key))
            with root.check():
                raise entry.refuse(finding.key, str(finding), rule=finding.rule)


def _check_boundless_pay(root: DeclarationTable, contract: Contract) -> None:
    """A sum of pay without a bound for each person may be about one of them: the creditor alone has it."""
    boundless = [one.id for one in contract.measures if one.unit is FigureUnit.MINOR and one.pace_limit is None]
    payers = {payer.organisation for payer in contract.payers}
    investor_pays = any(party.role == "investor" and party.organisation in payers for party in contract.parties)
    for table in root.tables("releases") if boundless else ():
        if investor_pays or table.text("template") == Template.CONTRACT_TOTAL:
            reason = (
                f"would show others than the creditor what rests on {boundless[0]!r}, pay that nothing bounds for a"
                " person: give the measure most_minor, or plan payment documents alone"
            )
            raise table.refuse("template", reason, rule="boundless-pay")


def _entry_of(root: DeclarationTable, finding: CalendarFinding) -> DeclarationTable:
    if not finding.template:
        return next(table for table in root.tables("measures") if finding.key in table)
    for table in reversed(root.tables("releases", least=0)):
        if table.text("template") != finding.template or not set(table.texts("recipients")) & set(finding.recipients):
            continue
        if table.is_text("windows") or set(table.texts("windows")) & set(finding.windows):
            return table
    return root


def _check_deliverer(root: DeclarationTable, contract: Contract) -> None:
    """Where the municipality delivers itself, nobody is told of single people, and few people are nobody's repayment:
    who lends does not know them, as who helps them does."""
    if contract.parties_as("operator"):
        return
    if contract.statements or contract.reasons_window:
        where = root.tables("statements")[0] if contract.statements else root.table("disclosure")
        key = "kind" if contract.statements else "reasons_windows"
        raise where.refuse(key, "is for an operator, and the municipality delivers itself here")
    if contract.cohort.size < contract.k_cohort:
        reason = f"must be at least k_cohort, {contract.k_cohort}: who lends is repaid exactly, and knows nobody here"
        raise root.table("cohort").refuse("size", reason, rule="calendar-creditor")
    if contract.settlement is None or contract.settlement.investor is None:
        return
    if not contract.caps.capital_minor:
        reason = "needs [caps] to limit what is owed to capital and return: all of it is repaid, and more is nobody's"
        raise root.table("settlement").refuse("investor", reason)


def _statements(
    root: DeclarationTable, windows: tuple[Window, ...], measures: tuple[Measure, ...], tariffs: tuple[Tariff, ...]
) -> tuple[PlannedStatement, ...]:
    def read(table: DeclarationTable) -> list[PlannedStatement]:
        kind, labels = table.convert("kind", one_of(*STATEMENTS)), table.texts("windows")
        table.finish()
        with table.check():
            paid = {tariff.main_figure for tariff in tariffs}
            if not any(measure.can_relapse and measure.id in paid for measure in measures):
                raise table.refuse("kind", "needs a paid outcome of people that a relapse reopens")
        for label in labels:
            if label not in {window.label for window in windows}:
                raise table.refuse("windows", f"knows no window {label!r}")
        return [PlannedStatement(kind, label) for label in labels]

    statements = [one for row in root.rows("statements", read, least=0) for one in row]
    if len(set(statements)) != len(statements):
        raise root.refuse("statements", "plans the same statement twice")
    return tuple(statements)


def _check_illustrative(root: DeclarationTable, contract: Contract) -> None:
    """Every key that is marked as not public must exist: a misspelt mark would hide an invented figure."""
    rows = {
        "measures": [measure.id for measure in contract.measures],
        "states": [state.id for state in contract.states],
        "aggregates": [aggregate.id for aggregate in contract.aggregates],
        "tariffs": [tariff.id for tariff in contract.tariffs],
        "evaluators": [aggregate.evaluator.id for aggregate in contract.aggregates],
        "indices": [table.text("id") for table in root.tables("indices", least=0)],
    }
    for dotted in contract.illustrative:
        head, _, rest = dotted.partition(".")
        if root.is_refused_as_missing(head):
            continue
        if head not in root or (head in rows and rest and rest.partition(".")[0] not in rows[head]):
            raise root.refuse("illustrative", f"names {dotted!r}, which this contract does not have")
