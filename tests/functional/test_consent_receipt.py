"""The receipt of a consent has every mandatory field of ISO/IEC TS 27560, and tells a person how to withdraw."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from gateway.contracts.contact import load_contact
from gateway.rights.people import Channel, NewRecord, Who, begin
from gateway.rights.receipt import consent_receipt
from gateway.store.tables import Subject
from policies.basis import RecordKind
from policies.terms import Purpose, Role
from tests.functional.test_traps import Clock
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready

CASE = Role.CASE_WORKER
CONTACT = replace(
    load_contact((EXAMPLES / "contacts" / "aalborg.toml").read_bytes(), file="aalborg.toml"), cvr="00000000"
)


@pytest.fixture
def town(tmp_path: Path) -> SimulatedMunicipality:
    return ready(tmp_path, clock=Clock(date(2030, 1, 1)))


def someone(town: SimulatedMunicipality) -> Who:
    with town.gateway.store.read() as session:
        reference = session.exec(select(Subject.case_reference).order_by(Subject.case_reference)).first()
    assert reference
    return Who(case_reference=reference)


# mandatory in a record, by ISO/IEC TS 27560 or by the GDPR (guide of the vocabulary, table of terms) -> where it stands
MANDATORY = {
    "schema version": "dct:conformsTo",
    "record id": "dct:identifier",
    "PII principal id": "dpv:hasDataSubject/@id",
    "privacy notice": "dpv:hasNotice/@id",
    "language": "dpv:hasNotice/dct:language",
    "jurisdiction": "dpv:hasJurisdiction",
    "controllers": "dpv:hasDataController/@id",
    "withdrawal method": "dpv:hasConsentControl/dct:description",
    "privacy rights": "dpv:hasRight/dct:title",
    "authority party": "dpv:hasAuthority/dpv:hasName",
    "purpose": "dpv:hasProcess/dpv:hasPurpose/@id",
    "lawful basis": "dpv:hasProcess/dpv:hasLegalBasis",
    "data types": "dpv:hasProcess/dpv:hasPersonalData/dct:title",
    "collection method": "dpv:hasProcess/dpv:hasPersonalData/dpv:hasDataSource",
    "processing method": "dpv:hasProcess/dpv:hasProcessing",
    "storage location": "dpv:hasProcess/dpv:hasStorageCondition/dpv:hasLocation",
    "retention": "dpv:hasProcess/dpv:hasStorageCondition/dpv:hasDuration/rdf:value",
    "recipients": "dpv:hasProcess/dpv:hasRecipient/dpv:hasName",
    "party id": "dpv:hasDataController/dct:identifier",
    "party name": "dpv:hasDataController/dpv:hasName",
    "party address": "dpv:hasDataController/dpv:hasAddress",
    "party contact": "dpv:hasDataController/dpv:hasContact",
    "party type": "dpv:hasDataController/@type",
    "event time": "dpv:hasConsentStatus/dct:date",
    "validity duration": "dpv:hasConsentStatus/dpv:hasDuration/@type",
    "entity id": "dpv:hasConsentStatus/dpv:isIndicatedBy",
    "event type": "dpv:hasConsentStatus/@type",
    "event state": "dpv:hasConsentStatus/@type",
}


def at(value: Any, path: str) -> list[Any]:
    """What stands at a path of a JSON document, in every member of every list on the way."""
    found = [value]
    for name in path.split("/"):
        members = [one for member in found for one in (member if isinstance(member, list) else [member])]
        found = [member[name] for member in members if isinstance(member, dict) and name in member]
    return found


def test_the_receipt_of_a_consent_has_every_mandatory_field_and_a_way_to_withdraw_that_a_person_can_use(
    town: SimulatedMunicipality,
):
    who = someone(town)
    until = date(2031, 6, 30)
    consent = NewRecord(
        RecordKind.GDPR_CONSENT, Channel.MEETING, frozenset({Purpose.OUTCOME_EVALUATION}), "notice-2018-1", until
    )
    given = begin(town.gateway, town.contract, who, consent, role=CASE)
    receipt = consent_receipt(town.gateway, town.contract, given.record, CONTACT, role=CASE)
    record = receipt["dpv:hasRecordOfActivity"]
    assert {field: path for field, path in MANDATORY.items() if not all(at(record, path) or [""])} == {}
    assert receipt["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
    assert record["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
    controller = record["dpv:hasDataController"]
    assert controller["dpv:hasName"] == "Aalborg Kommune"
    assert controller["dpv:hasAddress"] == CONTACT.address
    assert controller["dct:identifier"] == "CVR 00000000"
    assert controller["@type"] == ["dpv:DataController", "dpv:GovernmentalOrganisation"]
    withdrawal = record["dpv:hasConsentControl"]
    for way in (CONTACT.phone, CONTACT.email, CONTACT.address, given.record):
        assert way in withdrawal["dct:description"]
    assert at(record, "dpv:hasConsentStatus/dpv:hasDuration/rdf:value") == ["2031-06-30"]
    titles = at(record, "dpv:hasProcess/dpv:hasPersonalData/dct:title")
    assert "Betalte timer og indkomsttype måned for måned, ikke beløb" in titles
    recipients = at(record, "dpv:hasProcess/dpv:hasRecipient/dpv:hasName")
    assert sorted(recipients) == ["Den Sociale Kapitalfond", "FOKUS Folkeoplysning"]
    assert _prefixes(receipt) <= set(receipt["@context"])


def _prefixes(value: Any) -> set[str]:
    """The prefixes of all keys."""
    if isinstance(value, list):
        return {prefix for one in value for prefix in _prefixes(one)}
    if not isinstance(value, dict):
        return set()
    here = {name.partition(":")[0] for name in value if ":" in name}
    return here.union(*(_prefixes(one) for name, one in value.items() if name != "@context"))


def test_an_administrative_consent_is_no_consent_of_the_gdpr(town: SimulatedMunicipality):
    consent = NewRecord(
        RecordKind.ADMINISTRATIVE_CONSENT, Channel.MEETING, frozenset({Purpose.OUTCOME_EVALUATION}), "notice-2018-1"
    )
    given = begin(town.gateway, town.contract, someone(town), consent, role=CASE)
    receipt = consent_receipt(town.gateway, town.contract, given.record, CONTACT, role=CASE)
    record = receipt["dpv:hasRecordOfActivity"]
    assert receipt["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#receipt-record"
    assert record["dct:conformsTo"] == "https://w3id.org/dpv/schema/dpv-27560#record"
    assert at(record, "dpv:hasProcess/dpv:hasLegalBasis") == ["https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"]
    assert "A7-3" not in json.dumps(record)
    assert at(record, "dpv:hasConsentStatus/dpv:hasDuration/@type") == ["dpv:UntilEventDuration"]
