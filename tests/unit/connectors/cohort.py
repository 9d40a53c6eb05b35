"""A cohort of two people who do not exist, a vault in memory, and the declared sources of `examples/`.

All numbers are replacement numbers (day + 60), which no person has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.boundary import Boundary, CohortMatcher
from connectors.declaration import SourceDeclaration, load_declaration
from keys.blind_index import BlindIndexKey
from keys.cpr import Cpr
from keys.linkage import BlindIndexRow, Linkage, contract_domain
from vocabulary.records import SubjectRef
from vocabulary.weeks import Week

ANNE, BO, STRANGER = "6101801234", "6202811235", "6303821236"
A, B = SubjectRef("a" * 32), SubjectRef("b" * 32)
WEEKS = (Week.parse("2020-W01"), Week.parse("2021-W05"))
SOURCES = Path(__file__).parents[3] / "examples" / "sources"
CONTRACT = "test-contract"

YR_HEADER = (
    "CPR nummer;Uge;Ydelse;Finansiering Kommunenavn;Beregnet udbetalingsbeløb;Refusionsbeløb;Medfinansieringsbeløb"
)
INCOME_HEADER = "CPR nummer;Måned;Indkomsttype;Betalte timer;SE-nummer;Beløb"
REFERRAL_HEADER = "CPR nummer;Henvist dato;Leverandørens sagsnummer;Underretning"


def declared(kind: str) -> SourceDeclaration:
    file = SOURCES / f"{kind}.toml"
    return load_declaration(file.read_bytes(), file=file.name)


def matcher(people: Mapping[str, SubjectRef] | None = None) -> CohortMatcher:
    """A matcher for Anne and Bo."""
    key = BlindIndexKey.derive(b"k" * 32, domain=contract_domain(CONTRACT), version=1)
    people = {ANNE: A, BO: B} if people is None else people
    return CohortMatcher(key, {key.index_of(Cpr.parse(text)): ref.value for text, ref in people.items()})


class MemoryVault:
    """`keys.linkage.VaultStore` in dictionaries."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[bytes, bytes]] = {}
        self.rows: list[tuple[BlindIndexRow, str]] = []

    def add(self, subject: str, *, sealed_cpr: bytes, wrapped_key: bytes, indexes: Sequence[BlindIndexRow]) -> None:
        self.entries[subject] = sealed_cpr, wrapped_key
        self.rows.extend((row, subject) for row in indexes)

    def replace(self, subject: str, *, sealed_cpr: bytes, indexes: Sequence[BlindIndexRow]) -> None:
        self.entries[subject] = sealed_cpr, self.entries[subject][1]
        self.rows.extend((row, subject) for row in indexes)

    def subjects_at(self, domain: str, key_version: int, index: bytes) -> list[str]:
        wanted = BlindIndexRow(domain, key_version, index)
        return [subject for row, subject in self.rows if row == wanted]

    def subjects_in(self, domain: str, key_version: int) -> Mapping[bytes, str]:
        return {row.index: s for row, s in self.rows if (row.domain, row.key_version) == (domain, key_version)}

    def sealed_entry(self, subject: str) -> tuple[bytes, bytes]:
        return self.entries[subject]


def boundary(vault: MemoryVault) -> Boundary:
    return Boundary(Linkage(vault, secret=b"s" * 32, vault_key=b"v" * 32))


def write(path: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    """A text file of these lines, each with its line end."""
    path.write_bytes("".join(line + end for line in lines).encode(encoding))
    return path
