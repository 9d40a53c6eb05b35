"""Programme files: the two reference files load, and whatever is not understood is refused with its place."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import pytest

from policies.engine import PolicyEngine
from policies.errors import ProgrammeInvalid
from policies.programme import Programme
from policies.programme_file import load_programme
from policies.terms import Action, Party, Purpose, Role, purpose_terms

EXAMPLES = Path(__file__).parents[3] / "examples" / "programmes"
IMPACT60 = (EXAMPLES / "impact60.toml").read_text("utf-8")


def load(text: str) -> Programme:
    return load_programme(text.encode(), file="impact60.toml")


def test_impact60_says_who_may_what() -> None:
    programme = load(IMPACT60)
    assert (programme.id, programme.contract_id, programme.controller) == (
        "impact60",
        "impact60",
        "aalborg-kommune",
    )
    assert programme.sources == {"dream", "income"}
    investor = programme.party(Role.INVESTOR)
    assert investor == Party("den-sociale-kapitalfond", Role.INVESTOR)
    granted = {(grant.organisation, grant.action) for grant in programme.grants}
    assert ("den-sociale-kapitalfond", Action.RELEASE_TOTAL) in granted
    assert ("fokus-folkeoplysning", Action.RELEASE_PAYMENT) in granted
    assert not any(organisation == "det-obelske-familiefond" for organisation, _ in granted)


def test_a_source_for_another_purpose_serves_only_with_its_assessment() -> None:
    programme = load(IMPACT60)
    assert programme.assessments == {"dream": "15.20.00-G01-1-18, dok. 4"}
    assert programme.is_assessed("dream", for_another_purpose=True)
    assert programme.is_assessed("income", for_another_purpose=False)
    assert not programme.is_assessed("income", for_another_purpose=True)
    without = load("\n".join(line for line in IMPACT60.splitlines() if not line.startswith("assessments")))
    assert not without.is_assessed("dream", for_another_purpose=True)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('assessments = { other = "x" }', "assessments.other"),
        ('assessments = { dream = "" }', "assessments.dream"),
        ("assessments = { dream = true }", "assessments.dream"),
        ('assessments = "x"', "assessments"),
    ],
)
def test_an_assessment_is_a_reference_of_a_declared_source(written: str, key: str) -> None:
    line = next(line for line in IMPACT60.splitlines() if line.startswith("assessments"))
    with pytest.raises(ProgrammeInvalid, match=rf"line {IMPACT60.splitlines().index(line) + 1}: {key} "):
        load(IMPACT60.replace(line, written))


def test_ballerup_investor_may_be_told_a_predicate_only() -> None:
    programme = load_programme((EXAMPLES / "ballerup.toml").read_bytes(), file="ballerup.toml")
    investor = {grant.action for grant in programme.grants if grant.role is Role.INVESTOR}
    assert investor == {Action.RELEASE_PREDICATE, Action.READ_SETTLEMENT}
    assert programme.party(Role.AUDITOR) is None


def test_all_link_into_one_engine() -> None:
    programmes = [load_programme(path.read_bytes(), file=path.name) for path in EXAMPLES.glob("*.toml")]
    assert len(programmes) == 7
    PolicyEngine.load().with_programmes(programmes)


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.toml")))
def test_the_programme_names_the_contract_as_it_is(name: str) -> None:
    """If this fails after a reviewed change of the contract: write its sha256sum into the programme file."""
    contract = (EXAMPLES.parent / "contracts" / f"{name}.toml").read_bytes()
    programme = load_programme((EXAMPLES / f"{name}.toml").read_bytes(), file=f"{name}.toml")
    assert programme.contract_sha256 == hashlib.sha256(contract).hexdigest()


def test_period_and_last_day_for_pulls() -> None:
    programme = load(IMPACT60)
    assert programme.covers(date(2018, 10, 1), date(2022, 6, 30))
    assert not programme.covers(date(2018, 9, 30), date(2018, 10, 1))
    assert not programme.covers(date(2022, 6, 30), date(2022, 7, 1))
    assert not programme.covers(date(2019, 2, 1), date(2019, 1, 1))
    assert programme.pull_open(on=date(2026, 1, 1))
    until = load(IMPACT60.replace("\nsources", "\npull_until = 2023-01-31\nsources"))
    assert until.pull_open(on=date(2023, 1, 31))
    assert not until.pull_open(on=date(2023, 2, 1))
    assert not load(IMPACT60.replace("active = true", "active = false")).pull_open(on=date(2020, 1, 1))


def test_a_changed_byte_changes_the_digest() -> None:
    assert load(IMPACT60).sha256 != load(IMPACT60 + "# one more line\n").sha256


PURPOSES = next(line.partition("= ")[2] for line in IMPACT60.splitlines() if line.startswith("purposes"))
LAST_GRANT = IMPACT60.count("[[grants]]") - 1
REFUSALS = {
    # what is changed: (old, new, key that is named, what the message says)
    "unknown key": ('title = "IMPACT60"', 'title = "IMPACT60"\ncolour = "red"', "colour", "not a word"),
    "missing key": ('law_reference = "', 'reference = "', "reference", "law_reference may be meant"),
    "other schema": ("programme/1", "programme/2", "schema", "programme/1"),
    "unknown purpose": ('"outcome-payment"', '"outcome-paymnt"', "purposes", "vocabulary Purpose"),
    "purpose twice": ('"outcome-payment", ', '"outcome-payment", "outcome-payment", ', "purposes", "twice"),
    "no purpose": (PURPOSES, "[]", "purposes", "one"),
    "nobody's right can be served": (', "rights-request"', "", "purposes", "served"),
    "nobody can watch": (', "access-review"', "", "purposes", "watch"),
    "a basis that is none": ('["statutory_basis"]', '["objection"]', "requires", "bases"),
    "an unknown basis": ('["statutory_basis"]', '["habit"]', "requires", "vocabulary RecordKind"),
    "nothing said of protected persons": ("protected_persons", "# protected_persons", "protected_persons", "missing"),
    "too long to decide": (
        "suspension_days = 5",
        "suspension_days = 31",
        "suspension_days",
        "at least 1 and at most 30",
    ),
    "nobody may be looked up": (
        "suspension_days = 5",
        "most_look_ups = 0\nsuspension_days = 5",
        "most_look_ups",
        "at least 1 and at most 9999",
    ),
    "a notice without Danish": ('language = "da"', 'language = "en"', "notices.1.id", "twice"),
    "a notice elsewhere": ('"../notices/impact60/1.da.md"', '"/etc/1.da.md"', "notices.0.file", "plain path"),
    "a notice without file": ('file = "../notices/impact60/1.da', 'path = "1.da', "notices.0.file", "missing"),
    "no version": ("version = 1", "version = 0", "notices.0.version", "at least 1 and at most 999"),
    "a subject code that is none": ('kle = "15.20.00"', 'kle = "15"', "retention.kle", "KLE"),
    "an unknown archive decision": ('archive = "preserve"', 'archive = "maybe"', "retention.archive", "one of"),
    "an unknown key of retention": ('kle = "15', 'kl = 1\nkle = "15', "retention.kl", "a word"),
    "accounts end too early": (
        "accounting_until = 2026",
        "accounting_until = 2020",
        "retention.accounting_until",
        "closes_on",
    ),
    "unknown legal basis": ("gdpr#A6-1-e", "gdpr#A6-1-z", "legal_basis", "vocabulary LegalBasis"),
    "empty law": ('law_reference = "law"', 'law_reference = ""', "law_reference", "empty"),
    "a law that has no word": ('law_reference = "law"', 'law_reference = "lov"', "law_reference", "no word"),
    "a grant whose law has no word": (
        'action = "enrol"',
        'action = "enrol"\nlaw_reference = "lov"',
        "grants.0.law_reference",
        "no word",
    ),
    "a key of a word with capitals": ('key = "law"', 'key = "Law"', "words.2.key", "lower-case"),
    "a word without source": ('source = "lovbekendtg', 'origin = "lovbekendtg', "words.2.source", "missing"),
    "a word without first day": ("valid_from = 2027-01-01\n", "", "words.3.valid_from", "missing"),
    "two words on one day": ("valid_from = 2026-07-01", "valid_from = 2026-06-30", "words.1.valid_from", "two words"),
    "a word that ends first": ("valid_to = 2026-12-31", "valid_to = 2017-12-31", "words.2.valid_to", "lies before"),
    "another key of a word": ('key = "law"', 'key = "law"\ncolour = "red"', "words.2.colour", "a word"),
    "a switch as text": ("active = true", 'active = "true"', "active", "true or false"),
    "a day as text": ("opens_on = 2018-10-01", 'opens_on = "2018-10-01"', "opens_on", "date"),
    "a moment for a day": ("opens_on = 2018-10-01", "opens_on = 2018-10-01T00:00:00Z", "opens_on", "date"),
    "closes first": ("closes_on = 2022-06-30", "closes_on = 2018-09-30", "closes_on", "before"),
    "digest is cut": ('" # of examples', '0" # of examples', "contract_sha256", "64"),
    "an id with a space": ('\nid = "impact60"', '\nid = "impact 60"', "id", "lower-case"),
    "controller not declared": ('controller = "aalborg', 'controller = "anden', "controller", "municipality"),
    "unknown role": ('role = "dpo"', 'role = "boss"', "parties.3.role", "vocabulary Role"),
    "party twice": ('role = "system_owner"', 'role = "municipality"', "parties.1.organisation", "twice"),
    "unknown action": ('action = "enrol"', 'action = "enroll"', "grants.0.action", "vocabulary Action"),
    "grant of an undeclared party": (
        'organisation = "fokus-folkeoplysning"\nrole = "operator"\naction',
        'organisation = "fokus"\nrole = "operator"\naction',
        "grants.4.organisation",
        "declared",
    ),
    "two grants of one name": ('id = "investor-total"', 'id = "operator-total"', "grants.6.id", "same name twice"),
    "granted twice": (
        'role = "operator"\naction = "release_payment"',
        'role = "operator"\naction = "release_total"',
        "grants.5.action",
        "twice",
    ),
    "unknown key in a grant": ('action = "enrol"', 'action = "enrol"\nuntil = 2', "grants.0.until", "a word"),
    "a service as somebody": (
        "\n[retention]",
        '\n[[appointments]]\nstaff = "gateway (server)"\nrole = "dpo"\nuntil = 2030-01-01\n\n[retention]',
        "appointments.0.staff",
        "service",
    ),
    "key of somebody who is no auditor": (
        "\n[retention]",
        f'\n[[appointments]]\nstaff = "ole"\nrole = "dpo"\nuntil = 2030-01-01\nkey = "{"k" * 43}"\n\n[retention]',
        "appointments.0.key",
        "auditor",
    ),
    "key that is no thumbprint": (
        "\n[retention]",
        '\n[[appointments]]\nstaff = "rita"\nrole = "auditor"\nuntil = 2030-01-01\nkey = "abc"\n\n[retention]',
        "appointments.0.key",
        "thumbprint",
    ),
    "auditor with another role": (
        "\n[retention]",
        (
            '\n[[appointments]]\nstaff = "rita"\nrole = "dpo"\nuntil = 2030-01-01\n'
            '\n[[appointments]]\nstaff = "rita"\nrole = "auditor"\nuntil = 2030-01-01\n\n[retention]'
        ),
        "appointments.1.staff",
        "audits",
    ),
    "one key for two auditors": (
        "\n[retention]",
        "".join(
            f'\n[[appointments]]\nstaff = "{one}"\nrole = "auditor"\nuntil = 2030-01-01\nkey = "{"k" * 43}"\n'
            for one in ("rita", "ruth")
        )
        + "\n[retention]",
        "appointments.1.key",
        "another",
    ),
    "auditor of the controller": (
        '\n[[parties]]\norganisation = "det-obelske-familiefond"',
        (
            '\n[[parties]]\norganisation = "aalborg-kommune"\nrole = "auditor"\n'
            '\n[[parties]]\norganisation = "det-obelske-familiefond"'
        ),
        "parties.7.role",
        "no other role",
    ),
    "auditor of a party": (
        '\n[[parties]]\norganisation = "det-obelske-familiefond"',
        (
            '\n[[parties]]\norganisation = "fokus-folkeoplysning"\nrole = "auditor"\n'
            '\n[[parties]]\norganisation = "det-obelske-familiefond"'
        ),
        "parties.7.role",
        "may not measure or watch them",
    ),
    "appointments as a number": ("\nrequires", "\nappointments = 1\nrequires", "appointments", "list of tables"),
}


@pytest.mark.parametrize(("old", "new", "key", "says"), REFUSALS.values(), ids=REFUSALS)
def test_refusal_names_file_line_and_key(old: str, new: str, key: str, says: str) -> None:
    assert old in IMPACT60
    text = IMPACT60.replace(old, new, 1) if key != "parties" else IMPACT60.replace(old, new)
    with pytest.raises(ProgrammeInvalid) as caught:
        load(text)
    error = caught.value
    assert (error.file, error.key, error.code) == ("impact60.toml", key, "programme-invalid")
    assert says in error.reason
    name = key.rsplit(".", 1)[-1]
    line = text.splitlines()[error.line - 1]
    if "missing" not in says:
        assert line.startswith(name)
    assert f"line {error.line}" in str(error)


@pytest.mark.parametrize(
    ("text", "line"),
    [(b'schema = "programme/1"\nid = \n', 2), (b'schema = "a"\nid = "\xe6"\n', 2), (b'a = """', 1)],
)
def test_text_that_is_not_toml_is_refused_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(ProgrammeInvalid) as caught:
        load_programme(text, file="x.toml")
    assert caught.value.line == line


def test_the_line_is_that_of_the_right_grant() -> None:
    """The same key stands in every [[grants]] entry: the message points at the one that is wrong."""
    head, _, tail = IMPACT60.rpartition('role = "dpo"')
    with pytest.raises(ProgrammeInvalid) as caught:
        load(head + 'role = "dop"' + tail)
    assert caught.value.key == f"grants.{head.count('[[grants]]') - 1}.role"
    assert caught.value.line == head.count("\n") + 1


def test_every_purpose_has_a_term_of_the_data_privacy_vocabulary() -> None:
    terms = purpose_terms()
    assert set(terms) == set(Purpose)
    for term in terms.values():
        assert term.iri.startswith("https://w3id.org/dpv#")
        assert term.relation in {"equals", "narrower"}
        assert term.label_da
        assert term.label_en
