"""Where a citizen writes: what no contract and no programme knows, as a file of the municipality."""

from __future__ import annotations

from dataclasses import dataclass, fields

from vocabulary.declaration import parse


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a citizen writes; given by the municipality, printed as it is."""

    name: str
    address: str
    email: str
    phone: str
    dpo_email: str  # the data protection officer's
    cvr: str = ""  # the municipality's number in the business register, eight digits; may be left out


def load_contact(text: bytes, *, file: str) -> Contact:
    """Read a contact file; `DeclarationInvalid` (file, line, key, reason) for a key that is unknown or missing."""
    root = parse(text, file=file)
    table = root.table("contact")
    cvr = table.convert("cvr", _cvr) if "cvr" in table else ""
    contact = Contact(
        **{field.name: table.text(field.name) for field in fields(Contact) if field.name != "cvr"}, cvr=cvr
    )
    table.finish()
    root.finish()
    return contact


def _cvr(text: str) -> str:
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        raise ValueError("must be eight digits")
    return text
