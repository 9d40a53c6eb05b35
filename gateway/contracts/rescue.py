"""Use cases of the way back: two people and the key store, where nobody is left who could change the rules.

The policy is not asked, since it would refuse everybody: so the way is closed while anybody is left who could go the
ordinary one, it adds the least that is needed for 30 days, and the access log says what it was.
"""

from __future__ import annotations

import json
import uuid
from datetime import date

from sqlmodel import Session

from gateway.contracts import declarations
from gateway.contracts.declarations import RESCUE
from gateway.errors.contracts import ContractUnknown, ProposalUnknown, RescueRefused
from gateway.events.actor import ActorKind
from gateway.events.rights import RescueProposed, RescueTaken
from gateway.installation.gateway import Gateway
from gateway.installation.powers import programmes_in_force
from gateway.store import contract_queries
from gateway.store.contract_tables import NoticeRow, Proposal
from keys.keystore import KeyStore
from policies.lockout import LostPower, allowed_by, lost_powers
from policies.programme import Programme
from policies.way_back import Rescue, rescue_of, rescued_text
from vocabulary.identity import is_same_person
from vocabulary.typed_text import check_name


def propose_rescue(gateway: Gateway, contract_id: str, *, second: str, officer: str, passphrase: bytes) -> str:
    """Ask for the way back as the first of two people, and name the other and the officer; the proposal's id.

    Raises `RescueRefused`, `KeyStoreLocked` for another passphrase than the key store's, `ContractUnknown`,
    `TextInvalid`.
    """
    _check_key_store(gateway, contract_id, passphrase)
    for name, what in ((second, "the name of the second person"), (officer, "the name of the officer")):
        check_name(name, what=what)
    identifier = str(uuid.uuid4())
    with gateway.write() as uow:
        today = uow.now.date()
        try:
            rescue = rescue_of(gateway.actor.name, second, officer, today=today)
        except ValueError as error:
            raise RescueRefused(contract=contract_id, rule="two-people", reason=str(error)) from None
        losses = _losses(gateway, uow.session, contract_id, today)
        declared = _with_way_back(gateway, uow.session, contract_id, rescue, today)
        uow.session.add(
            Proposal(
                id=identifier,
                contract_id=contract_id,
                files={**declared.files, RESCUE: _text_of(rescue)},
                sha256=declared.sha256,
                proposed_by=gateway.actor.name,
                proposed_at=uow.now,
                approved_by="",
            )
        )
        uow.record(
            RescueProposed(
                proposal=identifier,
                contract=contract_id,
                sha256=declared.sha256,
                second=second,
                officer=officer,
                lost=sorted({one.power.value for one in losses}),
            )
        )
    return identifier


def approve_rescue(gateway: Gateway, proposal_id: str, *, passphrase: bytes) -> Rescue:
    """Take the way back, as the second person whom the first one named.

    The file is made again from what is in force now: nothing that was edited meanwhile comes into force. Raises
    `ProposalUnknown`, `RescueRefused`, `KeyStoreLocked`.
    """
    with gateway.write() as uow:
        row = uow.session.get(Proposal, proposal_id)
        if row is None or row.approved_at is not None or RESCUE not in row.files:
            raise ProposalUnknown(proposal=proposal_id)
        _check_key_store(gateway, row.contract_id, passphrase)
        rescue = _rescue_in(row.files[RESCUE])
        is_named = is_same_person(gateway.actor.name, rescue.second) and is_same_person(row.proposed_by, rescue.first)
        if not is_named or not gateway.actor.is_second_to(row.proposed_by):
            reason = "it is for the second person, whom the first one named"
            raise RescueRefused(contract=row.contract_id, rule="second-person", reason=reason)
        losses = _losses(gateway, uow.session, row.contract_id, uow.now.date())
        declared = _with_way_back(gateway, uow.session, row.contract_id, rescue, uow.now.date())
        if declared.sha256 != row.sha256:
            reason = "the programme was changed since it was proposed: propose it again"
            raise RescueRefused(contract=row.contract_id, rule="overtaken", reason=reason)
        declarations.put_in_force(uow, declared)
        row.approved_by, row.approved_at = gateway.actor.name, uow.now
        uow.session.add(row)
        uow.record(
            RescueTaken(
                proposal=proposal_id,
                contract=row.contract_id,
                sha256=declared.sha256,
                proposed_by=row.proposed_by,
                officer=rescue.officer,
                until=rescue.until.isoformat(),
                lost=sorted({one.power.value for one in losses}),
            )
        )
    return rescue


def _check_key_store(gateway: Gateway, contract_id: str, passphrase: bytes) -> None:
    if gateway.actor.kind is not ActorKind.STAFF:
        raise RescueRefused(contract=contract_id, rule="two-people", reason="it takes people, and this is a service")
    KeyStore.open(gateway.settings.keys_directory, passphrase).load("manifest")


def _losses(gateway: Gateway, session: Session, contract_id: str, today: date) -> list[LostPower]:
    """What nobody can do today that this contract's programme decides, alone or with others."""
    programmes = programmes_in_force(gateway, session)
    if contract_id not in programmes:
        raise ContractUnknown(contract=contract_id)
    lost = _losses_of(gateway, programmes, today, contract_id)
    if not lost:
        reason = "somebody is left; `gateway contract propose`, and another `gateway contract approve`"
        raise RescueRefused(contract=contract_id, rule="not-locked-out", reason=reason)
    return lost


def _with_way_back(
    gateway: Gateway, session: Session, contract_id: str, rescue: Rescue, today: date
) -> declarations.Declared:
    """The contract in force with its programme, as it would be. Raises `RescueRefused` where that lets nobody in."""
    contract = contract_queries.contract_versions(session, contract_id)[-1]
    row = contract_queries.programmes(session, contract_id)[-1]
    programme = gateway.programme(session, contract_id)
    files = {
        f"contract/{contract.file_name}": contract.text.decode("utf-8"),
        f"programme/{row.file_name}": rescued_text(row.text.decode("utf-8"), programme, rescue),
    }
    for notice in programme.notices:
        text = session.get_one(NoticeRow, (contract_id, notice.id, notice.version, notice.language)).text
        files[f"notice/{notice.id}/{notice.version}/{notice.language}"] = text.decode("utf-8")
    declared = declarations.declared_in(gateway, files)
    after = {**programmes_in_force(gateway, session), contract_id: declared.programme}
    if left := _losses_of(gateway, after, today, contract_id):
        reason = f"also then {left[0]}"
        raise RescueRefused(contract=contract_id, rule="lets-nobody-in", reason=reason)
    return declared


def _losses_of(gateway: Gateway, programmes: dict[str, Programme], today: date, contract_id: str) -> list[LostPower]:
    found = lost_powers(list(programmes.values()), allowed_by(gateway.policies), on=today)
    return [one for one in found if one.contract in ("", contract_id)]


def _text_of(rescue: Rescue) -> str:
    return json.dumps([rescue.first, rescue.second, rescue.officer, rescue.until.isoformat()])


def _rescue_in(text: str) -> Rescue:
    first, second, officer, until = json.loads(text)
    return Rescue(first, second, officer, date.fromisoformat(until))
