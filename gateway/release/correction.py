"""Use case: correct a window. Every attestation of it whose figures were wrong is superseded, in one transaction.

What is learnt after a freeze shows in the next window by itself. This is for what cannot wait: the last window, or a
figure that somebody relies on. The old attestations stay in the log and turn invalid; each new one names the one that
it supersedes, and signs the difference. A table by class is shown once and never again: two versions of it could be
subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from gateway.errors.release import NothingToCorrect, ReleaseInterrupted, WindowOutOfOrder
from gateway.events.releases import CorrectionDecided
from gateway.installation.authority import Asking, deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Window
from gateway.release import drafting, issuing
from gateway.release.drafting import Replaced
from gateway.release.issuing import Released
from gateway.release.planning import Draft, ReleaseRequest, is_issued, plan
from gateway.release.releasing import finish
from gateway.store import queries
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from vocabulary.releases import Recipient, Template

REASONS = ("source_corrected", "evaluation_wrong", "contract_misread")


def correct(gateway: Gateway, contract_id: str, window_label: str, *, reason: str) -> list[Released]:
    """Supersede every attestation of a window whose figures differ with what is known now.

    Raises `NothingToCorrect` where no figure differs, `ReleaseInterrupted` where one is unfinished,
    `WindowOutOfOrder` where a later payment document has settled the difference already, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        window = gateway.contract(asking.session, contract_id).window(window_label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        standing = _standing(asking.session, contract, window)
        rows = [row for old in standing if (row := _supersede(gateway, asking, contract, window, old)) is not None]
        if not rows:
            raise NothingToCorrect(contract=contract_id, window=window_label)
        asking.uow.record(
            CorrectionDecided(
                contract=contract_id, window=window_label, reason=reason, releases=[row.supersedes for row in rows]
            )
        )
    return [finish(gateway, row) for row in rows]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, int]:
    """New minus old of every figure that both show; `threshold_met` is -1, 0 or 1."""
    figures = [
        {
            **{name: shown[name] for name in ("outcomes_achieved", "qualifying_weeks") if name in shown},
            **({"amount_minor": shown["payable"]["amount_minor"]} if "payable" in shown else {}),
            **({"threshold_met": int(shown["threshold"]["met"])} if "threshold" in shown else {}),
        }
        for shown in (old, new)
    ]
    return {name: figures[1][name] - value for name, value in figures[0].items() if name in figures[1]}


def _standing(session: Session, contract: Contract, window: Window) -> list[ReleaseRow]:
    """The attestations of the window that stand, payment documents first."""
    newest: dict[tuple[str, str], ReleaseRow] = {}
    for row in sorted(queries.releases(session, contract.id), key=lambda row: row.revision):
        if row.window == window.label:
            newest[row.template, row.recipient_role] = row
    for row in newest.values():
        if not is_issued(row):
            raise ReleaseInterrupted(contract=contract.id, window=window.label, template=row.template)
    labels = {part.label for part in contract.windows_until(window.label)}
    later = sorted(queries.payment_documents(session, contract.id).keys() - labels)
    if later:
        raise WindowOutOfOrder(
            window=window.label, other=later[0], reason="was released since, and shows what was learnt"
        )
    return [newest[key] for key in sorted(newest, key=lambda key: (key[0] != Template.PAYMENT_DOCUMENT, key))]


def _supersede(
    gateway: Gateway, asking: Asking, contract: Contract, window: Window, old: ReleaseRow
) -> ReleaseRow | None:
    """The intended successor of an attestation, or None where its figures are the same."""
    request = ReleaseRequest(contract, window, Template(old.template), Recipient(old.recipient_role))
    planned = plan(gateway, asking.session, request, now=asking.now, ask=asking.ask, corrects=True)
    if not isinstance(planned, Draft):
        raise TypeError("a correction is drafted anew")
    made = drafting.draft(gateway, asking, request, planned)
    before = canonical.loads(old.draft)["disclosable"]
    if _figures(before) == _figures(made.disclosable):
        return None
    changes = difference(before, made.disclosable)
    digest = issuing.jwt_sha256(issuing.token_of(old))
    return drafting.intend(gateway, asking, request, made, planned.authorised, replaced=Replaced(old, digest, changes))


def _figures(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody may have relied on: everything but when and from what it was computed, and the one table."""
    return {
        name: value
        for name, value in shown.items()
        if name not in ("method", "sources", "outcomes_by_class", "not_counted", "difference")
    }
