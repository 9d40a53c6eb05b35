"""What a person is told before enrolment is a file of the municipality: everybody who reads it sees the same."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from gateway.contracts.declarations import read_declared
from policies.errors import ProgrammeInvalid
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality, ready

NOTICE, PROGRAMME = "notices/impact60/1.da.md", "programmes/impact60.toml"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedMunicipality:
    return ready(tmp_path_factory.mktemp("town"), pulled=False)


def declared_with(town: SimulatedMunicipality, folder: Path, notice: bytes) -> None:
    """Read the agreement with another notice, whose digest the programme names."""
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    old = hashlib.sha256((folder / NOTICE).read_bytes()).hexdigest()
    (folder / NOTICE).write_bytes(notice)
    text = (folder / PROGRAMME).read_text("utf-8")
    assert old in text
    (folder / PROGRAMME).write_text(text.replace(old, hashlib.sha256(notice).hexdigest()), "utf-8")
    read_declared(town.gateway, folder / "contracts" / "impact60.toml", folder / PROGRAMME)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_notice_of_several_lines_is_taken(town: SimulatedMunicipality, tmp_path: Path, line_end: str) -> None:
    declared_with(town, tmp_path, line_end.join(["# Til dig", "", "\tÆblegrød på fløde.", ""]).encode())


@pytest.mark.parametrize(
    ("notice", "reason"),
    [
        ("Du kan sige \u202enej".encode(), "U+202E"),
        (b"Du kan sige\x1b[2J nej", "U+001B"),
        ("Du kan ik\u200bke sige nej".encode(), "U+200B"),
        ("Du kan\u00a0sige nej".encode(), "U+00A0"),
        (b"", "must not be empty"),
        (b" \n\n", "must not be empty"),
        ("På".encode("iso-8859-1"), "is not UTF-8"),
    ],
)
def test_a_notice_that_nobody_can_read_as_it_is_is_refused(
    town: SimulatedMunicipality, tmp_path: Path, notice: bytes, reason: str
) -> None:
    with pytest.raises(ProgrammeInvalid, match="notices") as refused:
        declared_with(town, tmp_path, notice)
    assert reason in str(refused.value)
    assert str(refused.value).isprintable()
