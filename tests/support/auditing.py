"""An audit in a simulated municipality: an appointed auditor with a key, a sample, its rows, and what was found."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.contracts import declarations
from gateway.oversight.audit import countersigning, findings, sampling, showing
from gateway.oversight.audit.findings import ClosedSample, Deviation
from gateway.oversight.audit.sampling import Drawn
from gateway.oversight.audit.showing import ItemShown, ShowingIntroduction
from gateway.release.issuing import Released
from outcome_verifier import countersign
from tests.support.municipality import SimulatedMunicipality
from tests.support.parties import party_key
from tests.support.simulated import acting

AUDITOR, ORGANISATION = "rita", "revisionsfirma"
NONCE = "5f" * 32
STAFF = {"ole": "system_owner", "dorte": "dpo", "clara": "case_worker", "second": "system_owner"}
UNTIL = date(2100, 12, 31)
WINDOW = "2018H2"


class Screen(io.StringIO):
    """A terminal that remembers what stood on it."""

    def isatty(self) -> bool:
        return True


@dataclass
class Looked:
    """What an auditor saw: what was told, and the screen."""

    opening: ShowingIntroduction
    people: list[tuple[ItemShown, int]]
    screen: str


def programme_text(*, key: str = "", until: date = UNTIL) -> str:
    """What a programme file needs for an audit: the auditor's party, grants and appointment, and named staff."""
    signs = f'key = "{key}"\n' if key else ""
    entries = "".join(
        f'\n[[appointments]]\nstaff = "{one}"\nrole = "{role}"\nuntil = {UNTIL}\n' for one, role in STAFF.items()
    )
    party = f'organisation = "{ORGANISATION}"\nrole = "auditor"\n'
    grants = "".join(
        f'\n[[grants]]\nid = "auditor-{action}"\n{party}action = "{action}"\n' for action in ("audit", "audit_rows")
    )
    appointment = f'\n[[appointments]]\nstaff = "{AUDITOR}"\nrole = "auditor"\nuntil = {until}\n{signs}'
    return f"\n[[parties]]\n{party}{grants}{entries}{appointment}"


def appoint(town: SimulatedMunicipality, *, key: str | None = None, until: date = UNTIL) -> None:
    """Put a programme with an auditor in force; the auditor has a key unless it is empty."""
    signs = party_key(ORGANISATION).kid if key is None else key
    before = (town.folder / f"{town.contract}.programme.toml").read_text("utf-8")
    text = before.replace("purposes = [", 'purposes = ["audit", ', 1) + programme_text(key=signs, until=until)
    changed = town.folder / "audited.programme.toml"
    changed.write_text(text, "utf-8")
    proposal = declarations.propose_change(town.gateway, town.folder / f"{town.contract}.toml", changed)
    declarations.approve_change(acting(town.gateway, "second"), proposal)


def draw(town: SimulatedMunicipality, *, size: int = 4, nonce: str = NONCE, window: str = WINDOW) -> Drawn:
    auditor = acting(town.gateway, AUDITOR)
    return sampling.draw(auditor, town.contract, window, "payment_document", "operator", size=size, nonce=nonce)


def approve(town: SimulatedMunicipality, sample: str) -> None:
    showing.approve(acting(town.gateway, "ole"), sample)


def sources(town: SimulatedMunicipality) -> list[Path]:
    status = [town.drop.status] if town.drop.status.is_file() else sorted(town.drop.status.iterdir())
    return [*status, town.drop.income]


def look(
    town: SimulatedMunicipality, sample: str, files: list[Path] | None = None, *, only: tuple[int, ...] = ()
) -> Looked:
    """The rows of a sample as the auditor sees them."""
    screen, opened, people = Screen(), [], []
    showing.show(
        acting(town.gateway, AUDITOR),
        sample,
        sources(town) if files is None else files,
        on=screen,
        begin=opened.append,
        tell=lambda shown, rows: people.append((shown, rows)),
        only=only,
    )
    return Looked(opened[0], people, screen.getvalue())


def find_all(town: SimulatedMunicipality, sample: str, *, deviating: tuple[int, ...] = ()) -> None:
    """Something is found of every item: it agrees, or another code stands in the first week."""
    with town.gateway.store.read() as session:
        numbers = [one.item for one in sampling.items(session, sample)]
        week = town.gateway.contract(session, town.contract).windows[0].from_week
    for number in numbers:
        deviation = Deviation.OTHER_CODE if number in deviating else None
        weeks = [(week, week)] if deviation else []
        findings.find(acting(town.gateway, AUDITOR), sample, number, deviation=deviation, weeks=weeks)


def close(town: SimulatedMunicipality, sample: str) -> ClosedSample:
    return findings.close(acting(town.gateway, AUDITOR), sample)


def audited(
    town: SimulatedMunicipality, *, deviating: tuple[int, ...] = (), nonce: str = NONCE, window: str = WINDOW
) -> ClosedSample:
    """A whole audit up to what is to be signed."""
    sample = draw(town, nonce=nonce, window=window).sample.id
    approve(town, sample)
    look(town, sample)
    find_all(town, sample, deviating=deviating)
    return close(town, sample)


def signed(town: SimulatedMunicipality, closed: ClosedSample, released: Released, *, by: str = ORGANISATION) -> str:
    """The countersignature, as the auditor makes it elsewhere with the verifier alone."""
    found = countersign.read_findings(closed.findings)
    now = int(town.gateway.clock().timestamp())
    return countersign.countersign(found, town.verified(released.bundle), town.trust(), party_key(by), at=now)


def take(town: SimulatedMunicipality, token: str) -> str:
    return countersigning.take(town.gateway, token).verdict
