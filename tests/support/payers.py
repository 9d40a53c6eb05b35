"""IMPACT60 as three pay it: the municipality, a region and a state fund, in parts that divide no amount evenly."""

from __future__ import annotations

from tests.support.simulated import Edit

REGION, FUND = "region-nordjylland", "statens-fond"
PARTS = (4, 2, 1)
_FURTHER = f"""
[[payers]]
organisation = "{REGION}"
name = "Region Nordjylland"
share_parts = {PARTS[1]}

[[payers]]
organisation = "{FUND}"
name = "Statens Fond"
share_parts = {PARTS[2]}
"""
_BUYERS = f"""
[[settlement.payers]]
organisation = "{FUND}"
cvr = "99990058"
gln = "5799999002007"
zip = "1000"
city = "København"
order_number = "77000001"
person_reference = "Tilskud"
account = "17.46.01.10"

[[settlement.payers]]
organisation = "{REGION}"
cvr = "99990066"
gln = "5799999001086"
zip = "9220"
city = "Aalborg Øst"
order_number = "66000001"
person_reference = "Regnskab"
account = "1.02.03"
"""
# the settlement's rows stand in another order than the payers: the payers' order decides
SHARED: tuple[Edit, ...] = (
    ('municipality_code = "851"\n', f'municipality_code = "851"\nshare_parts = {PARTS[0]}\n'),
    ("[parties.operator]\n", f"{_FURTHER}\n[parties.operator]\n"),
    ("[settlement.seller]\n", f"{_BUYERS}\n[settlement.seller]\n"),
)
