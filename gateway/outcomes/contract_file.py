"""Reads a contract file: every word is checked, and what is unknown, impossible or unsafe is refused with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from gateway.outcomes.calendar import calendar_of
from gateway.outcomes.cohort_file import read_cohort
from gateway.outcomes.contract import Contract, Measure, Tariff
from gateway.outcomes.fold_terms import fold_terms
from gateway.outcomes.measures.outcome_state import check_outcome_states
from gateway.outcomes.measures_file import read_measures, read_states
from gateway.outcomes.people_file import read_people, terms_of_nobody
from gateway.outcomes.settlement_terms import settlement_terms
from gateway.outcomes.tariffs_file import read_aggregates, read_caps, read_indices, read_tariffs
from gateway.outcomes.terms import (
    SCHEMA,
    STATEMENTS,
    ContractParty,
    FigureUnit,
    Pause,
    PlannedRelease,
    PlannedStatement,
    Rounding,
    Window,
)
from outcome_verifier.currencies import MINOR_DIGITS
from policies.calendar_rules import CalendarFinding, audit
from policies.terms import LegalRole
from vocabulary.declaration import DeclarationTable, one_of, parse, unique
from vocabulary.releases import Recipient, Template
from vocabulary.weeks import Week

_PAY_DIGITS = 2  # of pay as registers report it
_MOST_PAYERS = 10  # the municipality among them


@lru_cache(maxsize=64)  # a command asks for the same text at every step
def load_contract(text: bytes, *, file: str) -> Contract:
    """Read a contract; `DeclarationInvalid` (file, line, key, reason) for what it cannot mean or may not show."""
    root, contract = _read(text, file)
    _check_calendar(root, contract)
    return contract


def load_stored_contract(text: bytes, *, file: str) -> Contract:
    """A contract that came into force, whatever is said today of what it shows (`gateway.contracts.todays_rules`)."""
    return _read(text, file)[1]


@lru_cache(maxsize=64)
def _read(text: bytes, file: str) -> tuple[DeclarationTable, Contract]:
    root = parse(text, file=file)
    root.convert("schema", one_of(SCHEMA))
    parties = _parties(root)
    rounding = Rounding(root.convert("rounding", one_of(*Rounding)))
    states, indices, windows = read_states(root), read_indices(root), _windows(root)
    cohort = read_cohort(root.table("cohort"))
    disclosure = root.table("disclosure")
    freeze = root.table("freeze")
    measures, aggregates = read_measures(root, states, indices), read_aggregates(root, windows)
    caps = read_caps(root, aggregates)
    tariffs = read_tariffs(root, measures, aggregates, indices, windows, rounding, caps)
    people = read_people(root, states) if measures else terms_of_nobody(root)
    breakdown = disclosure.text("breakdown", "")
    if breakdown and breakdown not in {m.id for m in measures if m.goal_people}:
        raise disclosure.refuse("breakdown", "must name the measure with the threshold: the classes are parts of it")
    contract = Contract(
        id=root.text("id"),
        version=root.integer("version", least=1),
        effective_from=root.day("effective_from"),
        title=root.text("title"),
        currency=_currency(root, measures),
        rounding=rounding,
        illustrative=root.texts("illustrative", []),
        parties=parties,
        cohort=cohort,
        status_sources=people.status_sources,
        evidence=people.evidence,
        income_source=people.income_source,
        unknown_codes_block=people.unknown_codes_block,
        qualification=people.qualification,
        states=states,
        measures=measures,
        aggregates=aggregates,
        tariffs=tariffs,
        caps=caps,
        windows=windows,
        pauses=_pauses(root),
        freeze_days=freeze.integer("days_after_window", most=366),
        k=disclosure.integer("k", least=3, most=10),
        k_cohort=disclosure.integer("k_cohort", least=25),
        breakdown=breakdown,
        breakdown_window=_one_window(disclosure, "breakdown_windows", windows) if breakdown else "",
        reasons_window=_one_window(disclosure, "reasons_windows", windows) if "reasons_windows" in disclosure else "",
        exits=people.exits,
        register_exits=people.register_exits,
        statements=_statements(root, windows, measures, tariffs),
        releases=_releases(root, windows),
        tied=_tied_recipients(disclosure),
        fold=fold_terms(disclosure, parties),
        block_ends=(),
        settlement=settlement_terms(root, [one.organisation for one in parties if one.role == "outcome_payer"], caps),
        sha256=hashlib.sha256(text).hexdigest(),
        file=file,
    )
    for table in (freeze, disclosure, root):
        table.finish()
    check_outcome_states(root, measures, tariffs, breakdown=breakdown)
    _check_illustrative(root, contract)
    return root, contract


def _currency(root: DeclarationTable, measures: Sequence[Measure]) -> str:
    """The code of a currency with minor units (ISO 4217): every amount of the contract is a number of those."""
    code = root.text("currency")
    if code not in MINOR_DIGITS:
        reason = (
            "must be the code of a currency in three capital letters (ISO 4217), such as DKK; metals, units of account"
            " and test codes have no minor units, and a contract cannot pay in them"
        )
        raise root.refuse("currency", reason)
    if MINOR_DIGITS[code] != _PAY_DIGITS and any(measure.counts_pay for measure in measures):
        reason = f"has minor units of {MINOR_DIGITS[code]} digits, and pay is read in hundredths: measure it otherwise"
        raise root.refuse("currency", reason)
    return code


def _parties(root: DeclarationTable) -> tuple[ContractParty, ...]:
    table, others = root.table("parties"), root.tables("payers", least=0)
    parties: list[ContractParty] = []
    for role in ("outcome_payer", *Recipient):
        if role == "investor" and role not in table:
            continue  # the operator carries the risk itself; no release may name an investor then
        party = table.table(role)
        is_payer = role == "outcome_payer"
        country, code = _seat(party) if is_payer else ("DK", "")
        legal_role = LegalRole(party.convert("legal_role", one_of(*LegalRole))) if role == "operator" else None
        share = (_share(party) if others else 1) if is_payer else 0
        names = party.text("organisation"), party.text("name")
        if not is_payer and names[0] == parties[0].organisation:
            reason = "is the municipality that pays: it measures and approves, and may not be on the other side as well"
            raise party.refuse("organisation", reason, rule="party-conflict")
        parties.append(ContractParty(role, *names, code, legal_role, country, share))
        if is_payer:
            parties += _payers(root, others, parties[0])
        party.finish()
    table.finish()
    return tuple(parties)


def _payers(
    root: DeclarationTable, tables: Sequence[DeclarationTable], municipality: ContractParty
) -> list[ContractParty]:
    """Who bears a share of every amount beside the municipality."""
    if len(tables) >= _MOST_PAYERS:
        raise root.refuse("payers", f"must be fewer than {_MOST_PAYERS}")
    found = []
    for table in tables:
        names = table.text("organisation"), table.text("name")
        found.append(ContractParty("outcome_payer", *names, share_parts=_share(table)))
        table.finish()
    unique(root, "payers", [municipality.organisation, *(payer.organisation for payer in found)])
    return found


def _share(table: DeclarationTable) -> int:
    return table.integer("share_parts", least=1, most=1_000_000)


def _seat(payer: DeclarationTable) -> tuple[str, str]:
    """The payer's country and kommunekode. Only Danish municipalities have one, and they must say it."""
    country = payer.text("country") if "country" in payer else "DK"
    if not (len(country) == 2 and country.isascii() and country.isupper()):
        raise payer.refuse("country", "must be two capital letters (ISO 3166-1)")
    if country != "DK":
        return country, ""
    code = payer.text("municipality_code")
    if not (len(code) == 3 and code.isdigit()):
        raise payer.refuse("municipality_code", "must have three digits (kommunekode)")
    return country, code


def _windows(root: DeclarationTable) -> tuple[Window, ...]:
    windows: list[Window] = []
    for table in root.tables("windows"):
        window = Window(
            table.text("label"),
            table.convert("from_week", Week.parse),
            table.convert("to_week", Week.parse),
        )
        if window.to_week < window.from_week:
            raise table.refuse("to_week", "lies before from_week")
        if windows and window.from_week != windows[-1].to_week + 1:
            raise table.refuse("from_week", "must follow the window before without gap or overlap")
        windows.append(window)
        table.finish()
    unique(root, "windows", [window.label for window in windows])
    return tuple(windows)


def _pauses(root: DeclarationTable) -> tuple[Pause, ...]:
    pauses: list[Pause] = []
    for table in root.tables("pauses", least=0):
        pause = Pause(table.convert("from_week", Week.parse), table.convert("to_week", Week.parse))
        if pause.to_week < pause.from_week:
            raise table.refuse("to_week", "lies before from_week")
        if pauses and pause.from_week <= pauses[-1].to_week:
            raise table.refuse("from_week", "overlaps the pause before")
        pauses.append(pause)
        table.finish()
    return tuple(pauses)


def _releases(root: DeclarationTable, windows: tuple[Window, ...]) -> tuple[PlannedRelease, ...]:
    releases: list[PlannedRelease] = []
    labels = [window.label for window in windows]
    for table in root.tables("releases"):
        template = Template(table.convert("template", one_of(*Template)))
        chosen = labels if "windows" in table and table.is_text("windows") else list(table.texts("windows"))
        if chosen is labels:
            table.convert("windows", one_of("all"))
        for label in chosen:
            if label not in labels:
                raise table.refuse("windows", f"knows no window {label!r}")
        for recipient in table.texts("recipients"):
            if recipient not in set(Recipient) or recipient not in root.table("parties"):
                raise table.refuse("recipients", f"knows no recipient {recipient!r}")
            releases.extend(PlannedRelease(template, Recipient(recipient), label, table.line) for label in chosen)
        table.finish()
    if len(set(releases)) != len(releases):
        raise root.refuse("releases", "plans the same release twice")
    return tuple(releases)


def _check_calendar(root: DeclarationTable, contract: Contract) -> None:
    """Refuse a calendar that leaks, at the entry that plans the first of the offending windows (invariant 5)."""
    _check_boundless_pay(root, contract)
    for finding in audit(calendar_of(contract)):
        raise _entry_of(root, finding).refuse(finding.key, str(finding), rule=finding.rule)


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
    for table in reversed(root.tables("releases")):
        if table.text("template") != finding.template or not set(table.texts("recipients")) & set(finding.recipients):
            continue
        if table.is_text("windows") or set(table.texts("windows")) & set(finding.windows):
            return table
    return root


def _tied_recipients(table: DeclarationTable) -> tuple[tuple[str, str], ...]:
    """Pairs of recipients that count as one, such as two parties with a common board."""
    pairs = []
    for text in table.texts("tied", []):
        first, _, second = text.partition("+")
        if {first, second} != set(Recipient):
            raise table.refuse("tied", f"must hold {'+'.join(Recipient)!r}: two recipients that count as one")
        pairs.append((first, second))
    return tuple(pairs)


def _one_window(table: DeclarationTable, key: str, windows: tuple[Window, ...]) -> str:
    """The one window whose table is shown: tables of one cohort in two windows could be subtracted."""
    chosen = table.texts(key)
    if len(chosen) != 1 or chosen[0] not in {window.label for window in windows}:
        raise table.refuse(key, "must name exactly one of the contract's windows")
    return chosen[0]


def _statements(
    root: DeclarationTable, windows: tuple[Window, ...], measures: tuple[Measure, ...], tariffs: tuple[Tariff, ...]
) -> tuple[PlannedStatement, ...]:
    statements: list[PlannedStatement] = []
    for table in root.tables("statements", least=0):
        kind = table.convert("kind", one_of(*STATEMENTS))
        paid = {tariff.main_figure for tariff in tariffs}
        if not any(measure.can_relapse and measure.id in paid for measure in measures):
            raise table.refuse("kind", "needs a paid outcome of people that a relapse reopens")
        for label in table.texts("windows"):
            if label not in {window.label for window in windows}:
                raise table.refuse("windows", f"knows no window {label!r}")
            statements.append(PlannedStatement(kind, label))
        table.finish()
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
        if head not in root or (head in rows and rest and rest.partition(".")[0] not in rows[head]):
            raise root.refuse("illustrative", f"names {dotted!r}, which this contract does not have")
