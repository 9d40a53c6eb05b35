"""The receipt of one consent, as JSON-LD: an ISO/IEC TS 27560 consent receipt in the words of the Data Privacy
Vocabulary (W3C guide *Consent Records and Receipts with DPV*, https://w3id.org/dpv/guides/consent-27560, §8 and §9).

It is handed to the person, so it names the person by the record alone, and no member of staff.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from gateway.authority import deciding
from gateway.errors import RecordUnknown
from gateway.events import PersonLine
from gateway.installation import Gateway
from gateway.outcomes.contract import Contract
from gateway.rights.people import ask_about_person
from gateway.rights_events import PersonRead
from gateway.store.rights_tables import BasisRow
from outcome_verifier import canonical
from policies.basis import Change, RecordKind
from policies.programme import Programme
from policies.vocabulary import Action, Purpose, Role, purpose_terms

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_RECEIPT = "https://w3id.org/dpv/schema/dpv-27560#receipt"
_RECORD = "https://w3id.org/dpv/schema/dpv-27560#record"
CONSENTS = frozenset({RecordKind.GDPR_CONSENT, RecordKind.ADMINISTRATIVE_CONSENT})
_STATUS = {Change.BEGINS: "dpv:ConsentGiven", Change.ENDS: "dpv:ConsentWithdrawn"}


def consent_receipt(gateway: Gateway, contract_id: str, record: str, *, role: Role) -> dict[str, Any]:
    """The receipt of a consent, with its withdrawal where there is one; that it was made is logged.

    Raises `RecordUnknown` for a record that is no consent of this contract, `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        query = select(BasisRow).where(BasisRow.record_id == record, BasisRow.contract_id == contract_id)
        rows = asking.session.exec(query.order_by(col(BasisRow.at), BasisRow.change)).all()
        if not rows or RecordKind(rows[0].kind) not in CONSENTS:
            raise RecordUnknown(record=record)
        programme = gateway.programme(asking.session, contract_id)
        authorised = ask_about_person(gateway, asking, programme, Action.READ_PERSON, role, enrolled=True)
        contract = gateway.contract(asking.session, contract_id)
        made = receipt_of(rows, contract, programme, issuer=gateway.issuer, on=asking.now.date().isoformat())
        asking.uow.record(
            PersonRead(
                contract=contract_id,
                by=gateway.staff,
                report_sha256=hashlib.sha256(canonical.dumps(made)).hexdigest(),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(rows[0].subject_id, "consent_receipt", Purpose.RIGHTS_REQUEST)],
        )
    return made


def receipt_of(
    rows: Sequence[BasisRow], contract: Contract, programme: Programme, *, issuer: str, on: str
) -> dict[str, Any]:
    """The receipt of the lines of one consent record, the first of them where it began. `on` is today, ISO 8601."""
    begun = rows[0]
    controller = f"{issuer}/#{programme.controller}"
    told = (begun.notice_id, begun.notice_version, "da")
    notice = next((one for one in programme.notices if (one.id, one.version, one.language) == told), None)
    basis = "eu-gdpr:A6-1-a" if begun.kind == RecordKind.GDPR_CONSENT else str(programme.legal_basis)
    record: dict[str, Any] = {
        "@id": f"urn:uuid:{begun.record_id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": begun.record_id,
        "dct:conformsTo": _RECORD,
        "dpv:hasDataSubject": {"@id": f"urn:uuid:{begun.record_id}#person", "skos:broader": "dpv:Participant"},
        "dpv:hasDataController": controller,
        "dpv:hasJurisdiction": "loc:DK",
        "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
        "dpv:hasProcess": [_process(word, contract, programme, issuer, basis) for word in begun.purposes],
        "dpv:hasConsentControl": {"@type": "dpv:WithdrawConsent", "dpv:isExercisedAt": controller},
        "dpv:hasRight": {
            "@type": ["dpv:DataSubjectRight", "eu-gdpr:A7-3"],
            "dct:title": "Ret til at trække samtykke tilbage",
            "dpv:isExercisedAt": controller,
        },
        "dpv:hasConsentStatus": [
            {
                "@type": [_STATUS[Change(row.change)], "dpv:ExpressedConsent"],
                "dpv:isIndicatedBy": "dpv:DataSubject",
                "dpv:hasIndicationMethod": row.channel,
                "dpv:isIndicatedAtTime": row.at.isoformat(),
            }
            for row in rows
        ],
    }
    if notice is not None:
        record["dpv:hasNotice"] = {
            "@id": f"urn:sha256:{notice.sha256}",
            "@type": "dpv:ConsentNotice",
            "dct:identifier": f"{begun.notice_id}/{begun.notice_version}",
            "dct:language": notice.language.upper(),
        }
    if begun.valid_to is not None:
        record["dct:valid"] = begun.valid_to.isoformat()
    return {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{begun.record_id}#receipt",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": f"{begun.record_id}-receipt",
        "dct:conformsTo": _RECEIPT,
        "dct:created": on,
        "dct:publisher": controller,
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": record,
    }


def _process(word: str, contract: Contract, programme: Programme, issuer: str, basis: str) -> dict[str, Any]:
    term = purpose_terms()[Purpose(word)]
    recipients = sorted({party.organisation for party in contract.parties})
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {"@id": term.iri, "dct:title": term.label_da},
        "dpv:hasLegalBasis": basis,
        "dpv:hasRecipient": [f"{issuer}/#{organisation}" for organisation in recipients],
        "dpv:hasPersonalData": [{"@type": "dpv:PersonalData", "dct:source": source} for source in contract.sources],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageLocation", "dpv:hasLocation": "loc:DK"},
            {
                "@type": "dpv:StorageDeletion",
                "dpv:hasDuration": {
                    "@type": "dpv:UntilTimeDuration",
                    "rdf:value": programme.retention.accounting_until.isoformat(),
                },
            },
        ],
    }
