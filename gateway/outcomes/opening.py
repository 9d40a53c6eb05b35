"""Opening balances: what the parties state of the windows before the gateway settled the contract. Not evaluated.

A small TOML file (`opening-balances/1`): for every window up to the last one that was settled elsewhere, and every
tariff, the quantity, and what is paid, held back and disputed. What follows from it is in `gateway.outcomes.tariff`,
and why in docs/adr/0012.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.outcomes.contract import Contract, Tariff
from gateway.outcomes.terms import ContractParty
from outcome_verifier.balances import STATERS
from vocabulary.declaration import DeclarationTable, one_of, parse

SCHEMA = "opening-balances/1"
REASONS = ("quantity", "amount", "source", "period", "contract")
_MOST = 10**15


@dataclass(frozen=True, slots=True)
class StatedLine:
    """What the parties state of one tariff in one window: a quantity, and minor units of the contract's currency."""

    window: str
    tariff: str
    quantity: int
    paid_minor: int  # negative where the window's settlement took back more than it earned
    held_minor: int  # owed, and held back by both parties' agreement
    disputed_minor: int  # owed as one of them says
    disputed_by: str  # "outcome_payer" | "operator"; empty where nothing is disputed
    reason: str  # of the dispute, from the closed list

    @property
    def amount_minor(self) -> int:
        """What counts as owed of the window, and against every cap."""
        return self.paid_minor + self.held_minor + self.disputed_minor


@dataclass(frozen=True, slots=True)
class OpeningBalances:
    """The stated windows of a contract, in its order, and the digest of the text that says so."""

    contract_id: str
    windows: tuple[str, ...]
    stated: tuple[StatedLine, ...]
    sha256: str
    file: str

    @property
    def last_window(self) -> str:
        return self.windows[-1]

    def of(self, window: str) -> tuple[StatedLine, ...]:
        return tuple(one for one in self.stated if one.window == window)

    def totals(self, by: str = "") -> dict[str, tuple[int, int]]:
        """(quantity, minor units) of each tariff, of all stated windows or of those up to and with `by`."""
        labels = self.windows[: self.windows.index(by) + 1] if by else self.windows
        found: dict[str, tuple[int, int]] = {}
        for one in self.stated:
            if one.window in labels:
                quantity, amount = found.get(one.tariff, (0, 0))
                found[one.tariff] = (quantity + one.quantity, amount + one.amount_minor)
        return found

    def amounts(self, by: str = "") -> dict[str, int]:
        return {name: amount for name, (_, amount) in self.totals(by).items()}

    @property
    def paid_minor(self) -> int:
        return sum(one.paid_minor for one in self.stated)


def staters(contract: Contract) -> tuple[ContractParty, ...]:
    """The parties that state balances, in the contract's order: each has to sign them."""
    return tuple(party for party in contract.parties if party.role in STATERS)


def load_opening(text: bytes, contract: Contract, *, file: str) -> OpeningBalances:
    """Opening balances of a contract. `DeclarationInvalid` with line and key for anything that does not fit it."""
    root = parse(text, file=file)
    root.convert("schema", one_of(SCHEMA))
    root.convert("contract", one_of(contract.id))
    if root.text("contract_sha256") != contract.sha256:
        raise root.refuse("contract_sha256", f"is not the digest of {contract.file}, which is {contract.sha256}")
    if not contract.parties_as("operator"):
        raise root.refuse("contract", "is one under which the municipality delivers itself: nothing of it is adopted")
    root.convert("currency", one_of(contract.currency))
    windows = _windows(root, contract)
    names = sorted(party.organisation for party in staters(contract))
    if sorted(root.texts("stated_by")) != names:
        raise root.refuse("stated_by", f"must name whoever pays and whoever is paid: {', '.join(names)}")
    tariffs = {tariff.id: tariff for tariff in contract.tariffs}
    stated: dict[tuple[str, str], StatedLine] = {}
    for table in root.tables("lines"):
        one = _line(table, windows, tariffs)
        if (one.window, one.tariff) in stated:
            raise table.refuse("tariff", f"is stated twice in {one.window}")
        stated[one.window, one.tariff] = one
    root.finish()
    wanted = [(window, tariff) for window in windows for tariff in tariffs]
    for window, name in wanted:
        if (window, name) not in stated:
            raise root.refuse("lines", f"say nothing of {name} in {window}; what was nothing is stated as 0")
    found = OpeningBalances(
        contract.id, windows, tuple(stated[key] for key in wanted), hashlib.sha256(text).hexdigest(), file
    )
    _check_caps(root, contract, found)
    _check_same_figures(root, contract.tariffs, found)
    return found


def _windows(root: DeclarationTable, contract: Contract) -> tuple[str, ...]:
    labels = [window.label for window in contract.windows]
    last = root.convert("last_window", one_of(*labels))
    if last == labels[-1]:
        raise root.refuse("last_window", "is the contract's last: no window is left for the gateway to settle")
    return tuple(labels[: labels.index(last) + 1])


def _line(table: DeclarationTable, windows: tuple[str, ...], tariffs: dict[str, Tariff]) -> StatedLine:
    window, tariff = table.convert("window", one_of(*windows)), table.convert("tariff", one_of(*tariffs))
    quantity, paid = (table.integer(key, least=-_MOST, most=_MOST) for key in ("quantity", "paid_minor"))
    held, disputed = (table.integer(key, 0, most=_MOST) for key in ("held_minor", "disputed_minor"))
    by, reason = "", ""
    if disputed:
        by, reason = table.convert("disputed_by", one_of(*STATERS)), table.convert("reason", one_of(*REASONS))
    table.finish()
    return StatedLine(window, tariff, quantity, paid, held, disputed, by, reason)


def _check_caps(root: DeclarationTable, contract: Contract, opening: OpeningBalances) -> None:
    """What was settled beyond a cap has to be agreed and taken back before: the gateway would do it silently."""
    amounts = opening.amounts()
    for tariff in contract.tariffs:
        if tariff.cap_minor and amounts[tariff.id] > tariff.cap_minor:
            raise root.refuse("lines", f"state more of {tariff.id} than its cap of {tariff.cap_minor} in the contract")
    if contract.caps.most_minor and sum(amounts.values()) > contract.caps.most_minor:
        raise root.refuse("lines", f"state more than the contract's cap of {contract.caps.most_minor}")


def _check_same_figures(root: DeclarationTable, tariffs: Sequence[Tariff], opening: OpeningBalances) -> None:
    """Tariffs that read one figure state one figure."""
    seen: dict[str, tuple[str, int]] = {}
    for tariff in tariffs:
        quantity = opening.totals()[tariff.id][0]
        figure = tariff.main_figure
        name, before = seen.setdefault(figure, (tariff.id, quantity))
        if figure and before != quantity:
            raise root.refuse("lines", f"state other quantities of {figure} under {name} and {tariff.id}")
