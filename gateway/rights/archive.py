"""The export for the archive (*arkivloven*): what is known of everybody, as XML with case number, KLE code and date
runs, before anything may be erased.

The operator's case reference names a person, never a CPR number: the municipality's case system holds that under its
own case number.
"""

from __future__ import annotations

import hashlib
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from gateway.events.event import PersonLine
from gateway.events.rights import ArchiveExported
from gateway.installation.authority import deciding, staff_party
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.rights.holdings import MonthHeld, StatusRun, holdings_of
from gateway.store import queries
from gateway.store.registered_evidence import RegisteredEvidence
from gateway.store.rights_tables import Archived
from gateway.store.tables import Subject
from policies.facts import PersonFacts
from policies.programme import Programme
from policies.terms import Action, Purpose, Role
from vocabulary.weeks import Week


@dataclass(frozen=True, slots=True)
class Export:
    xml: bytes
    sha256: str
    people: int


def export(gateway: Gateway, contract_id: str) -> Export:
    """The export of a contract, recorded as delivered by whoever asked. Raises `PolicyDenied`."""
    with deciding(gateway) as asking:
        programme = gateway.programme(asking.session, contract_id)
        contract = gateway.contract(asking.session, contract_id)
        subjects = queries.subjects(asking.session, contract_id)
        facts = PersonFacts(
            purpose=Purpose.RIGHTS_REQUEST,
            appointment_valid=asking.is_appointed(programme, Role.SYSTEM_OWNER),
            subject_enrolled=bool(subjects),
        )
        owner = staff_party(programme, Role.SYSTEM_OWNER)
        authorised = asking.ask(owner, Action.READ_PERSON, programme, facts)
        data = _document(asking.session, contract, programme, subjects, made=asking.now.date())
        digest = hashlib.sha256(data).hexdigest()
        asking.session.add(
            Archived(id=str(uuid.uuid4()), contract_id=contract_id, sha256=digest, people=len(subjects), at=asking.now)
        )
        asking.uow.record(
            ArchiveExported(
                contract=contract_id,
                sha256=digest,
                people=len(subjects),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(row.subject_id, "archive", Purpose.RIGHTS_REQUEST) for row in subjects],
        )
    return Export(data, digest, len(subjects))


def _document(
    session: Session, contract: Contract, programme: Programme, subjects: Sequence[Subject], *, made: date
) -> bytes:
    root = ET.Element("archiveExport", {"version": "1", "made": made.isoformat()})
    _text(
        root,
        {
            "controller": programme.controller,
            "caseNumber": programme.retention.case_number,
            "kle": programme.retention.kle,
            "contract": f"{contract.id}, version {contract.version}",
            "contractSha256": contract.sha256,
            "programmeSha256": programme.sha256,
            "lawReference": programme.law(on=made),
            "from": programme.opens_on.isoformat(),
            "to": programme.closes_on.isoformat(),
        },
    )
    people = ET.SubElement(root, "people")
    for subject in sorted(subjects, key=lambda row: row.case_reference):
        one = holdings_of(session, subject)
        person = ET.SubElement(people, "person", {"caseReference": subject.case_reference})
        _text(person, {"enrolled": subject.enrolled_on.isoformat(), "batch": subject.batch_id})
        for record in one.records:
            attributes = {"kind": record.kind, "change": record.change, "on": record.at.date().isoformat()}
            ET.SubElement(person, "record", attributes)
        for run in one.runs:
            ET.SubElement(person, "run", {"status": run.status, "code": run.code, **_dates(run, run.source)})
        for document in one.documents:
            ET.SubElement(person, "document", _document_held(document))
        for month in one.months:
            attributes = {"type": month.income_type, "hoursHundredths": str(month.hours_hundredths)}
            if month.amount_minor:
                attributes["amountMinor"] = str(month.amount_minor)
            ET.SubElement(person, "income", {**attributes, "reversal": str(month.is_reversal).lower(), **_month(month)})
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _document_held(row: RegisteredEvidence) -> dict[str, str]:
    """What a document showed; itself it lies in the case system, which its digest points to."""
    held = {
        "kind": row.type,
        "sha256": row.document_sha256,
        "from": Week(row.from_week).monday.isoformat(),
        "to": Week(row.to_week).sunday.isoformat(),
        "expires": row.expires_on.isoformat(),
        "registered": row.registered_at.date().isoformat(),
    }
    if row.score is not None:
        held |= {"instrument": row.instrument, "score": str(row.score)}
    days = {"confirmed": row.confirmed_at, "withdrawn": row.withdrawn_at}
    return held | {name: day.date().isoformat() for name, day in days.items() if day is not None}


def _text(parent: ET.Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = value


def _dates(run: StatusRun, source: str) -> dict[str, str]:
    days = {"source": source, "from": run.first_day.isoformat(), "to": run.last_day.isoformat()}
    return days | _known_dates(run.known_on, run.replaced_on)


def _month(month: MonthHeld) -> dict[str, str]:
    return {"source": month.source, "month": f"{month.month:%Y-%m}"} | _known_dates(month.known_on, month.replaced_on)


def _known_dates(known_on: date, replaced_on: date | None) -> dict[str, str]:
    known = {"knownFrom": known_on.isoformat()}
    return known if replaced_on is None else known | {"knownTo": replaced_on.isoformat()}
