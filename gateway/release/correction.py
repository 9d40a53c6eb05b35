"""Use case: correct a window. Every attestation of it whose figures were wrong is superseded, in one transaction.

What is learnt after a freeze shows in the next window by itself. This is for what cannot wait: the last window, or a
figure that somebody relies on. The old attestations stay in the log and turn invalid; each new one names the one that
it supersedes, and signs the difference. A table by class is shown once and never again: two versions of it could be
subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from gateway.attestations.claims import Claims
from gateway.contracts.todays_rules import judge_versions, objection_today
from gateway.errors.release import NothingToCorrect, ReleaseInterrupted, WindowOutOfOrder
from gateway.evaluation import evaluating
from gateway.evaluation.looking import Answered, Snapshot, look_apart
from gateway.evaluation.own_cases import check_not_own_case
from gateway.events.releases import CorrectionDecided, CorrectionResumed
from gateway.installation.authority import Asking
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.outcomes.terms import Window
from gateway.release import drafting, issuing
from gateway.release.drafting import DraftAllowed, DraftClaims, Replaced
from gateway.release.issuing import Released
from gateway.release.planning import Draft, ReleaseRequest, is_issued, plan
from gateway.release.releasing import finish
from gateway.store import queries
from gateway.store.log_tables import LogEntry
from gateway.store.tables import ReleaseRow
from outcome_verifier import canonical
from policies.terms import Purpose
from vocabulary.releases import Recipient, Template

REASONS = ("source_corrected", "evaluation_wrong", "contract_misread")


def correct(gateway: Gateway, contract_id: str, window_label: str, *, reason: str) -> list[Released]:
    """Supersede every attestation of a window whose figures differ with what is known now.

    A correction that was interrupted is finished, and nothing is looked at anew; asked again with nothing left to
    correct, the last one of this window and reason is handed out once more, as not new.

    Raises `NothingToCorrect` where no figure differs, `ReleaseInterrupted` where a release is unfinished,
    `WindowOutOfOrder` where a later payment document has settled the difference already, `PolicyDenied`.
    """

    def authorise(asking: Asking) -> list[_Standing] | Answered[list[ReleaseRow]]:
        window = gateway.contract(asking.session, contract_id).window(window_label)
        contract = gateway.contract_for(asking.session, contract_id, window)
        check_not_own_case(asking, contract)
        begun = _last_correction(asking.session, contract_id, window_label)
        if not all(map(is_issued, begun.rows)):
            asking.uow.record(CorrectionResumed(contract=contract_id, window=window_label))
            return Answered(begun.rows)
        standing = _standing(asking.session, contract, window)
        if objection_today(asking.session, contract):  # the creditor's is corrected on time; readers' waits
            standing = [old for old in standing if old.template == Template.PAYMENT_DOCUMENT]
        if not standing:
            raise NothingToCorrect(contract=contract_id, window=window_label)
        requests = [
            ReleaseRequest(contract, window, Template(old.template), Recipient(old.recipient_role)) for old in standing
        ]
        plans = [_plan_draft(gateway, asking, request) for request in requests]
        programme = gateway.programme(asking.session, contract_id)
        looking = evaluating.ask_to_evaluate(asking, contract, programme, Purpose.OUTCOME_PAYMENT)
        return [
            _Standing(old, DraftAllowed(request, planned, looking))
            for old, request, planned in zip(standing, requests, plans, strict=True)
        ]

    def look(at: Snapshot, standing: list[_Standing]) -> list[DraftClaims]:
        drafts = [drafting.draft(gateway, at.session, one.allowed.request, one.allowed.planned) for one in standing]
        if not any(one.differs_from(made) for one, made in zip(standing, drafts, strict=True)):
            raise NothingToCorrect(contract=contract_id, window=window_label)
        return drafts

    def record(asking: Asking, standing: list[_Standing], drafts: list[DraftClaims]) -> list[ReleaseRow]:
        found = []
        for one, made in zip(standing, drafts, strict=True):
            drafting.record_look(asking, one.allowed.request, made, one.allowed.looking)
            if one.differs_from(made):
                found.append(_supersede(gateway, asking, one, made))
        asking.uow.record(
            CorrectionDecided(
                contract=contract_id, window=window_label, reason=reason, releases=[row.supersedes for row in found]
            )
        )
        return found

    judge_versions(gateway, contract_id)
    try:
        rows = look_apart(gateway, contract_id, Purpose.OUTCOME_PAYMENT, authorise=authorise, look=look, record=record)
    except NothingToCorrect:
        with gateway.store.read() as session:
            done = _last_correction(session, contract_id, window_label)
        if not done.rows or done.reason != reason:
            raise
        rows = done.rows
    return [finish(gateway, row) for row in rows]


@dataclass(frozen=True, slots=True)
class _Correction:
    """A correction that was decided: its reason, and the attestations of it that no later one superseded."""

    reason: str
    rows: list[ReleaseRow]


def _last_correction(session: Session, contract_id: str, window_label: str) -> _Correction:
    """The last correction of a window; one of nothing where there was none."""
    entries = select(LogEntry.body).where(LogEntry.log == "access", LogEntry.kind == CorrectionDecided.kind)
    for body in session.exec(entries.order_by(col(LogEntry.idx).desc())):
        said = canonical.loads(body.encode("utf-8"))
        if (said["contract"], said["window"]) != (contract_id, window_label):
            continue
        of_window = [row for row in queries.releases(session, contract_id) if row.window == window_label]
        replaced = {row.supersedes for row in of_window}
        rows = [row for row in of_window if row.supersedes in said["releases"] and row.id not in replaced]
        return _Correction(said["reason"], sorted(rows, key=lambda row: row.template != Template.PAYMENT_DOCUMENT))
    return _Correction("", [])


@dataclass(frozen=True, slots=True)
class _Standing:
    """An attestation that stands, and what it takes to draft another in its place."""

    row: ReleaseRow
    allowed: DraftAllowed

    @property
    def shown_claims(self) -> Claims:
        disclosable: Claims = canonical.loads(self.row.draft)["disclosable"]
        return disclosable

    def differs_from(self, made: DraftClaims) -> bool:
        return _figures(self.shown_claims) != _figures(made.disclosable)


def difference(old: Claims, new: Claims) -> dict[str, int]:
    """New minus old of every figure that both show; `threshold_met` is -1, 0 or 1."""
    were, are = _numbers(old), _numbers(new)
    return {name: are[name] - value for name, value in were.items() if name in are}


def _numbers(shown: Mapping[str, Any]) -> dict[str, int]:
    counts = ("outcomes_achieved", "outcomes_reached", "points_reached", "days_reached", "qualifying_weeks")
    return {
        **{name: shown[name] for name in counts if shown.get(name) is not None},
        **({"amount_minor": shown["payable"]["amount_minor"]} if "payable" in shown else {}),
        **({"threshold_met": int(shown["threshold"]["met"])} if "threshold" in shown else {}),
    }


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
        reason = (
            "was released since: what registers show now stands in the next payment document, or in the correction of "
            "the last one; what they do not show is agreed with `gateway settle adjust`"
        )
        raise WindowOutOfOrder(window=window.label, other=later[0], reason=reason)
    return [newest[key] for key in sorted(newest, key=lambda key: (key[0] != Template.PAYMENT_DOCUMENT, key))]


def _plan_draft(gateway: Gateway, asking: Asking, request: ReleaseRequest) -> Draft:
    planned = plan(gateway, asking.session, request, now=asking.now, ask=asking.ask, corrects=True)
    if not isinstance(planned, Draft):
        raise TypeError("a correction is drafted anew")
    return planned


def _supersede(gateway: Gateway, asking: Asking, standing: _Standing, made: DraftClaims) -> ReleaseRow:
    """The intended successor of an attestation."""
    request, old = standing.allowed.request, standing.row
    again = _plan_draft(gateway, asking, request)
    replaced = Replaced(
        old, issuing.jwt_sha256(issuing.token_of(old)), difference(standing.shown_claims, made.disclosable)
    )
    return drafting.intend(gateway, asking, request, made, again.authorised, replaced=replaced)


def _figures(shown: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody may have relied on: everything but when and from what it was computed, and the one table."""
    return {
        name: value
        for name, value in shown.items()
        if name not in ("method", "sources", "outcomes_by_class", "not_counted", "difference")
    }
