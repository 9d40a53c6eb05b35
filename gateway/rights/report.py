"""The access report (GDPR art. 15): all that is held of one person, every look-up, and what each recipient got.

No member of staff is named: the person has a right to know that, when and why somebody looked, and a claim on the
municipality, not on an employee. What recipients got stands there as it was signed: a copy that the person can verify
as they did.
"""

from __future__ import annotations

import hashlib

from sqlmodel import Session, col, select

from gateway.contracts.declarations import source as declared_source
from gateway.contracts.recipients import recipients
from gateway.evaluation.cohort import histories
from gateway.events.event import PersonLine
from gateway.events.rights import PersonRead
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.blocks import block_of
from gateway.outcomes.contract import Contract
from gateway.outcomes.judging import is_taken_out
from gateway.outcomes.readings import sources_ever
from gateway.release.issuing import token_of
from gateway.rights.holdings import Holdings, holdings_of, together
from gateway.rights.people import Who, open_person
from gateway.rights.report_view import (
    AccessReport,
    AttestationReceived,
    CategoryTold,
    ContractNamed,
    DocumentHeld,
    IncomeHeld,
    LegalBasisTold,
    LookUp,
    NoticeReceived,
    PersonHeld,
    PurposeTold,
    RecipientTold,
    RecordHeld,
    RequestTold,
    RetentionTold,
    SourceTold,
    StatusHeld,
)
from gateway.store import ledger, queries
from gateway.store.log_tables import LogEntry, PersonLineRow
from gateway.store.rights_tables import RightsRequest, StatementRow
from gateway.store.tables import ReleaseRow, Subject
from gateway.wording.formats import short_day
from gateway.wording.parties import names_in
from gateway.wording.plain_danish import categories, category_source, source_name
from gateway.wording.views import as_json
from outcome_verifier import canonical
from policies.programme import Programme
from policies.terms import Action, Purpose, Role, purpose_terms
from vocabulary.releases import Template
from vocabulary.statuses import IncomeType, Status
from vocabulary.weeks import Week

SCHEMA = "access-report/1"
RIGHTS = ("rectification", "restriction", "objection", "erasure", "complaint")


def report(gateway: Gateway, contract_id: str, who: Who, *, role: Role) -> AccessReport:
    """Everything about one person in one contract; making it is logged, and the next one shows it.

    Raises `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        session = asking.session
        before = ledger.size(session, "access")
        programme = gateway.programme(session, contract_id)
        contract = gateway.contract(session, contract_id)
        subject_id, authorised = open_person(gateway, asking, programme, who, Action.READ_PERSON, role)
        subject = session.get_one(Subject, subject_id)
        made = AccessReport(
            schema=SCHEMA,
            made_on=asking.now.date(),
            controller=contract.party("outcome_payer").name,
            names=_names(contract),
            programme=programme.title,
            employment_office=programme.office(on=asking.now.date()),
            contract=ContractNamed(contract.id, contract.version),
            legal_basis=LegalBasisTold(
                str(programme.legal_basis),
                str(programme.special_category_basis),
                programme.law(on=asking.now.date()),
            ),
            purposes=_purposes(programme),
            retention=RetentionTold(
                programme.retention.accounting_until, programme.retention.archive, programme.retention.case_number
            ),
            sources=_sources(session, contract),
            categories=tuple(
                CategoryTold(one.id, one.what, category_source(contract, one.source), one.is_special)
                for one in categories(contract)
            ),
            recipients=tuple(
                RecipientTold(one.organisation, one.name, one.role, tuple(one.templates))
                for one in recipients(contract)
            ),
            third_countries=(),
            automated_decisions=False,
            held=_person_held(holdings_of(session, subject)),
            look_ups=_look_ups(session, subject_id, before=before),
            received=_what_recipients_got(gateway, session, contract, programme, subject),
            requests=_requests(session, subject_id),
            rights=RIGHTS,
        )
        asking.uow.record(
            PersonRead(
                contract=contract_id,
                report_sha256=hashlib.sha256(canonical.dumps(as_json(made))).hexdigest(),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(subject_id, "access_report", Purpose.RIGHTS_REQUEST)],
        )
    return made


def _purposes(programme: Programme) -> tuple[PurposeTold, ...]:
    terms = purpose_terms()
    declared = [purpose for purpose in Purpose if purpose in programme.purposes]
    return tuple(PurposeTold(one, terms[one].iri, terms[one].label_da, terms[one].label_en) for one in declared)


def _names(contract: Contract) -> dict[str, str]:
    """The contract's own Danish names: of its states, and of its windows by their days."""
    states = {state.id: state.label_da for state in contract.states}
    return states | {
        window.label: f"{short_day(window.from_week.monday)} – {short_day(window.to_week.sunday)}"
        for window in contract.windows
    }


def _sources(session: Session, contract: Contract) -> tuple[SourceTold, ...]:
    declared = [declared_source(session, source) for source in sources_ever(contract)]
    return tuple(
        SourceTold(one.id, one.title, source_name(contract, one.id), one.agreement.statute) for one in declared
    )


def _person_held(held: Holdings) -> PersonHeld:
    return PersonHeld(
        case_reference=held.subject.case_reference,
        enrolled_on=held.subject.enrolled_on,
        notice=held.subject.notice_id,
        cpr_number="held encrypted, and opened only to ask a register",
        statuses=tuple(
            StatusHeld(
                source=run.source,
                status=Status(run.status),
                code=run.code,
                from_=run.first_day,
                to=run.last_day,
                known_on=run.known_on,
                known_last_on=run.known_last_on,
                replaced_on=run.replaced_on,
            )
            for run in together(held.runs)
        ),
        income=tuple(
            IncomeHeld(
                source=month.source,
                month=f"{month.month:%Y-%m}",
                type=IncomeType(month.income_type),
                hours_hundredths=month.hours_hundredths,
                taken_back=month.is_reversal,
                amount_minor=month.amount_minor,
                known_on=month.known_on,
                replaced_on=month.replaced_on,
            )
            for month in held.months
        ),
        documents=tuple(
            DocumentHeld(
                document=row.id,
                kind=row.type,
                from_=Week(row.from_week).monday,
                to=Week(row.to_week).sunday,
                expires_on=row.expires_on,
                sha256=row.document_sha256,
                registered_on=row.registered_at.date(),
                confirmed_on=row.confirmed_at.date() if row.confirmed_at else None,
                withdrawn_on=row.withdrawn_at.date() if row.withdrawn_at else None,
                instrument=row.instrument,
                score=row.score,
            )
            for row in held.documents
        ),
        records=tuple(
            RecordHeld(
                record=row.record_id,
                kind=row.kind,
                reason=row.reason,
                change=row.change,
                purposes=tuple(row.purposes),
                notice=f"{row.notice_id}/{row.notice_version}" if row.notice_id else "",
                channel=row.channel,
                on=row.at.date(),
            )
            for row in held.records
        ),
    )


def _look_ups(session: Session, subject: str, *, before: int) -> tuple[LookUp, ...]:
    """Each event before an index in which the person's data took part, in the order of the log."""
    query = (
        select(LogEntry, PersonLineRow)
        .join(PersonLineRow, col(PersonLineRow.log_idx) == col(LogEntry.idx))
        .where(LogEntry.log == "access", LogEntry.idx < before, PersonLineRow.subject_id == subject)
        .order_by(col(LogEntry.idx), PersonLineRow.body)
    )
    found = []
    for entry, line in session.exec(query):
        said, event = canonical.loads(line.body.encode()), canonical.loads(entry.body.encode())
        found.append(
            LookUp(
                at=entry.at.strftime("%Y-%m-%d %H:%M UTC"),
                entry=str(entry.idx),
                action=said["action"],
                role=event["by_role"],
                purpose=said["purpose"],
                source=str(event.get("source", "")),
            )
        )
    return tuple(found)


def _what_recipients_got(
    gateway: Gateway, session: Session, contract: Contract, programme: Programme, subject: Subject
) -> tuple[AttestationReceived | NoticeReceived, ...]:
    """What each recipient got in which the person was counted, as it was signed; in the order of the windows."""
    order = [window.label for window in contract.windows]
    rows = [row for row in queries.releases(session, contract.id) if row.state == "issued"]
    rows.sort(key=lambda row: (order.index(row.window), row.template, row.recipient_role, row.revision))
    copies = [_copy(contract, row) for row in rows if _is_counted(gateway, session, programme, row, subject)]
    statements = session.exec(select(StatementRow).where(StatementRow.contract_id == contract.id)).all()
    notices = [_notice(row, contract, subject.case_reference) for row in statements]
    return (*copies, *(notice for notice in notices if notice is not None))


def _is_counted(gateway: Gateway, session: Session, programme: Programme, row: ReleaseRow, subject: Subject) -> bool:
    """Whether the person's data were in the figures: enrolled by the window's end, in a batch that counted by then, and
    not taken out by the exit rule that the contract had for the window, with what was known when its data froze.
    """
    window = gateway.contract(session, row.contract_id).window(row.window)
    if window.to_week.sunday < subject.enrolled_on:
        return False
    contract = gateway.contract_for(session, row.contract_id, window)
    found = histories(session, contract, programme, known_at=row.known_at, only=subject.subject_id)
    return any(
        person.counts_at(window.to_week) and not is_taken_out(contract, person, window.to_week) for person in found
    )


def _notice(row: StatementRow, contract: Contract, reference: str) -> NoticeReceived | None:
    """What a statement said of this person and of nobody else (GDPR art. 15(4)); None where it names others alone."""
    mine = [said for said in row.people if said["case_reference"] == reference]
    if not mine:
        return None
    return NoticeReceived(
        recipient=contract.party("operator").organisation,
        name=contract.party("operator").name,
        template=row.kind,
        window=row.window,
        on=row.at.date(),
        about_you_alone=True,
        content={**row.claims, "people": mine},
        token_sha256=row.token_sha256,
        token=row.token if row.token and mine == row.people else None,
    )


def _copy(contract: Contract, row: ReleaseRow) -> AttestationReceived:
    """As it was signed; of a payment document of a window that is shown with others, that it was made: its amount is
    the creditor's alone (invariant 6), and nothing in it is about this person by itself."""
    is_paid = row.template == Template.PAYMENT_DOCUMENT
    is_whole = not (is_paid and len(block_of(contract, row.window)) > 1)
    draft = canonical.loads(row.draft)
    if row.issued_at is None:
        raise ValueError("the attestation is not in its log yet")
    return AttestationReceived(
        recipient=row.recipient_organisation,
        name=names_in(contract, row.recipient_role),
        template=row.template,
        window=row.window,
        revision=row.revision,
        on=row.issued_at.date(),
        about_you_alone=False,
        content=draft["disclosable"] if is_whole else {},
        visible=draft["visible"],
        attestation=token_of(row) if is_whole else "",
    )


def _requests(session: Session, subject: str) -> tuple[RequestTold, ...]:
    query = select(RightsRequest).where(RightsRequest.subject_id == subject).order_by(col(RightsRequest.asked_at))
    return tuple(
        RequestTold(row.id, row.kind, row.asked_at.date(), row.answer or "open", row.answer_rule)
        for row in session.exec(query)
    )
