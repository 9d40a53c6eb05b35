"""The settlement over HTTP: the operator reads, acknowledges, disputes and invoices; an investor reads its own view."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response

from gateway.api import problems
from gateway.api.access import ClientGateway, ContractId, Label, RecipientCaller
from gateway.api.settlement_bodies import (
    AcceptedDocument,
    AcceptedLines,
    AdjustedLine,
    DisputeAnswer,
    NewAdjustment,
    NewDispute,
    RaisedDispute,
    ResolvedDispute,
)
from gateway.settlement import acknowledging, adjusting, billing, views
from gateway.settlement.investor import InvestorDates, InvestorSettlement
from gateway.settlement.statement_view import SettlementStatement
from gateway.wording.views import as_json

router = APIRouter(tags=["settlement"])
DisputeId = Annotated[str, Path(pattern="^[0-9a-f-]{36}$", description="The dispute's id.")]


@router.get(
    "/contracts/{contract_id}/settlement",
    response_model=SettlementStatement | InvestorSettlement | InvestorDates,
    responses=problems.responses(401, 403, 404),
    summary="What is owed, invoiced and paid",
)
def settlement(gateway: ClientGateway, contract_id: ContractId, party: RecipientCaller) -> Response:
    """The creditor's statement over all windows, or the investor's own view. Amounts are whole øre."""
    return JSONResponse(as_json(views.show_settlement(gateway, contract_id, as_party=party)))


@router.post(
    "/contracts/{contract_id}/windows/{window}/acknowledgement",
    responses=problems.responses(401, 403, 404, 409, 422),
    summary="Accept what a payment document says",
)
def acknowledgement(
    gateway: ClientGateway, contract_id: ContractId, window: Label, body: AcceptedDocument, party: RecipientCaller
) -> AcceptedLines:
    """Every line that is not disputed, or one by its key. What both parties accept can be invoiced."""
    keys = acknowledging.acknowledge(
        gateway, contract_id, window, line_key=body.line, jwt_sha256=body.jwt_sha256, as_party=party
    )
    return AcceptedLines(lines=keys)


@router.post(
    "/contracts/{contract_id}/windows/{window}/disputes",
    responses=problems.responses(401, 403, 404, 409, 422),
    summary="Contest one line of a payment document",
)
def dispute(
    gateway: ClientGateway, contract_id: ContractId, window: Label, body: NewDispute, party: RecipientCaller
) -> RaisedDispute:
    """Only this line, or a part of it, is held back. Send the letter that explains it to the municipality."""
    row = acknowledging.dispute(
        gateway,
        contract_id,
        window,
        body.line,
        reason=body.reason,
        text_sha256=body.letter_sha256,
        amount_minor=body.amount_minor,
        jwt_sha256=body.jwt_sha256,
        as_party=party,
    )
    return RaisedDispute(dispute=row.id, line=row.line, answer_by=row.answer_by.isoformat())


@router.post(
    "/contracts/{contract_id}/disputes/{dispute}/outcome",
    responses=problems.responses(401, 403, 404, 409, 422),
    summary="Withdraw a dispute, or answer the municipality's",
)
def outcome(
    gateway: ClientGateway, contract_id: ContractId, dispute: DisputeId, body: DisputeAnswer, party: RecipientCaller
) -> ResolvedDispute:
    row = acknowledging.resolve(
        gateway,
        dispute,
        outcome=body.outcome,
        text_sha256=body.letter_sha256,
        contract_id=contract_id,
        as_party=party,
    )
    return ResolvedDispute(dispute=row.id, line=row.line, outcome=row.outcome)


@router.post(
    "/contracts/{contract_id}/windows/{window}/adjustments",
    responses=problems.responses(401, 403, 404, 409, 422),
    summary="Say what a line is worth instead",
)
def adjustment(
    gateway: ClientGateway, contract_id: ContractId, window: Label, body: NewAdjustment, party: RecipientCaller
) -> AdjustedLine:
    """For what no register will show. Once both parties say the same amount, the difference is a line of its own."""
    made = adjusting.adjust(
        gateway,
        contract_id,
        window,
        body.line,
        worth_minor=body.worth_minor,
        text_sha256=body.letter_sha256,
        jwt_sha256=body.jwt_sha256,
        as_party=party,
    )
    return AdjustedLine(line=made.line, worth_minor=made.worth_minor, is_agreed=made.is_agreed)


@router.post(
    "/contracts/{contract_id}/windows/{window}/invoice",
    response_class=Response,
    responses={
        200: {
            "description": "An invoice or a credit note (UBL 2.1).",
            "content": {"application/xml": {"schema": {"type": "string"}}},
        },
        **problems.responses(401, 403, 404, 409, 422),
    },
    summary="Make the invoice of a window, or get the one that was made",
)
def invoice(
    gateway: ClientGateway,
    contract_id: ContractId,
    window: Label,
    party: RecipientCaller,
    number: Annotated[
        str,
        Query(pattern="^([A-Za-z0-9][A-Za-z0-9./_-]{0,29})?$", description="Your own number; derived if left out."),
    ] = "",
    payer: Annotated[
        str,
        Query(pattern="^[a-z0-9-]{0,64}$", description="Whose invoice; the municipality's if left out."),
    ] = "",
) -> Response:
    """Peppol BIS Billing 3 of what both parties acknowledged; the same request again gives the same document.

    Where several pay, the invoices of all of them are made at once: ask again for each `payer`. A number of your
    own is then followed by the payer's place in the contract, as in F-1001/1 and F-1001/2.
    """
    bill, _ = billing.request_payment(gateway, contract_id, window, number=number, payer=payer, as_party=party)
    return Response(bill.xml, media_type="application/xml")
