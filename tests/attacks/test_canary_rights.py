"""Invariant 1 where a number comes in by hand: the commands of people's rights, from `--cpr-file` to the journal.

Every number of the cohort goes in, and so do numbers that are nobody's and texts that are no number. Searched is what
each command prints, what it writes, what is logged down to every statement, temporary and removed files, and the
installation with its journal of erasures afterwards. Each channel has a positive control.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from gateway.store.log_tables import DecisionRow
from gateway.store.rights_tables import BasisRow, RightsRequest, StatementRow
from gateway.store.tables import Subject
from tests.attacks import traces
from tests.attacks.canaries import BROKEN, OUTSIDE, files, forms, leaks
from tests.attacks.test_canary import talkative
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.municipality import SimulatedMunicipality
from tests.support.simulated import simulated

pytestmark = pytest.mark.long  # most of a minute by itself

# so that an erasure can be granted today
RETENTION = ("accounting_until = 2026-12-31", "accounting_until = 2024-12-31")


@dataclass(frozen=True)
class Ran:
    channels: dict[str, bytes]
    cohort: list[str]
    references: list[str]
    written: set[str]
    folder: Path


def known(town: SimulatedMunicipality) -> dict[str, str]:
    """Number -> case reference, from the municipality's own list."""
    rows = [line.split(";") for line in town.drop.referrals.read_text().splitlines()[1:]]
    return {row[0].replace("-", ""): row[2] for row in rows}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Each command once for a number, and what it left behind."""
    folder = tmp_path_factory.mktemp("rights")
    made = simulated(folder, "ballerup", programme_edits=(RETENTION,))
    town = SimulatedMunicipality(made.gateway, made.contract, made.drop, made.folder)
    town.enrol()
    town.pull_all()
    numbers = known(town)
    channels: dict[str, bytes] = {}
    here, temporary, given = folder / "here", folder / "temporary", folder / "given"
    for one in (here, temporary, given):
        one.mkdir()

    def gateway(name: str, *arguments: str, staff: str = "first", code: int = 0) -> str:
        environment = {**town.environment, "GATEWAY_STAFF": staff}
        done = run(*arguments, environment=environment, cwd=here)
        assert done.code == code, done.text
        channels[f"command {name}"] = channels.get(f"command {name}", b"") + done.text.encode()
        return done.out

    def cpr_file(number: str) -> str:
        (given / "cpr.txt").write_text(number)
        return str(given / "cpr.txt")

    one, two, *others = numbers
    dashed = f"{two[:6]}-{two[6:]}"
    with talkative() as log, traces.temporary_files_in(temporary), traces.traced(folder / "traces"):
        for number in others:
            gateway(
                "rights report",
                "rights",
                "report",
                "ballerup",
                "--cpr-file",
                cpr_file(number),
                "--out",
                "indsigt.html",
                "--json",
                "indsigt.json",
            )
        consents = (
            "rights",
            "record",
            "ballerup",
            "gdpr_consent",
            "--purpose",
            "outcome-evaluation",
            "--notice",
            "notice-2018-1",
        )
        gateway("rights record", *consents, "--cpr-file", cpr_file(dashed))
        gateway(
            "rights record",
            "rights",
            "record",
            "ballerup",
            "objection",
            "--cpr-file",
            cpr_file(one),
            "--receipt",
            "stop.jwt",
        )
        for wrong in (*OUTSIDE, *BROKEN):
            gateway(
                "refusals",
                "rights",
                "report",
                "ballerup",
                "--cpr-file",
                cpr_file(wrong),
                "--out",
                "nobody.html",
                code=8,
            )
            gateway("refusals", "rights", "ask", "ballerup", "erasure", "--cpr-file", cpr_file(wrong), code=8)
        gateway("refusals", "rights", "report", "ballerup", "--cpr-file", str(given / one), "--out", "x.html", code=2)
        gateway("refusals", "rights", "ask", "ballerup", "erasure", "--case", one, code=2)
        gateway("rights ask", "rights", "ask", "ballerup", "rectification", "--cpr-file", cpr_file(two))
        gateway("rights ask", "rights", "ask", "ballerup", "erasure", "--cpr-file", cpr_file(one))
        gateway("rights list", "rights", "list", "ballerup")
        with town.gateway.store.read() as session:
            [consent] = session.exec(select(BasisRow.record_id).where(BasisRow.kind == "gdpr_consent")).all()
            asked = {row.kind: row.id for row in session.exec(select(RightsRequest))}
        contact = str(EXAMPLES / "contacts" / "ballerup.toml")
        gateway(
            "rights consent", "rights", "consent", "ballerup", consent, "--contact", contact, "--out", "samtykke.jsonld"
        )
        gateway("rights end", "rights", "end", "ballerup", consent)
        for window in ("2019H1", "2019H2", "2020H1", "2020H2"):
            town.release(window, "payment_document", "operator")
        gateway("state", "state", "ballerup", "2020H2", "--out", "besked.jwt")
        gateway("state", "state", "ballerup", "2020H1", "--out", "besked1.jwt")
        gateway("advice", "advice", "give", "ballerup", "--text", "Vent.")
        gateway("advice", "advice", "list")
        gateway("advice", "advice", "sample", "ballerup")
        gateway("rights archive", "rights", "archive", "ballerup", "--out", "arkiv.xml")
        gateway(
            "rights decide", "rights", "decide", "ballerup", asked["rectification"], "--answer", "grant", staff="second"
        )
        gateway(
            "rights decide",
            "rights",
            "decide",
            "ballerup",
            asked["erasure"],
            "--answer",
            "grant",
            "--out",
            "slettet.jwt",
            staff="second",
        )
        gateway("rights repeat-erasures", "rights", "repeat-erasures")
        with town.gateway.store.read() as session:
            decisions = session.exec(select(DecisionRow.id).where(DecisionRow.action == "read_person")).all()
        gateway("policy explain", "policy", "explain", decisions[0])
        gateway("policy replay", "policy", "replay", decisions[0])
        gateway("publish", "publish", code=0)
        gateway("doctor", "doctor", code=0)
    with town.gateway.store.read() as session:
        references = list(session.exec(select(Subject.case_reference)))
        assert session.exec(select(StatementRow)).all()
    town.gateway.store.dispose()
    channels |= {"logging": log.getvalue().encode(), "removed files": traces.removed(folder / "traces")}
    channels |= {f"here/{name}": data for name, data in files(here).items()}
    channels |= {f"temporary/{name}": data for name, data in files(temporary).items()}
    channels |= {f"gateway/{name}": data for name, data in files(folder / "gateway").items()}
    return Ran(channels, list(numbers), references, traces.written(folder / "traces"), folder)


def test_no_number_comes_out_of_the_rights_commands(ran: Ran):
    assert leaks(ran.channels, [*ran.cohort, *OUTSIDE, *BROKEN]) == []


def test_every_channel_was_filled(ran: Ran):
    """A search of nothing finds nothing: each command printed, each file was written, the journal has both lines."""
    quiet = ("-wal", "-shm")
    allowed_empty = {"removed files"}
    assert [
        name
        for name, data in ran.channels.items()
        if not data and not name.endswith(quiet) and name not in allowed_empty
    ] == []
    wanted = {
        "here/indsigt.html", "here/indsigt.json", "here/stop.jwt", "here/samtykke.jsonld", "here/besked.jwt",
        "here/arkiv.xml", "here/slettet.jwt", "gateway/erasures.jsonl", "gateway/gateway.sqlite", "logging",
        "command refusals", "command state", "command advice", "command policy explain", "command rights decide",
    }  # fmt: skip
    assert wanted <= set(ran.channels)
    lines = [json.loads(line) for line in ran.channels["gateway/erasures.jsonl"].splitlines()]
    assert [line["state"] for line in lines] == ["intended", "confirmed"]
    assert b"answered: granted" in ran.channels["command rights decide"]
    assert b"P62" in ran.channels["command refusals"]
    assert b"INSERT INTO rightsrequest" in ran.channels["logging"]


def test_the_search_finds_each_form_in_each_channel(ran: Ran):
    """Positive control: a planted number is found, whatever the form and wherever it stands."""
    number = ran.cohort[0]
    for name, data in ran.channels.items():
        middle = len(data) // 2
        before, after = data[max(0, middle - 20_000) : middle], data[middle : middle + 20_000]
        for form, pattern in forms(number):
            assert leaks({name: before + pattern + after}, [number]), (name, form)


def test_people_stand_where_they_have_to(ran: Ran):
    """Positive control: the same search finds case references where they belong."""
    for name in ("here/indsigt.html", "here/indsigt.json", "here/arkiv.xml", "gateway/gateway.sqlite"):
        found = [one for one in ran.references if leaks({name: ran.channels[name]}, [one])]
        assert found, name
    assert len([one for one in ran.references if leaks({"a": ran.channels["here/arkiv.xml"]}, [one])]) == 9


def test_nothing_is_written_beside_what_was_asked_for(ran: Ran):
    searched = tuple(f"{(ran.folder / name).resolve()}/" for name in ("gateway", "here", "temporary", "given"))
    assert sorted(path for path in ran.written if not path.startswith((*searched, "/dev/null"))) == []
    assert [path for path in ran.written if "(nameless)" in path] == []
