"""Writes the generated part of docs/data-protection.md: `python -m tests.docs.data_protection`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from connectors.declaration import load_declaration
from gateway.documents.processing_record import record
from gateway.outcomes.contract_file import load_contract
from policies.programme_file import load_programme
from tests.support.histories import EXAMPLES

PAGE = Path(__file__).parents[2] / "docs" / "data-protection.md"
ON = date(2026, 11, 29)  # whose words it uses
_START, _END = "<!-- generated: python -m tests.docs.data_protection -->\n", "<!-- end of the generated part -->"


def generated() -> str:
    """The records of processing of the two examples."""
    parts = []
    for name in ("impact60", "ballerup"):
        contract = load_contract((EXAMPLES / "contracts" / f"{name}.toml").read_bytes(), file=f"{name}.toml")
        programme = load_programme((EXAMPLES / "programmes" / f"{name}.toml").read_bytes(), file=f"{name}.toml")
        files = [EXAMPLES / "sources" / f"{source}.toml" for source in dict.fromkeys(contract.sources)]
        sources = [load_declaration(one.read_bytes(), file=one.name) for one in files]
        parts.append(record(contract, programme, sources, on=ON))
    return "\n".join(parts)


def page() -> str:
    """The page with its generated part made again."""
    head, _, rest = PAGE.read_text("utf-8").partition(_START)
    _, mark, tail = rest.partition(_END)
    return f"{head}{_START}{generated()}{mark}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
