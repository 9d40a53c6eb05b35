"""IMPACT60 as the municipality delivers itself: a fund lends, the municipality repays it by results."""

from __future__ import annotations

from pathlib import Path

from gateway.contracts.contact import Contact, load_contact
from gateway.installation.gateway import Gateway
from gateway.outcomes.contract import Contract
from gateway.settlement import acknowledging, billing
from gateway.store.settlement_tables import Bill
from policies.programme import Programme
from policies.terms import Party, Role
from tests.functional.test_traps import Clock
from tests.support.auditing import AUDITOR, ORGANISATION, STAFF
from tests.support.histories import EXAMPLES
from tests.support.lenders import NAME
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.payers import FUND
from tests.support.settling import officer
from tests.support.several_sources import GRANTS
from tests.support.simulated import Edit, acting, simulated

LENDER, DELIVERS, STATES = "den-sociale-kapitalfond", "dan", "mona"
INVESTOR = Party(LENDER, Role.INVESTOR)
PAYMENT = ("payment_document", "investor")
CONTRACT: tuple[Edit, ...] = (
    (
        ('[parties.operator]\norganisation = "fokus-folkeoplysning"\nname = "FOKUS Folkeoplysning"\nlegal_role = '
        '"other_actor" # our reading; illustrative: processor | other_actor | independent_controller\n\n'),
        "",
    ),
    ('    "parties.operator.legal_role",\n', ""),
    ("\n[cohort]\n", "\n[caps]\nreturn_per_mille_a_year = 50\nreturn_years = 2\n\n[cohort]\n"),
    ("max_return_minor = 150000000 # 1.5 million kr.\n", ""),
    ('recipients = ["operator", "investor"]', 'recipients = ["investor"]'),
    (
        'template = "payment_document"\nrecipients = ["operator"]',
        'template = "payment_document"\nrecipients = ["investor"]',
    ),
    (
        'reasons_windows = ["2020H2"]               # why people are not counted, as numbers, for the operator\n',
        "",
    ),
    (
        ('vat = "exempt" # the parties\' own assessment, not ours\nvat_reason = '
        '"Momsfritaget, momsloven § 13, stk. 1, nr. 2"\n'),
        "",
    ),
    ('[settlement.seller]\ncvr = "99990015"\nzip = "9000"\ncity = "Aalborg"\n\n', ""),
)  # fmt: skip


def _grant(organisation: str, role: str, action: str) -> str:
    party = f'organisation = "{organisation}"\nrole = "{role}"\n'
    return f'\n[[grants]]\nid = "{role}-{action}"\n{party}action = "{action}"\n'


def _without(name: str, action: str) -> Edit:
    party = 'organisation = "fokus-folkeoplysning"\nrole = "operator"\n'
    return f'[[grants]]\nid = "{name}"\n{party}action = "{action}"\n\n', ""


AUDITS = "".join(_grant(ORGANISATION, "auditor", action) for action in ("audit", "audit_rows")) + (
    f'\n[[appointments]]\nstaff = "{AUDITOR}"\nrole = "auditor"\nuntil = 2031-12-31\n'
)
DELIVERER = f'\n[[appointments]]\nstaff = "{DELIVERS}"\nrole = "operator"\nuntil = 2031-12-31\n'
_STAFF = "".join(
    f'\n[[appointments]]\nstaff = "{name}"\nrole = "{role}"\nuntil = 2031-12-31\n'
    for name, role in {**STAFF, "carla": "case_worker", "officer": "settlement_officer", STATES: "municipality"}.items()
)
_ADDED = "".join(
    (
        f'\n[[parties]]\norganisation = "{ORGANISATION}"\nrole = "auditor"\n',
        *(_grant(LENDER, "investor", action) for action in ("release_payment", "acknowledge")),
        _STAFF,
        AUDITS,
        DELIVERER,
    )
)
_FIRST = '\n[[grants]]\nid = "municipality-enrols"'
PROGRAMME: tuple[Edit, ...] = (
    ('[[parties]]\norganisation = "fokus-folkeoplysning"\nrole = "operator"\n\n', ""),
    _without("operator-total", "release_total"),
    _without("operator-payment", "release_payment"),
    _without("operator-reads-settlement", "read_settlement"),
    _without("operator-acknowledges", "acknowledge"),
    _without("operator-invoices", "request_payment"),
    ("purposes = [", 'purposes = ["audit", '),
    (_FIRST, f"{_ADDED}{_FIRST}"),
)
# documents of businesses and of work abroad, as several_sources has them
DOCUMENTS: tuple[Edit, ...] = (
    ('status = "dream"\n', 'status = ["evidence", "dream"]\nevidence = ["self_employed", "work_abroad"]\n'),
    ('statuses = ["education"] #', 'statuses = ["education", "self_employed"] #'),
)
DOCUMENTS_GRANTED: tuple[Edit, ...] = ((_FIRST, f"\n{GRANTS}{_FIRST}"),)
PARTS = (3, 2)  # of what two lend
TWO: tuple[Edit, ...] = (
    (
        NAME,
        (
            f'{NAME}share_parts = {PARTS[0]}\n\n[[investors]]\norganisation = "{FUND}"\nname = "Statens Fond"\n'
            f"share_parts = {PARTS[1]}\n"
        ),
    ),
)
TWO_GRANTED: tuple[Edit, ...] = (
    (
        _FIRST,
        f'\n[[parties]]\norganisation = "{FUND}"\nrole = "investor"\n'
        + "".join(
            _grant(FUND, "investor", action).replace('id = "', f'id = "{FUND}-')
            for action in ("release_payment", "acknowledge", "read_settlement", "release_total")
        )
        + _FIRST,
    ),
)


def papers_of(town: SimulatedMunicipality) -> tuple[Contract, Programme, Contact]:
    """What a citizen's papers are printed from."""
    contact = (EXAMPLES / "contacts" / "aalborg.toml").read_bytes()
    with town.gateway.store.read() as session:
        contract, programme = town.gateway.contract(session, "impact60"), town.gateway.programme(session, "impact60")
    return contract, programme, load_contact(contact, file="contact.toml")


def self_delivering(
    folder: Path, clock: Clock, *, edits: tuple[Edit, ...] = (), programme_edits: tuple[Edit, ...] = ()
) -> SimulatedMunicipality:
    """Enrolled and pulled."""
    made = simulated(
        folder,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *CONTRACT, *edits),
        programme_edits=(*PROGRAMME, *programme_edits),
        clock=clock,
    )
    made.enrol()
    made.pull_all()
    return SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)


def accept(town: SimulatedMunicipality, window: str) -> None:
    """Whoever lent and the settlement officer acknowledge a window."""
    acknowledging.acknowledge(town.gateway, town.contract, window, as_party=INVESTOR)
    acknowledging.acknowledge(officer(town), town.contract, window)


def stated(gateway: Gateway, window: str) -> Bill:
    """The municipality makes a statement of repayment."""

    return billing.request_payment(acting(gateway, STATES), "impact60", window)[0]
