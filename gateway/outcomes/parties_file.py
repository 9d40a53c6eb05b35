"""Reads who signs a contract: the municipality that pays, further payers, operator and investors."""

from __future__ import annotations

from gateway.outcomes.succession import read_succession
from gateway.outcomes.terms import ContractParty
from policies.terms import LegalRole
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.mistakes import Hole
from vocabulary.releases import Recipient

_MOST = 10  # payers, the municipality among them; and investors
_ROLES = ("outcome_payer", *Recipient)


def read_parties(root: DeclarationTable) -> tuple[ContractParty, ...]:
    """Everybody with a role, the payers first; `DeclarationInvalid` for the municipality on both sides, unless it is an
    office of its own that lends beside somebody else, or delivers itself: then nobody is named as operator.
    """
    table = root.table("parties")
    share = table.part(lambda: _default_share(root, table))
    is_lent = "investor" in table or "investors" in root
    found: list[ContractParty] = []
    for role in _ROLES:
        if role == "investor":
            found += _investors(root, table, found)
            continue
        if role == "operator" and role not in table and is_lent:
            continue  # the municipality delivers itself, and repays whoever lends
        found.append(_party(table, role, found, share=share))
        if role == "outcome_payer":
            found += _payers(root, found[0], share=share)
    table.finish()
    return tuple(found)


def _default_share(root: DeclarationTable, parties: DeclarationTable) -> int | None:
    """None where payers say their shares; of several who say none each tariff says the price. One alone bears all."""
    if "payers" not in root:
        return 1
    payers = [parties.table("outcome_payer"), *root.tables("payers", least=0)]
    return None if any("share_parts" in payer for payer in payers) else 0


def _party(parties: DeclarationTable, role: str, before: list[ContractParty], *, share: int | None) -> ContractParty:
    return parties.part(lambda: _read_party(parties.table(role), role, before, share=share), role=role)


def _read_party(table: DeclarationTable, role: str, before: list[ContractParty], *, share: int | None) -> ContractParty:
    is_payer, is_investor = role == "outcome_payer", role == "investor"
    country = table.convert("country", _country, "DK") if is_payer else "DK"
    code = table.part(lambda: _code(table, country)) if is_payer else ""
    legal_role = table.part(lambda: _legal_role(table)) if role == "operator" else None
    parts = _share(table, share) if is_payer or is_investor else 0
    unit = table.text("unit", "") if is_investor else ""
    names = table.text("organisation"), table.text("name")
    succession = table.part(lambda: read_succession(table, names[0])) if not is_payer else None
    table.finish()
    with table.check():
        if succession is not None and unit:
            raise table.refuse("succeeds", "is an office of the municipality's, which is in nobody else's place")
    with table.check():
        if before and not unit and names[0] == before[0].organisation:
            reason = "is the municipality that pays: it measures and approves, and may not be on the other side as well"
            raise table.refuse("organisation", reason, rule="party-conflict")
    with table.check():
        if unit and names[0] != before[0].organisation:
            raise table.refuse("unit", "names an office of the municipality, and this is another organisation")
    return ContractParty(role, *names, code, legal_role, country, parts, unit, succession)


def _payers(root: DeclarationTable, municipality: ContractParty, *, share: int | None) -> list[ContractParty]:
    """Who bears a share of every amount beside the municipality."""

    before = root.part(lambda: {municipality.organisation})

    def read(table: DeclarationTable) -> ContractParty:
        names, parts = (table.text("organisation"), table.text("name")), _share(table, share)
        table.finish()
        if names[0] in before:
            raise table.refuse("organisation", "uses the same name twice")
        before.add(names[0])
        return ContractParty("outcome_payer", *names, share_parts=parts)

    payers = list(root.rows("payers", read, least=0, role="outcome_payer"))
    with root.check():
        if len(payers) >= _MOST:
            raise root.refuse("payers", f"must be fewer than {_MOST}")
    return payers


def _investors(root: DeclarationTable, table: DeclarationTable, before: list[ContractParty]) -> list[ContractParty]:
    """Who lends: `[parties.investor]` and then `[[investors]]`; nobody where the operator carries the risk itself, and
    no release may name an investor then.
    """
    rows = root.part(lambda: root.tables("investors", least=0))
    share = root.part(lambda: None if len(rows) + ("investor" in table) > 1 else 1)
    found = [_party(table, "investor", before, share=share)] if "investor" in table else []

    def read(row: DeclarationTable) -> ContractParty:
        return _read_party(row, "investor", before, share=share)

    found += root.rows("investors", read, least=0, by="organisation", role="investor")
    with root.check():
        if len({one.organisation for one in found}) < len(found):
            raise root.refuse("investors", "names an organisation twice")
        if len(found) > _MOST:
            raise root.refuse("investors", f"must be at most {_MOST}")
        if found and all(one.unit for one in found):
            where = table.table("investor") if "investor" in table else rows[0]
            reason = "is the municipality's own office, and may not lend alone: nobody else would watch the result"
            raise where.refuse("unit", reason, rule="party-conflict")
    return found


def _legal_role(table: DeclarationTable) -> LegalRole:
    return LegalRole(table.convert("legal_role", one_of(*LegalRole)))


def _share(table: DeclarationTable, share: int | None) -> int:
    """The parts that a party bears of what its role does; `share` where none says any."""
    if isinstance(share, Hole):
        table.knows("share_parts")
    return table.integer("share_parts", least=1, most=1_000_000) if share is None else share


def _code(payer: DeclarationTable, country: str) -> str:
    """The payer's kommunekode. Only Danish municipalities have one, and they must say it."""
    if isinstance(country, Hole):
        payer.knows("municipality_code")
    return payer.convert("municipality_code", _municipality_code) if country == "DK" else ""


def _country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isupper()):
        raise ValueError("must be two capital letters (ISO 3166-1)")
    return text


def _municipality_code(text: str) -> str:
    if not (len(text) == 3 and text.isdigit()):
        raise ValueError("must have three digits (kommunekode)")
    return text
