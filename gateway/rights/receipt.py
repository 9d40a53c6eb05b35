"""The receipt of one consent, as JSON-LD: an ISO/IEC TS 27560 consent receipt in the words of the Data Privacy
Vocabulary (W3C guide *Consent Records and Receipts with DPV*, https://w3id.org/dpv/guides/consent-27560, §8 and §9).

It is handed to the person, so it names the person by the record alone, and no member of staff. How to withdraw is told
in words: whom to ring or write to, and what to say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlmodel import col, select

from gateway.contracts.contact import Contact
from gateway.contracts.recipients import recipients
from gateway.errors.rights import RecordUnknown
from gateway.events.event import PersonLine
from gateway.events.rights import PersonRead
from gateway.installation.authority import deciding
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.rights.people import open_by_id
from gateway.store.rights_tables import BasisRow
from gateway.wording.plain_danish import PROMISE, categories, category_source
from gateway.wording.views import JsonValue
from outcome_verifier import canonical
from policies.basis import Change, RecordKind
from policies.programme import Programme
from policies.terms import Action, Purpose, Role, purpose_terms
from vocabulary.total import total

CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "dct": "http://purl.org/dc/terms/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "schema": "https://schema.org/",
}
_PROFILE = "https://w3id.org/dpv/schema/dpv-27560#"
# of a consent that rests on the GDPR, and of one that rests on administrative law
_PROFILES = {
    RecordKind.GDPR_CONSENT: ("receipt-eu-gdpr", "record-eu-gdpr"),
    RecordKind.ADMINISTRATIVE_CONSENT: ("receipt-record", "record"),
}
CONSENTS = frozenset(_PROFILES)
_STATUS = total({Change.BEGINS: "dpv:ConsentGiven", Change.ENDS: "dpv:ConsentWithdrawn"}, Change)


def consent_receipt(
    gateway: Gateway, contract_id: str, record: str, contact: Contact, *, role: Role
) -> dict[str, JsonValue]:
    """The receipt of a consent, with its withdrawal where there is one; that it was made is logged.

    `contact` is where the person withdraws it. Raises `RecordUnknown` for a record that is no consent of this contract,
    `PolicyDenied`.
    """
    with deciding(gateway) as asking:
        query = select(BasisRow).where(BasisRow.record_id == record, BasisRow.contract_id == contract_id)
        rows = asking.session.exec(query.order_by(col(BasisRow.at), BasisRow.change)).all()
        if not rows or RecordKind(rows[0].kind) not in CONSENTS:
            raise RecordUnknown(record=record)
        programme = gateway.programme(asking.session, contract_id)
        authorised = open_by_id(gateway, asking, programme, rows[0].subject_id, Action.READ_PERSON, role)
        contract = gateway.contract(asking.session, contract_id)
        made = receipt_of(rows, contract, programme, contact, issuer=gateway.issuer, on=asking.now.date().isoformat())
        asking.uow.record(
            PersonRead(
                contract=contract_id,
                report_sha256=hashlib.sha256(canonical.dumps(made)).hexdigest(),
                decision=authorised.id,
                decision_sha256=authorised.sha256,
            ),
            lines=[PersonLine(rows[0].subject_id, "consent_receipt", Purpose.RIGHTS_REQUEST)],
        )
    return made


def receipt_of(
    rows: Sequence[BasisRow], contract: Contract, programme: Programme, contact: Contact, *, issuer: str, on: str
) -> dict[str, JsonValue]:
    """The receipt of the lines of one consent record, the first of them where it began. `on` is today, ISO 8601."""
    begun = rows[0]
    receipt_profile, record_profile = _PROFILES[RecordKind(begun.kind)]
    controller = f"{issuer}/#{programme.controller}"
    person = f"urn:uuid:{begun.record_id}#person"
    record: dict[str, JsonValue] = {
        "@id": f"urn:uuid:{begun.record_id}",
        "@type": "dpv:ConsentRecord",
        "dct:identifier": begun.record_id,
        "dct:conformsTo": _PROFILE + record_profile,
        "dpv:hasDataSubject": {"@id": person, "@type": "dpv:DataSubject"},
        "dpv:hasDataController": _controller(controller, contract, programme, contact),
        "dpv:hasJurisdiction": "loc:DK",
        "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
        "dpv:hasProcess": [_process(word, begun, contract, programme, issuer) for word in begun.purposes],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dct:title": "Sådan trækker du samtykket tilbage",
            "dct:description": f"Ring til {contact.phone}, skriv til {contact.email}, eller send et brev til "
            f"{contact.name}, {contact.address}. Skriv eller sig nummeret {begun.record_id}. Du skal ikke give en "
            f"grund, og det koster ikke noget. {PROMISE}",
            "dpv:isExercisedAt": [f"mailto:{contact.email}", f"tel:{contact.phone.replace(' ', '')}"],
        },
        "dpv:hasRight": _rights(RecordKind(begun.kind), controller),
        "dpv:hasAuthority": {
            "@id": "https://www.datatilsynet.dk",
            "@type": "dpv:DataProtectionAuthority",
            "dpv:hasName": "Datatilsynet",
            "dpv:hasContact": "https://www.datatilsynet.dk",
        },
        "dpv:hasConsentStatus": [_status(row, person, controller) for row in rows],
    }
    told = (begun.notice_id, begun.notice_version, "da")
    notice = next((one for one in programme.notices if (one.id, one.version, one.language) == told), None)
    if notice is not None:
        record["dpv:hasNotice"] = {
            "@id": f"urn:sha256:{notice.sha256}",
            "@type": "dpv:ConsentNotice",
            "dct:identifier": f"{begun.notice_id}/{begun.notice_version}",
            "dct:language": notice.language.upper(),
        }
    return {
        "@context": CONTEXT,
        "@id": f"urn:uuid:{begun.record_id}#receipt",
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": f"{begun.record_id}-receipt",
        "dct:conformsTo": _PROFILE + receipt_profile,
        "dct:created": on,
        "dct:publisher": controller,
        "schema:recipient": person,
        "dpv:hasRecordOfActivity": record,
    }


def _controller(iri: str, contract: Contract, programme: Programme, contact: Contact) -> dict[str, JsonValue]:
    return {
        "@id": iri,
        "@type": ["dpv:DataController", "dpv:GovernmentalOrganisation"],
        "dct:identifier": f"CVR {contact.cvr}" if contact.cvr else programme.controller,
        "dpv:hasName": contract.party("outcome_payer").name,
        "dpv:hasAddress": contact.address,
        "dpv:hasContact": [contact.name, contact.phone, contact.email],
        "dpv:hasRepresentative": {
            "@type": "dpv:DataProtectionOfficer",
            "dct:title": "Databeskyttelsesrådgiver",
            "dpv:hasContact": contact.dpo_email,
        },
    }


def _rights(kind: RecordKind, controller: str) -> list[dict[str, JsonValue]]:
    """The rights of the person; that of art. 7(3) belongs to a consent of the GDPR."""
    named = [
        ("A15", "Indsigt i dine oplysninger"),
        ("A16", "Rettelse af forkerte oplysninger"),
        ("A17", "Sletning"),
        ("A18", "Begrænsning"),
        ("A77", "Klage til Datatilsynet"),
    ]
    if kind is RecordKind.GDPR_CONSENT:
        named.insert(0, ("A7-3", "Ret til at trække samtykke tilbage"))
    return [
        {
            "@type": ["dpv:DataSubjectRight", f"eu-gdpr:{article}"],
            "dct:title": title,
            "dpv:isExercisedAt": "https://www.datatilsynet.dk" if article == "A77" else controller,
        }
        for article, title in named
    ]


def _status(row: BasisRow, person: str, controller: str) -> dict[str, JsonValue]:
    """One event of the consent: given, or withdrawn."""
    event: dict[str, JsonValue] = {
        "@type": [_STATUS[Change(row.change)], "dpv:ExpressedConsent"],
        "dct:date": row.at.isoformat(),
        "dpv:isIndicatedBy": person,
        "dpv:isImplementedByEntity": controller,
        "dpv:hasIndicationMethod": row.channel,
        "dpv:isIndicatedAtTime": row.at.isoformat(),
    }
    if row.change == Change.BEGINS:
        event["dpv:hasDuration"] = (
            {"@type": "dpv:UntilTimeDuration", "rdf:value": row.valid_to.isoformat()}
            if row.valid_to
            else {"@type": "dpv:UntilEventDuration", "dct:title": "indtil du trækker det tilbage"}
        )
    return event


def _process(word: str, begun: BasisRow, contract: Contract, programme: Programme, issuer: str) -> dict[str, JsonValue]:
    term = purpose_terms()[Purpose(word)]
    is_gdpr = begun.kind == RecordKind.GDPR_CONSENT
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {"@id": term.iri, "dct:title": term.label_da},
        "dpv:hasLegalBasis": "eu-gdpr:A6-1-a" if is_gdpr else str(programme.legal_basis),
        "dpv:hasProcessing": ["dpv:Collect", "dpv:Store", "dpv:Analyse"],
        "dpv:hasRecipient": [
            {
                "@id": f"{issuer}/#{one.organisation}",
                "@type": ["dpv:Recipient", "dpv:LegalEntity"],
                "dct:identifier": one.organisation,
                "dpv:hasName": one.name,
            }
            for one in recipients(contract)
        ],
        "dpv:hasPersonalData": [
            {
                "@type": "dpv:SpecialCategoryPersonalData" if one.is_special else "dpv:PersonalData",
                "dct:identifier": one.id,
                "dct:title": one.what,
                "dpv:hasDataSource": category_source(contract, one.source),
            }
            for one in categories(contract)
        ],
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
