"""A later version of a contract before anybody accepts it: what it says otherwise, and what that comes to.

For the parties, from the texts and from what was released to them: no row of anybody is read. What it comes to for the
people who are followed is for municipal eyes alone (`gateway.settlement.forecast`), and is logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlmodel import Session

from connectors.base import Progress, no_progress
from gateway.contracts.later_versions import chain_of, check_later, run_lives
from gateway.contracts.procurement import ChangeGround, ProcurementSheet, procurement_sheet
from gateway.contracts.sealed_plan import planned_ends
from gateway.documents.contract_page import Language, sections
from gateway.errors.contracts import AmendmentRefused
from gateway.installation.gateway import Gateway
from gateway.installation.in_force import newest_contract
from gateway.outcomes.bounds import ranges
from gateway.outcomes.contract import Contract
from gateway.outcomes.contract_file import load_contract
from gateway.outcomes.end_terms import ContractEnd
from gateway.outcomes.readings import reads_alike
from gateway.outcomes.versions import stretch_at, tariff_stretches
from gateway.store import queries
from vocabulary.releases import Template


@dataclass(frozen=True, slots=True)
class WordsChanged:
    """A sentence of the contract's page that is gone, or new."""

    section: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WindowMoved:
    """What is owed in all at most by a window's end, by the text in force and by the new one, in minor units; None
    where nothing bounds it. By a window that the text in force does not have (`is_new`) it owes what it owes by the
    last of its own that ends no later."""

    window: str
    most_before: int | None
    most_after: int | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ReleasedAgain:
    """What the newest document paid for a tariff, and what the same quantity would have come to at the new price."""

    window: str
    tariff: str
    quantity: int
    price_before: int
    price_after: int


@dataclass(frozen=True, slots=True)
class Ending:
    """What an early end comes to. `owed` are windows that have no payment document yet, `gone` those that never begin
    or come, and `unshown` those up to the end of which no reader is told anything more."""

    end: ContractEnd
    owed: tuple[str, ...]
    gone: tuple[str, ...]
    unshown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AmendmentPreview:
    """What a later version would change. Amounts are minor units of the contract's currency."""

    chain: Contract
    words: tuple[WordsChanged, ...]
    windows: tuple[WindowMoved, ...]
    released: tuple[ReleasedAgain, ...]
    read_from: str  # the window from which on weeks are read otherwise; empty where they are not
    ends_before: tuple[str, ...] | None  # windows that end a block; None where each is shown by itself
    ends_after: tuple[str, ...] | None
    sheet: ProcurementSheet
    ending: Ending | None = None


def preview(
    gateway: Gateway,
    file: Path,
    *,
    language: Language,
    ground: ChangeGround | None = None,
    progress: Progress = no_progress,
) -> AmendmentPreview:
    """What a contract file would change of the version in force, where it may; nothing is proposed and nobody is looked
    at. `progress` is told of so many first days that are asked of so many.

    Raises `DeclarationInvalid`, `ContractUnknown`, `AmendmentRefused`.
    """
    contract = load_contract(file.read_bytes(), file=file.name)
    run_lives(gateway, contract, progress)
    with gateway.store.read() as session:
        known, chain = newest_contract(session, contract.id), chain_of(session, contract)
        if known.sha256 == contract.sha256:
            reason = f"is {known.version}, of the very text in force: nothing would change"
            raise AmendmentRefused(file=contract.file, part="version", reason=reason)
        programme = gateway.programme(session, contract.id)
        check_later(session, contract, programme, on=gateway.clock().date())
        return AmendmentPreview(
            chain,
            tuple(_words(known, contract, language)),
            _windows(known, contract),
            tuple(_released_again(session, chain)),
            _read_from(known, contract),
            gateway.contract(session, contract.id).block_ends,
            planned_ends(session, chain) if contract.fold.at_most and queries.batches(session, contract.id) else None,
            procurement_sheet(session, chain, ground=ground, named_by=gateway.actor.name),
            _ending(session, known, chain),
        )


def _ending(session: Session, known: Contract, chain: Contract) -> Ending | None:
    if chain.end is None or known.end is not None:
        return None
    left, paid = [window.label for window in chain.windows], queries.payment_documents(session, chain.id)
    shown = {one.window for one in chain.releases if one.template is not Template.PAYMENT_DOCUMENT}
    if chain.fold.at_most:
        shown &= {*planned_ends(session, chain)}
    last = max((left.index(label) for label in shown), default=-1)
    return Ending(
        end=chain.end,
        owed=tuple(label for label in left if label not in paid),
        gone=tuple(window.label for window in known.windows if window.label not in left),
        unshown=tuple(left[last + 1 :]),
    )


def _words(known: Contract, new: Contract, language: Language) -> Sequence[WordsChanged]:
    texts = (known, new)
    if reads_alike(known, new):  # then from when on weeks are read so is no change
        texts = (replace(known, follows=""), replace(new, follows=""))
    before, after = ({one.title: one.lines for one in sections(text, language)} for text in texts)
    found = []
    for title in dict.fromkeys([*before, *after]):
        gone = tuple(line for line in before.get(title, ()) if line not in after.get(title, ()))
        come = tuple(line for line in after.get(title, ()) if line not in before.get(title, ()))
        if gone or come:
            found.append(WordsChanged(title, gone, come))
    return found


def _read_from(known: Contract, new: Contract) -> str:
    if reads_alike(known, new):
        return ""
    return next(window.label for window in new.windows if window.from_week.monday == new.effective_from)


def _windows(known: Contract, new: Contract) -> tuple[WindowMoved, ...]:
    before, after = ({one.window: one.most.minor for one in ranges(text)} for text in (known, new))
    found = []
    for window in new.windows:
        if window.to_week.sunday < new.effective_from:
            continue
        ended = [one.label for one in known.windows if one.to_week <= window.to_week]
        is_new = window not in known.windows
        most = before[ended[-1]] if ended else 0
        found.append(WindowMoved(window.label, most, after[window.label], is_new))
    return tuple(found)


def _released_again(session: Session, chain: Contract) -> Sequence[ReleasedAgain]:
    """Of tariffs with one price for each unit, which is another one from now on."""
    labels = [window.label for window in chain.windows]
    documents = [row for label, row in queries.payment_documents(session, chain.id).items() if label in labels]
    if not documents:
        return []
    row = max(documents, key=lambda one: labels.index(one.window))
    found = []
    for tariff in chain.tariffs:
        stretches = tariff_stretches(chain, tariff)
        then = stretches[stretch_at(stretches, labels.index(row.window))].tariff
        quantity = sum(line["quantity"] for line in row.due if line["tariff"] == tariff.id)
        if then is not None and then.single_price and then.single_price != tariff.single_price:
            found.append(ReleasedAgain(row.window, tariff.id, quantity, then.single_price, tariff.single_price))
    return found
