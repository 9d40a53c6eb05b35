"""Reads who signs a contract: the municipality that pays, further payers, operator and investor."""

from __future__ import annotations

from gateway.outcomes.terms import ContractParty
from policies.terms import LegalRole
from vocabulary.declaration import DeclarationTable, one_of
from vocabulary.mistakes import Hole
from vocabulary.releases import Recipient

_MOST_PAYERS = 10  # the municipality among them
_ROLES = ("outcome_payer", *Recipient)


def read_parties(root: DeclarationTable) -> tuple[ContractParty, ...]:
    """Everybody with a role, the payers first; `DeclarationInvalid` for the municipality on both sides."""
    table, has_others = root.table("parties"), "payers" in root
    share = table.part(lambda: _default_share(root, table)) if has_others else 1
    parties: list[ContractParty] = []
    for role in _ROLES:
        if role == "investor" and role not in table:
            continue  # the operator carries the risk itself; no release may name an investor then
        parties.append(_party(table, role, parties, share=share))
        if role == "outcome_payer":
            parties += _payers(root, parties[0], share=share)
    table.finish()
    return tuple(parties)


def _default_share(root: DeclarationTable, parties: DeclarationTable) -> int | None:
    """None where the payers say their shares; else each tariff says its price."""
    payers = [parties.table("outcome_payer"), *root.tables("payers", least=0)]
    return None if any("share_parts" in payer for payer in payers) else 0


def _party(parties: DeclarationTable, role: str, before: list[ContractParty], *, share: int | None) -> ContractParty:
    return parties.part(lambda: _read_party(parties.table(role), role, before, share=share), role=role)


def _read_party(table: DeclarationTable, role: str, before: list[ContractParty], *, share: int | None) -> ContractParty:
    is_payer = role == "outcome_payer"
    country = table.convert("country", _country, "DK") if is_payer else "DK"
    code = table.part(lambda: _code(table, country)) if is_payer else ""
    legal_role = table.part(lambda: _legal_role(table)) if role == "operator" else None
    parts = _share(table, share) if is_payer else 0
    names = table.text("organisation"), table.text("name")
    table.finish()
    with table.check():
        if before and names[0] == before[0].organisation:
            reason = "is the municipality that pays: it measures and approves, and may not be on the other side as well"
            raise table.refuse("organisation", reason, rule="party-conflict")
    return ContractParty(role, *names, code, legal_role, country, parts)


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
        if len(payers) >= _MOST_PAYERS:
            raise root.refuse("payers", f"must be fewer than {_MOST_PAYERS}")
    return payers


def _legal_role(table: DeclarationTable) -> LegalRole:
    return LegalRole(table.convert("legal_role", one_of(*LegalRole)))


def _share(table: DeclarationTable, share: int | None) -> int:
    """The parts that a payer bears; `share` where none says any: it pays alone, or each tariff says its price."""
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
