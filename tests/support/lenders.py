"""IMPACT60 as three lend on it: a fund, a state fund that pays as well, and an office of the municipality."""

from __future__ import annotations

from tests.support.auditing import STAFF
from tests.support.payers import FUND, SHARED
from tests.support.simulated import Edit

OFFICE, TOWN, LENDER = "Aalborg Kommunes investeringsråd", "aalborg-kommune", "den-sociale-kapitalfond"
LENT = (3, 2, 2)  # parts of what is lent
_INVESTORS = f"""
[[investors]]
organisation = "{FUND}"
name = "Statens Fond"
share_parts = {LENT[1]}

[[investors]]
organisation = "{TOWN}"
name = "{OFFICE}"
unit = "investeringsrådet"
share_parts = {LENT[2]}
"""
NAME = 'name = "Den Sociale Kapitalfond"\n'
LENDERS: tuple[Edit, ...] = ((NAME, f"{NAME}share_parts = {LENT[0]}\n{_INVESTORS}"),)
ALL: tuple[Edit, ...] = (*SHARED, *LENDERS)  # the state fund pays too, as one of three


def _grant(organisation: str, action: str) -> str:
    party = f'organisation = "{organisation}"\nrole = "investor"\n'
    return f'\n[[grants]]\nid = "{organisation}-{action}"\n{party}action = "{action}"\n'


LENDS = "vera"  # for the office of the municipality, and for nothing else
_ROLES = {**STAFF, "officer": "settlement_officer", LENDS: "investor"}
_APPOINTMENTS = "".join(
    f'\n[[appointments]]\nstaff = "{name}"\nrole = "{role}"\nuntil = 2031-12-31\n' for name, role in _ROLES.items()
)
_PARTIES = "".join(f'\n[[parties]]\norganisation = "{one}"\nrole = "investor"\n' for one in (FUND, TOWN))
_GRANTS = "".join(_grant(one, action) for one in (FUND, TOWN) for action in ("release_total", "read_settlement"))
_FIRST = '\n[[grants]]\nid = "municipality-enrols"'
PROGRAMME: tuple[Edit, ...] = ((_FIRST, f"{_PARTIES}{_APPOINTMENTS}{_GRANTS}{_FIRST}"),)
