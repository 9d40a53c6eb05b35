"""What a change of a contract comes to beside public procurement law, for whoever has to answer for it.

A bought service may change without a new procedure on grounds that udbudsloven §§ 178 to 184 name; § 180 asks how much
all changes come to beside the original value. Figures and the ground that a named person gives stand here. Whether a
change is lawful, nothing here says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session, col, select

from gateway.errors.contracts import AmendmentRefused
from gateway.events.rights import ChangeProposed
from gateway.installation.in_force import contract_of
from gateway.outcomes.amendment import changes_what_counts
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.store import contract_queries
from gateway.store.log_tables import LogEntry
from outcome_verifier import canonical


class ChangeGround(StrEnum):
    """On which ground a contract is changed, as a person names it."""

    CLAUSE = "section-179"  # a clause of the contract itself foresaw it
    SMALL = "section-180"  # below the threshold, and below a tenth of the original value with all other changes
    SUPPLEMENT = "section-181"
    REPLACEMENT = "section-182"
    UNFORESEEN = "section-183"
    NOT_PUBLIC = "not-a-public-contract"
    NEW_PROCEDURE = "new-procedure"


@dataclass(frozen=True, slots=True)
class ValueOfVersion:
    """The most that one text of a contract could ever owe, in minor units; None where nothing bounds it.

    `change_minor` is what it is more or less than the text before. `ground` and `named_by` are as they were given when
    it was proposed; empty for the first version, and where nothing was asked.
    """

    version: int
    value_minor: int | None
    change_minor: int | None
    ground: str = ""
    named_by: str = ""


@dataclass(frozen=True, slots=True)
class ProcurementSheet:
    """Every version's value, the newest last."""

    currency: str
    versions: tuple[ValueOfVersion, ...]

    @property
    def changed_minor(self) -> int | None:
        """All changes added up, whichever way each went; None where a value has no bound."""
        changes = [one.change_minor for one in self.versions[1:]]
        if any(one is None for one in changes):
            return None
        return sum(abs(one) for one in changes if one is not None)

    @property
    def per_mille(self) -> int | None:
        """The same beside the original value, rounded up."""
        original, changed = self.versions[0].value_minor, self.changed_minor
        return None if changed is None or not original else -(-changed * 1000 // original)


def changes_value(known: Contract, new: Contract) -> bool:
    """Whether a ground has to be named for a later version: it counts or pays otherwise, for longer, or for others.
    One that ends the contract early names none: nothing more is bought."""
    if new.end is not None and known.end is None:
        return False
    if known.parties_as("operator") != new.parties_as("operator"):
        return True  # another supplier (udbudsloven § 182)
    return changes_what_counts(known, new) or known.windows != new.windows or known.cohort != new.cohort


def check_ground(session: Session, contract: Contract, ground: ChangeGround | None) -> None:
    """Raise `AmendmentRefused` where a later version changes a contract's value and nobody says on what ground."""
    known = contract_queries.contract_versions(session, contract.id)
    if ground is not None or not known or known[-1].sha256 == contract.sha256:
        return
    if changes_value(contract_of(known[-1]), contract):
        reason = f"must be named for what is paid, for how long or for whom: one of {', '.join(ChangeGround)}"
        raise AmendmentRefused(file=contract.file, part="ground", reason=reason)


def procurement_sheet(
    session: Session, chain: Contract, *, ground: ChangeGround | None = None, named_by: str = ""
) -> ProcurementSheet:
    """The sheet of a version with all before it; what is named now is about the newest."""
    named = _named_grounds(session, chain.id)
    found: list[ValueOfVersion] = []
    for one in (*chain.earlier, chain):
        value, before = ranges(one)[-1].most.minor, found[-1].value_minor if found else None
        change = None if not found or value is None or before is None else value - before
        said = named.get(one.sha256, ("", ""))
        if one is chain and ground is not None:
            said = ground.value, named_by
        found.append(ValueOfVersion(one.version, value, change, *said))
    return ProcurementSheet(chain.currency, tuple(found))


def _named_grounds(session: Session, contract_id: str) -> dict[str, tuple[str, str]]:
    """By the digest of the contract's text: the ground, and who named it, as the access log has them."""
    query = select(LogEntry.body).where(LogEntry.log == "access", col(LogEntry.kind) == ChangeProposed.kind)
    said = [canonical.loads(body.encode("utf-8")) for body in session.exec(query)]
    return {
        body["rules_sha256"]: (body["ground"], body["by"])
        for body in said
        if body["contract"] == contract_id and body["ground"]
    }
