"""Use case: a comparison group, from the municipality's own extract, as sums and nothing else.

Everybody in the extract who is in no cohort here and matches a declared selection is judged by a measure of a contract,
without a row being stored. The policy is asked before the file is opened and once more before the figures are given.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from sqlmodel import Session, select

from connectors.base import Progress, no_progress
from connectors.declaration import SourceDeclaration
from connectors.errors import ConnectorError
from connectors.source_file import LocalFile
from connectors.whole_extract import Scanned, scan_extract
from gateway.contracts.declarations import source
from gateway.evaluation.evaluating import ask_to_evaluate, newest_digest
from gateway.events.evaluation import ComparisonAuthorised, ComparisonFailed, ComparisonMade
from gateway.installation.authority import Asking, Authorised, deciding, municipality
from gateway.installation.gateway import Gateway
from gateway.outcomes.arrays import GroupMeasure, GroupTotals
from gateway.outcomes.comparison_group import ComparisonFigures, ComparisonGroup, load_group, shown_by_state
from gateway.outcomes.contract import Contract
from gateway.outcomes.ends import may_be_read
from gateway.outcomes.manual_evidence import EVIDENCE
from gateway.store import queries
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical
from policies.basis import RecordKind
from policies.disclosure import DisclosureRules, check_group
from policies.errors import GroupTooSmall
from policies.facts import PullFacts
from policies.terms import Action, Purpose
from vocabulary.errors import DeclarationInvalid

_PURPOSE = Purpose.OUTCOME_EVALUATION


def compare(
    gateway: Gateway, contract_id: str, selection: Path, extract: Path, *, progress: Progress = no_progress
) -> ComparisonFigures:
    """The figures of the group that `selection` declares, from one extract of the contract's status source.

    1 authorise and log, before the extract is opened; 2 read it, outside any transaction, and refuse too small a group;
    3 ask again, and log the digest of what is given in the same transaction.

    Raises `PolicyDenied`, `ContractUnknown`, `SourceUnknown`, `GroupTooSmall`, or a `ConnectorError`, among them
    `DeclarationInvalid` for a selection that cannot be judged. Then there are no figures.
    """
    with deciding(gateway) as asking:  # 1
        contract = gateway.contract(asking.session, contract_id)
        group = load_group(selection.read_bytes(), file=selection.name, contract=contract)
        declaration = _wide_source(asking.session, contract, file=selection.name)
        asked = _ask(gateway, asking, contract, group, declaration)
        matcher = gateway.boundary(asking.session).everybody()
        asking.uow.record(
            ComparisonAuthorised(
                contract=contract.id,
                aggregate=group.id,
                source=declaration.id,
                selection_sha256=group.sha256,
                purpose=_PURPOSE,
                from_week=str(group.reference_week),
                to_week=str(group.to_week),
                decisions=[authorised.id for authorised in asked],
                decisions_sha256=[authorised.sha256 for authorised in asked],
            )
        )
    rules = DisclosureRules(k=contract.k, k_cohort=contract.k_cohort)
    try:
        measure = _group_measure(contract, group, file=selection.name)
        scanned = scan_extract(  # 2
            LocalFile(extract),
            declaration,
            matcher,
            reference=group.reference_week,
            chosen=group.statuses,
            weeks=(group.from_week, group.to_week),
            values=measure.values,
            reduce=measure.sums,
            progress=progress,
        )
        check_group(scanned.people, rules)
    except (ConnectorError, DeclarationInvalid, GroupTooSmall) as error:
        with gateway.write() as uow:
            uow.record(
                ComparisonFailed(
                    contract=contract.id,
                    aggregate=group.id,
                    source=declaration.id,
                    selection_sha256=group.sha256,
                    error=error.code,
                )
            )
        raise
    figures = _figures(contract, group, declaration, scanned, measure.totals(scanned.sums), rules)
    with deciding(gateway) as asking:  # 3
        asked = _ask(gateway, asking, contract, group, declaration)
        figures = replace(figures, near=_near_selections(asking.session, figures))
        asking.uow.record(
            ComparisonMade(
                contract=contract.id,
                aggregate=group.id,
                source=declaration.id,
                file_sha256=scanned.file_sha256,
                selection_sha256=group.sha256,
                rows_read=scanned.rows_read,
                people=scanned.people,
                body_sha256=hashlib.sha256(canonical.dumps(figures.body())).hexdigest(),
                decisions=[authorised.id for authorised in asked],
            )
        )
    return figures


def _near_selections(session: Session, figures: ComparisonFigures) -> tuple[str, ...]:
    """Earlier selections of this contract whose group's number of people is fewer than k from this one's.

    Two groups that share all but a few people differ by no more than those in size, so that none is missed; what the
    two figures differ by would then be about the few. That another group has as many by chance does no harm.
    """
    query = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == ComparisonMade.kind)
    earlier = [canonical.loads(body.encode()) for body in session.exec(query)]
    near = {
        str(one["selection_sha256"])
        for one in earlier
        if one["contract"] == figures.contract_id and abs(one["people"] - figures.people) < figures.rules.k
    }
    return tuple(sorted(near - {figures.group.sha256}))


def _wide_source(session: Session, contract: Contract, *, file: str) -> SourceDeclaration:
    """The one status source of the contract that has everybody; `DeclarationInvalid` where there is none, or two.

    The group is judged by this source alone, and the figures name it: what a contract's other sources tell of its
    cohort, nobody knows of the group.
    """
    declared = [source(session, one) for one in contract.status_sources if one != EVIDENCE]
    wide = [declaration for declaration in declared if declaration.kind == "dream"]
    if len(wide) != 1:
        named = ", ".join(f"{one.id!r} of kind {one.kind}" for one in declared)
        reason = f"rests on {named}; it takes exactly one of kind dream, which alone has everybody"
        raise DeclarationInvalid(file=file, line=1, key="contract", reason=reason)
    return wide[0]


def _ask(
    gateway: Gateway, asking: Asking, contract: Contract, group: ComparisonGroup, declaration: SourceDeclaration
) -> list[Authorised]:
    """The decisions that the source may be read and the measure evaluated.

    Nobody in a comparison group was asked for consent: a programme that rests on one has none (rule P18).
    """
    programme = gateway.programme(asking.session, contract.id)
    today = asking.now.date()
    facts = PullFacts(
        purpose=_PURPOSE,
        contract_sha256=newest_digest(asking.session, contract),
        source=declaration.id,
        agreement_valid=declaration.agreement.is_valid(on=today),
        agreement_purposes=declaration.agreement.permitted_purposes,
        purpose_assessed=programme.is_assessed(
            declaration.id, for_another_purpose=declaration.is_supplied_for_another_purpose
        ),
        period_within_programme=programme.covers(group.reference_week.monday, group.to_week.sunday),
        pull_open=programme.pull_open(on=today) and may_be_read(contract, on=today),
        subjects_enrolled=bool(queries.batches(asking.session, contract.id)),
        subjects_covered=programme.requirements.bases == {RecordKind.STATUTORY_BASIS},
    )
    return [
        asking.ask(municipality(programme), Action.PULL_SOURCE, programme, facts),
        ask_to_evaluate(asking, contract, programme, _PURPOSE),
    ]


def _group_measure(contract: Contract, group: ComparisonGroup, *, file: str) -> GroupMeasure:
    """The measure over arrays; `DeclarationInvalid` where it cannot be read as columns."""
    try:
        return GroupMeasure.of(contract, group.measure, first=group.from_week, weeks=group.weeks)
    except ValueError as error:
        raise DeclarationInvalid(file=file, line=1, key="measure", reason=str(error)) from None


def _figures(
    contract: Contract,
    group: ComparisonGroup,
    declaration: SourceDeclaration,
    scanned: Scanned,
    totals: GroupTotals,
    rules: DisclosureRules,
) -> ComparisonFigures:
    names = [state for state, _ in totals.by_state]
    contributors = dict(zip(names, totals.contributors, strict=True))
    excluded: list[tuple[str, int | None]] = [
        ("in_a_cohort", scanned.in_a_cohort),
        # how many have other statuses says something of people; how many rows are broken does not
        ("other_status", scanned.other_status if scanned.other_status >= rules.k else None),
        *sorted((reason.value, count) for reason, count in scanned.rejected.items()),
    ]
    return ComparisonFigures(
        group=group,
        contract_id=contract.id,
        contract_version=contract.version,
        contract_sha256=contract.sha256,
        people=scanned.people,
        quantity=totals.quantity,
        by_state=shown_by_state(group.measure.unit, dict(totals.by_state), contributors, rules),
        unknown_weeks=totals.unknown_weeks,
        excluded=tuple(excluded),
        source=declaration.id,
        source_declaration_sha256=declaration.sha256,
        complete_to_week=scanned.edition,
        file_sha256=scanned.file_sha256,
        codes_sha256=declaration.codes.sha256,
        rules=rules,
    )
