"""IMPACT60 with several status sources: a civil register, DREAM, a register of education, and documents."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from gateway.contracts import declarations
from gateway.installation.gateway import Gateway
from gateway.installation.settings import Settings, utc_now
from gateway.simulate.drop import Drop
from tests.support.municipality import EXTRACT_PEOPLE, SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality
from tests.support.simulated import Edit, simulated

AGREEMENT = """
[agreement]
reference = "TEST"
statute = "a statute"
permitted_purposes = ["outcome-evaluation", "outcome-payment"]
approver = "system owner"
valid_to = 2090-12-31
"""
_COLUMNS = {
    "periods": 'code = "k"\ncpr = "p"\nfrom_day = "f"\nto_day = "t"\n',
    "life_events": 'cpr = "p"\nevent = "e"\non = "o"\nnew_cpr = "n"\n',
}
_STATUS = """status = ["civil", "dream", "school", "evidence"]
evidence = ["self_employed", "work_abroad", "education"]
"""
EDITS: tuple[Edit, ...] = (
    ('status = "dream"\n', _STATUS),
    ('statuses = ["education"] #', 'statuses = ["education", "self_employed"] #'),
)
# documents before DREAM, so that one adds its weeks to whomever they are of
DOCUMENTS_FIRST: tuple[Edit, ...] = (
    ('status = "dream"\n', _STATUS.replace('"dream", "school", "evidence"', '"evidence", "dream", "school"')),
    EDITS[1],
)
GRANTS = "".join(
    f'\n[[grants]]\nid = "{role}-evidence"\norganisation = "aalborg-kommune"\nrole = "{role}"\n'
    'action = "register_evidence"\n'
    for role in ("case_worker", "system_owner")
)
PROGRAMME_EDITS: tuple[Edit, ...] = (
    ('sources = ["dream", "income"]', 'sources = ["civil", "dream", "school", "income"]'),
    ('\n[[grants]]\nid = "municipality-enrols"', f'{GRANTS}\n[[grants]]\nid = "municipality-enrols"'),
)


def source_text(name: str, kind: str) -> str:
    code_list = 'code_list = "dream"\n' if kind == "periods" else ""
    return (
        f'schema = "source/1"\nid = "{name}"\nkind = "{kind}"\ntitle = "{name}"\n'
        f"supplied_for_another_purpose = false\n{code_list}"
        '[transport]\nkind = "file"\npattern = "*.csv"\ndelimiter = ";"\n'
        f"[columns]\n{_COLUMNS[kind]}"
        f'[coverage]\nanswers = "whole"\ncomplete_after_days = 30\n{AGREEMENT}'
    )


def declare(town: SimulatedMunicipality, name: str, kind: str) -> None:
    file = town.folder / f"{name}.source.toml"
    file.write_text(source_text(name, kind), encoding="utf-8")
    declarations.declare_source(town.gateway, file)


def several(
    folder: Path, *, clock: Callable[[], datetime] = utc_now, edits: tuple[Edit, ...] = EDITS
) -> SimulatedMunicipality:
    """A copy of its own of 30 people, enrolled, DREAM and income pulled; a civil register and one of education are
    declared, and documents accepted.
    """
    made = _original(edits)
    shutil.copytree(made.folder, folder, dirs_exist_ok=True)
    gateway = Gateway.open(Settings(data_directory=folder / "gateway"), clock=clock)
    paths = (made.drop.referrals, made.drop.status, made.drop.income)
    drop = Drop(*(folder / path.relative_to(made.folder) for path in paths))
    return SimulatedMunicipality(gateway, made.contract, drop, folder)


@cache
def _original(edits: tuple[Edit, ...]) -> SimulatedMunicipality:
    town = several_anew(Path(tempfile.mkdtemp(prefix="several-")), edits=edits)
    town.gateway.store.dispose()
    return town


def several_anew(
    folder: Path,
    *,
    database_url: str = "",
    clock: Callable[[], datetime] = utc_now,
    edits: tuple[Edit, ...] = EDITS,
) -> SimulatedMunicipality:
    """The same from nothing, on any database."""
    made = simulated(
        folder,
        database_url=database_url,
        clock=clock,
        extract_people=EXTRACT_PEOPLE,
        course_edits=SMALL_COURSE,
        edits=(*SMALL_CONTRACT, *edits),
        programme_edits=PROGRAMME_EDITS,
    )
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    declare(town, "civil", "life_events")
    declare(town, "school", "periods")
    town.enrol()
    town.pull_all()
    return town
