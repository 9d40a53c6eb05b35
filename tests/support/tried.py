"""A draft, a programme of its own and people of a past year, as files: what a trial is made from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gateway.contracts import declarations
from gateway.evaluation.trial import TrialDone, propose_trial, run_trial
from gateway.evaluation.tried_people import TrialFiles
from gateway.installation.gateway import Gateway
from gateway.simulate.course import load_course
from gateway.simulate.drop import Drop, write_drop
from tests.support.histories import EXAMPLES
from tests.support.municipality import SMALL_CONTRACT, SMALL_COURSE, SimulatedMunicipality, ready
from tests.support.simulated import Edit, acting

AGREES = ('permitted_purposes = ["outcome-evaluation", "outcome-payment"]', 'permitted_purposes = ["planning"]')
PURPOSES = 'purposes = ["outcome-payment", "outcome-evaluation", "access-review", "rights-request", "governance"]'
OWN_PURPOSES = 'purposes = ["planning", "access-review", "rights-request", "governance"]'
GRANT = """
[[grants]]
id = "owner-tries"
organisation = "aalborg-kommune"
role = "system_owner"
action = "try_contract"
"""


def edited(text: str, *edits: Edit) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    return text


def people_of_a_past_year(folder: Path, *, course: tuple[Edit, ...] = SMALL_COURSE, seed: int = 2) -> Drop:
    """Files of people who are in no contract: the same registers, another cohort."""
    text = edited((EXAMPLES / "courses" / "impact60.toml").read_text("utf-8"), *course)
    return write_drop(folder, load_course(text.encode(), file="impact60.toml"), seed=seed, extract_people=20, cohort=1)


def sources_for_planning(gateway: Gateway, folder: Path) -> None:
    """Agreements that let the sources be read to plan, and for nothing else."""
    for name in ("dream", "income"):
        text = (EXAMPLES / "sources" / f"{name}.toml").read_text("utf-8")
        path = folder / f"{name}.toml"
        path.write_text(edited(text, AGREES), "utf-8")
        declarations.declare_source(gateway, path)


def planning_town(folder: Path) -> SimulatedMunicipality:
    """A town that settles a contract, and whose sources may be read to plan."""
    town = ready(folder / "town")
    (folder / "sources").mkdir()
    sources_for_planning(town.gateway, folder / "sources")
    return town


def trial_files(
    folder: Path,
    drop: Drop,
    *edits: Edit,
    programme: tuple[Edit, ...] = (),
    people: Path | None = None,
    name: str = "draft",
) -> TrialFiles:
    """The small IMPACT60 as a draft, with texts replaced, and its programme for a trial."""
    folder.mkdir(parents=True, exist_ok=True)
    text = edited((EXAMPLES / "contracts" / "impact60.toml").read_text("utf-8"), *SMALL_CONTRACT, *edits)
    contract = folder / f"{name}.toml"
    contract.write_text(text, "utf-8")
    known = hashlib.sha256((EXAMPLES / "contracts" / "impact60.toml").read_bytes()).hexdigest()
    own = edited(
        (EXAMPLES / "programmes" / "impact60.toml").read_text("utf-8"),
        (known, hashlib.sha256(text.encode()).hexdigest()),
        (PURPOSES, OWN_PURPOSES),
        *programme,
    )
    path = folder / f"{name}.programme.toml"
    path.write_text(own + GRANT if "try_contract" not in own else own, "utf-8")
    return TrialFiles(contract, path, people or drop.referrals, {"dream": [drop.status], "income": [drop.income]})


def tried(gateway: Gateway, files: TrialFiles) -> TrialDone:
    """Proposed by one and run by another."""
    propose_trial(acting(gateway, "first"), files)
    return run_trial(acting(gateway, "second"), files, {}, progress=lambda done, total: None)
