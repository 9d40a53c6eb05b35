"""A comparison group as its file declares it, and the figures it comes to: sums of people who are in no cohort.

The file says who belongs to the group by what a register shows in one week, and which measure of a contract is counted
for how many weeks. Nothing here has seen anybody: `ComparisonFigures` is an unsigned declared aggregate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.outcomes.contract import Contract, Measure
from gateway.outcomes.terms import FigureUnit
from policies.disclosure import DisclosureRules, show_breakdown
from vocabulary.declaration import DeclarationTable, parse
from vocabulary.statuses import Status
from vocabulary.weeks import Week

SCHEMA = "comparison-group/1"  # also the name of the method, see docs/comparison.md
MOST_WEEKS = 1040  # twenty years


@dataclass(frozen=True, slots=True)
class ComparisonGroup:
    """Whom a comparison group holds, and what is counted of them from when."""

    id: str  # names the declared aggregate
    title: str
    measure: Measure  # of the contract, with the named states alone
    reference_week: Week
    statuses: frozenset[Status]  # one of these in the reference week puts a person into the group
    from_week: Week
    weeks: int
    sha256: str

    @property
    def to_week(self) -> Week:
        return self.from_week + (self.weeks - 1)


def load_group(text: bytes, *, file: str, contract: Contract) -> ComparisonGroup:
    """Read a group's file; `DeclarationInvalid` (file, line, key, reason) for anything it does not understand.

    Refused too: a state that asks for income, since the extract has none; a reference week after the first week of
    observation, since people would be chosen by what became of them.
    """
    root = parse(text, file=file)
    if root.text("schema") != SCHEMA:
        raise root.refuse("schema", f"must be {SCHEMA}")
    if root.text("contract") != contract.id:
        raise root.refuse("contract", f"must be {contract.id}, for which the figures were asked for")
    selection, observation = root.table("selection"), root.table("observation")
    group = ComparisonGroup(
        id=root.text("id"),
        title=root.text("title"),
        measure=_measure(root, contract),
        reference_week=selection.convert("reference_week", Week.parse),
        statuses=_statuses(selection),
        from_week=observation.convert("from_week", Week.parse),
        weeks=observation.integer("weeks", least=1, most=MOST_WEEKS),
        sha256=hashlib.sha256(text).hexdigest(),
    )
    if group.from_week < group.reference_week:
        raise selection.refuse("reference_week", "lies after observation.from_week: people are chosen before")
    for table in (selection, observation, root):
        table.finish()
    return group


def _measure(root: DeclarationTable, contract: Contract) -> Measure:
    """The contract's measure with the states that the file names, in the contract's order."""
    name = root.text("measure")
    measure = next((measure for measure in contract.measures if measure.id == name), None)
    if measure is None:
        known = ", ".join(measure.id for measure in contract.measures)
        raise root.refuse("measure", f"is no measure of {contract.id}; known are: {known}")
    named = root.texts("states")
    if not named or not set(named) <= {state.id for state in measure.states}:
        known = ", ".join(state.id for state in measure.states)
        raise root.refuse("states", f"must name states of {measure.id}: {known}")
    states = tuple(state for state in measure.states if state.id in named)
    if lacking := [state.id for state in states if state.income_types]:
        reason = f"names {', '.join(lacking)}, which asks for income: a status extract alone cannot show it"
        raise root.refuse("states", reason)
    return replace(measure, states=states)


def _statuses(table: DeclarationTable) -> frozenset[Status]:
    known = {status.value for status in Status if status is not Status.UNKNOWN}
    words = table.texts("statuses")
    if not words or not set(words) <= known:
        raise table.refuse("statuses", f"must name statuses; known are: {', '.join(sorted(known))}")
    return frozenset(map(Status, words))


@dataclass(frozen=True, slots=True)
class ComparisonFigures:
    """What a comparison group comes to: sums and counts, an unsigned declared aggregate.

    `by_state` holds None where a number would tell on few people; then at least one more is withheld beside it.
    """

    group: ComparisonGroup
    contract_id: str
    contract_version: int
    contract_sha256: str
    people: int
    quantity: int  # in the measure's unit: weeks or people
    by_state: tuple[tuple[str, int | None], ...]
    unknown_weeks: int  # person-weeks with a code that no list explains: they do not qualify
    excluded: tuple[tuple[str, int | None], ...]  # rows left out, each once, by reason
    source: str
    source_declaration_sha256: str
    complete_to_week: Week  # of the extract
    file_sha256: str
    codes_sha256: str
    rules: DisclosureRules
    near: tuple[str, ...] = ()  # SHA-256 of earlier selections whose group had nearly as many people

    def body(self) -> dict[str, object]:
        """The figures as canonical JSON holds them. No field speaks of a person."""
        return {
            "aggregate": self.group.id,
            "method": SCHEMA,
            "unit": self.group.measure.kind,
            "quantity": self.quantity,
            "people": self.people,
            "by_state": dict(self.by_state),
            "unknown_weeks": self.unknown_weeks,
            "excluded": dict(self.excluded),
            "contract": self.contract_id,
            "contract_version": self.contract_version,
            "rules_sha256": self.contract_sha256,
            "measure": self.group.measure.id,
            "states": [state.id for state in self.group.measure.states],
            "selection": {
                "reference_week": str(self.group.reference_week),
                "statuses": sorted(self.group.statuses),
                "without": "cohorts of this installation",
            },
            "selection_sha256": self.group.sha256,
            "period": {"from_week": str(self.group.from_week), "to_week": str(self.group.to_week)},
            "source": {
                "id": self.source,
                "declaration_sha256": self.source_declaration_sha256,
                "complete_to_week": str(self.complete_to_week),
            },
            "sources_sha256": [self.file_sha256],
            "codes_sha256": self.codes_sha256,
            "suppression": {"k": self.rules.k, "k_cohort": self.rules.k_cohort},
        }


def shown_by_state(
    unit: FigureUnit, by_state: Mapping[str, int], contributors: Mapping[str, int], rules: DisclosureRules
) -> tuple[tuple[str, int | None], ...]:
    """The quantities by state, with None where they would tell on few people.

    People are cells of a table. Weeks are shown of all states where at least k people stand behind each, or of none:
    one that is missing would be the rest of the sum. A single state repeats the sum and is shown.
    """
    if unit is not FigureUnit.WEEK:
        cells = show_breakdown(by_state, parent=sum(by_state.values()), rules=rules)
        return tuple((cell.label, cell.value) for cell in cells)
    is_shown = len(by_state) == 1 or min(contributors.values()) >= rules.k
    return tuple((state, weeks if is_shown else None) for state, weeks in by_state.items())
