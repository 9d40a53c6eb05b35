"""One flag name for one thing, over every command: what each may mean stands in one table, by words of its help.

A flag that means something else in one place, or another flag that says what this one says, does not match the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from gateway.cli.app import tree

MEANS = {
    "--against": r"checkpoint that was kept outside",
    "--agrees": r"agrees with the sources",
    "--alg": r"PS256",
    "--all": r"answered too",
    "--amount-minor": r"the rest goes on",
    "--anchors": r"heads that are kept now",
    "--answer": r"^grant or refuse",
    "--as": r"In which role you (act|read)",
    "--as-of": r"Or a day in it",
    "--asked": r"recipients asked for",
    "--batch": r"The batch's id",
    "--cap": r"0 for no cap",
    "--case": r"operator's case reference for the person",
    "--case-number": r"The municipality's case number",
    "--certificate": r"PKCS #12",
    "--changed-since": r"what was learnt since",
    "--channel": r"digital_post, phone",
    "--cohort": r"try the draft on its people",
    "--contact": r"where a citizen writes",
    "--contract": r"(F|f)or which contract|The contract in whose programme",
    "--count": r"at most",
    "--course": r"A course file",
    "--cpr-file": r"file that holds the CPR number",
    "--csv": r"as CSV",
    "--declared": r"NAME@WINDOW=FIGURE",
    "--demo-keys": r"Make development keys",
    "--deviates": r"other_code, other_hours",
    "--directory": r"it is emptied first",
    "--document-sha256": r"SHA-256 of the (document|form), which stays in the case system",
    "--docx": r"as a Word file",
    "--draws": r"How many cohorts",
    "--dry-run": r"draft nothing",
    "--enrolment-from": r"First day of referral",
    "--enrolment-to": r"Last day of referral",
    "--every": r"How long a window is",
    "--explain": r"which weeks count and why",
    "--extract": r"A whole extract",
    "--extract-people": r"People outside the cohort",
    "--fault": r"SOURCE=FAULT",
    "--followed": r"What the controller decided",
    "--from": r"Index of the first",
    "--from-week": r"The first week",
    "--ground": r"On which ground it (is changed|changes what is paid)",
    "--host": r"Address to listen on",
    "--host-name": r"Host under which",
    "--hours": r"Paid hours a week",
    "--for": r"investor, operator or public",
    "--html": r"Where the (printed )?page goes",
    "--id": r"^The source's id",
    "--income": r"decides paid hours",
    "--identity": r"recipient's private key",
    "--instrument": r"The instrument's id",
    "--into": r"data directory that is to be",
    "--item": r"The item's number|One item, or several",
    "--items": r"what their digest is of",
    "--journal": r"newest journal of erasures",
    "--json": r"\bas (canonical )?JSON|write it to a file",
    "--jwk": r"as a JWK file",
    "--jwt-sha256": r"SHA-256 of the payment document's JWT",
    "--key": r"Thumbprint of its key",
    "--kind": r"What its rows mean|self_employed, work_abroad|^relapse_notice",
    "--known-at": r"what was known then",
    "--language": r"da or en",
    "--last-day": r"measured last",
    "--legal-role": r"independent_controller",
    "--letter": r"only its SHA-256 is kept",
    "--letter-out": r"Where the letter goes",
    "--list": r"The list of people",
    "--line": r"The line's key|One line by its key",
    "--map": r"Which column holds which figure",
    "--monitor": r"One line for a monitor",
    "--municipality": r"its code and name",
    "--municipality-code": r"kommunekode",
    "--municipality-name": r"Name of the municipality",
    "--new-passphrase-file": r"holds the new passphrase",
    "--nonce": r"random bytes",
    "--notice": r"The notice (that a consent rests on|by its id)",
    "--number": r"The operator's own number; one is derived",
    "--officer": r"The data protection officer",
    "--on": r"The day (of (the (payment|paper)|an exit)|on which it was measured)",
    "--on-people": r"those who are followed",
    "--operator": r"Who delivers the work",
    "--organisation": r"Its organisation",
    "--out": r"Where .*(go|goes|write it|the evidence bundle)|^Folder (for|to write to)",
    "--outcome": r"stands, upheld",
    "--passphrase-file": r"A file with the passphrase",
    "--password-file": r"holds its password",
    "--payer": r"Whose invoice",
    "--points": r"The score",
    "--people": r"How many are referred",
    "--port": r"0 for any that is free",
    "--preview": r"Show what would be sealed",
    "--price": r"Kroner for each person",
    "--programme": r"Its programme file",
    "--propose": r"for somebody else to run",
    "--purpose": r"What a consent covers|Why the data are read",
    "--reason": r"quantity, amount|source_corrected|other_cohort",
    "--receipt": r"Where a signed stop receipt goes",
    "--recipient": r"whoever may open it",
    "--register": r"SOURCE=FILE, a register's file",
    "--replaces-key": r"Thumbprint that the party told before",
    "--result": r"A result: job",
    "--revision": r"An earlier one",
    "--role": r"^operator, investor, dpo or auditor",
    "--rule": r"The rule that a refusal",
    "--second": r"The other person, who approves",
    "--seed": r"the same seed|The same seed",
    "--serve": r"^Serve ",
    "--shadow": r"settled elsewhere",
    "--sheet": r"Of a workbook: the sheet's name",
    "--shown": r"that was handed out",
    "--signed": r"What a party signed",
    "--since": r"since when somebody else",
    "--size": r"How many (events|people) are drawn",
    "--source": r"A source declaration",
    "--status": r"decides a week's status",
    "--status-source": r"dream or ydelsesrefusion",
    "--success": r"Per cent in a counted state",
    "--suspend": r"Hold its releases",
    "--sustained-weeks": r"weeks in a row",
    "--svg": r"as SVG",
    "--template": r"contract_total, predicate",
    "--test": r"A test installation",
    "--text": r"^The advice\.|^Why; needed",
    "--title": r"What the contract is called",
    "--to": r"^operator or investor\.",
    "--to-week": r"The last one",
    "--uri": r"hardware token",
    "--valid-to": r"[Tt]he last day (of|on which)",
    "--week": r"An ISO week",
    "--weeks": r"Which weeks deviate",
    "--window": r"without one the whole contract|Only this window",
    "--workbook": r"only the cells that the map names",
    "--worth-minor": r"is worth instead",
    "--yes": r"without asking",
}
# outputs of a command beside its --out, which say in their help where they go, as --out does
ALSO_OUTPUTS = {"--letter-out", "--receipt", "--html", "--docx", "--json", "--svg", "--items"}
# a text for a spot check that is logged, a number for invented people; a file beside a page, and what is shown itself
TYPES_DIFFER = {"--seed", "--json"}


def flags() -> Iterator[tuple[str, str, Any]]:
    """The command, the flag and what it is, for every flag of every command."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
        for name, child in getattr(command, "commands", {}).items():
            yield from below(child, (*path, name))
        for parameter in () if hasattr(command, "commands") else command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                yield " ".join(path), parameter.opts[0], parameter

    yield from below(typer.main.get_command(tree()), ())


FLAGS = list(flags())


def test_every_flag_stands_in_the_table_and_every_row_is_used():
    assert sorted({flag for _, flag, _ in FLAGS}) == sorted(MEANS)
    assert len(FLAGS) > 150  # positive control


def others_meaning() -> list[tuple[str, str, str]]:
    """A flag whose help says what another flag means."""
    return [
        (command, flag, name)
        for command, flag, parameter in FLAGS
        for name, means in MEANS.items()
        if name != flag and not (name == "--out" and flag in ALSO_OUTPUTS) and re.search(means, parameter.help or "")
    ]


def test_a_flag_means_one_thing_wherever_it_stands():
    assert [(one, flag, it.help) for one, flag, it in FLAGS if not re.search(MEANS[flag], it.help or "")] == []


def test_no_two_flags_mean_one_thing():
    assert others_meaning() == []


def test_a_flag_takes_one_type_of_value():
    found: dict[str, set[str]] = {}
    for _, flag, parameter in FLAGS:
        found.setdefault(flag, set()).add(re.findall(r"\w+", str(parameter.bare_type()))[-1])
    assert {flag for flag, types in found.items() if len(types) > 1} == TYPES_DIFFER


@pytest.mark.parametrize(("wrong", "means"), [("--case-ref", MEANS["--case"]), ("--expires", MEANS["--valid-to"])])
def test_a_second_name_for_one_thing_is_noticed(monkeypatch: pytest.MonkeyPatch, wrong: str, means: str):
    """Positive control."""
    monkeypatch.setitem(MEANS, wrong, means)
    assert {name for _, _, name in others_meaning()} == {wrong}
