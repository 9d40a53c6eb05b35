"""The way back into a programme in which nobody is left: what has to be added to its file, and nothing else.

Parties, grants and appointments are added at the end of the text that is in force; no line of it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from policies.programme import Programme
from policies.terms import Action, Role
from vocabulary.identity import identity_of

DAYS = 30  # in which the ordinary way, a proposal and an approval, puts people back who stay
_NEEDED = (
    (Role.SYSTEM_OWNER, Action.CHANGE_POLICY),
    (Role.SYSTEM_OWNER, Action.REGISTER_RIGHT),
    (Role.SYSTEM_OWNER, Action.READ_PERSON),
    (Role.SYSTEM_OWNER, Action.DECIDE_RIGHT),
    (Role.DPO, Action.READ_LOG),
)


@dataclass(frozen=True, slots=True)
class Rescue:
    """Who is let back in: two system owners, who both ask for it, and the data protection officer, until a day."""

    first: str
    second: str
    officer: str
    until: date

    @property
    def people(self) -> tuple[tuple[str, Role], ...]:
        return (self.first, Role.SYSTEM_OWNER), (self.second, Role.SYSTEM_OWNER), (self.officer, Role.DPO)


def rescue_of(first: str, second: str, officer: str, *, today: date) -> Rescue:
    """The rescue that these people ask for on a day. Raises `ValueError` where they are not three."""
    if len({identity_of(name) for name in (first, second, officer)} - {""}) < 3:
        raise ValueError("it takes two people, and a third who watches: the officer decides nothing (GDPR art. 38(6))")
    return Rescue(first, second, officer, today + timedelta(days=DAYS))


def rescued_text(text: str, programme: Programme, rescue: Rescue) -> str:
    """The text of the programme file with what is missing at its end. Where it appoints nobody, nobody is appointed:
    whoever may run a command may act there.
    """
    return "\n".join([text, *_additions(programme, rescue)])


def _additions(programme: Programme, rescue: Rescue) -> Iterator[str]:
    yield f"# the way back, asked for by two people; appointments hold until {rescue.until}"
    for role in (Role.SYSTEM_OWNER, Role.DPO):
        if programme.party(role) is None:
            yield _entry("parties", organisation=programme.controller, role=role)
    granted = {(grant.organisation, grant.role, grant.action) for grant in programme.grants}
    for role, action in _NEEDED:
        party = programme.party(role)
        organisation = programme.controller if party is None else party.organisation
        if (organisation, role, action) not in granted:
            name = f"way-back-{role}-{action}".replace("_", "-")
            yield _entry("grants", id=name, organisation=organisation, role=role, action=action)
    if programme.appointments:
        for name, role in rescue.people:
            yield _entry("appointments", staff=name, role=role) + f"until = {rescue.until}\n"


def _entry(table: str, **values: str) -> str:
    """An entry of the file. A text says what is seen, so no character but these two needs another form in TOML."""
    written = {key: value.replace("\\", r"\\").replace('"', r"\"") for key, value in values.items()}
    return f"[[{table}]]\n" + "".join(f'{key} = "{value}"\n' for key, value in written.items())
