"""Invariant 1: canary CPR numbers go into every source, and every byte that is written or sent is searched for them.

Searched are the database with its journal, keys, public files, bundles, log output, errors and reports: in clear,
with a dash, base64, hexadecimal, reversed, and as unkeyed hashes. Each form and each channel has a positive control.
"""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway import enrolment, oversight, publication, pulling
from gateway.api.app import create_app
from gateway.error_table import outcome
from gateway.release import release
from gateway.simulate.registers import replacement_cpr
from policies.vocabulary import Party, Role
from tests.support.simulated import Municipality, simulated

INSIDE = [replacement_cpr(number) for number in (0, 57, 119)]  # in the cohort
OUTSIDE = [replacement_cpr(number) for number in (120, 300)]  # in the extracts only
BROKEN = ["7113801234", "610180123x", "61018012345"]  # impossible month, a letter, eleven digits
CANARIES = [*INSIDE, *OUTSIDE, *BROKEN]


def forms(cpr: str) -> Iterator[tuple[str, bytes]]:
    """Every form in which a number might slip out, by name."""
    clear = cpr.encode()
    yield "clear", clear
    yield "with a dash", f"{cpr[:6]}-{cpr[6:]}".encode()
    yield "reversed", clear[::-1]
    yield "hexadecimal", clear.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + clear)
        # the letters that do not depend on what stands before or after
        yield f"base64, {shift} bytes in", encoded[(shift * 8 + 5) // 6 : (shift + len(clear)) * 8 // 6]
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, clear).digest()
        yield f"{name} digest", digest
        yield f"{name} digest in hexadecimal", digest.hex().encode()
        yield f"{name} digest in base64", base64.b64encode(digest).rstrip(b"=")


def leaks(channels: dict[str, bytes]) -> list[str]:
    """Where a canary stands, as channel and form; never the number."""
    patterns = [(form, pattern) for cpr in CANARIES for form, pattern in forms(cpr)]
    return sorted(
        {f"{name}: {form}" for name, data in channels.items() for form, pattern in patterns if pattern in data}
    )


def plant(town: Municipality) -> None:
    """Put the broken numbers, and a number in every place where none belongs, into the sources."""
    header, *rows = town.drop.status.read_text().splitlines()
    width = len(header.split(","))
    # a shifted column: this person's only row has numbers where codes belong
    shifted = [",".join([INSIDE[2], *[INSIDE[1]] * (width - 1)]) if row[:10] == INSIDE[2] else row for row in rows]
    town.drop.status.write_text("\n".join([header, *shifted]) + "\n")
    with town.drop.status.open("a") as file:
        for cpr in BROKEN:
            file.write(",".join([cpr, *[""] * (width - 1)]) + "\n")
        file.write(",".join([INSIDE[0], *[INSIDE[1]] * (width - 1)]) + "\n")  # the person twice
        file.write(",".join([replacement_cpr(5), *[INSIDE[1]] * 3]) + "\n")  # too few fields
    with town.drop.income.open("a") as file:
        for cpr in BROKEN:
            file.write(f"{cpr};2020-03;00;148,00;00000000;1,00\n")
        file.write(f"{INSIDE[0]};2020-03;{INSIDE[1]};{INSIDE[1]};{INSIDE[1]};1,00\n")
        file.write(f"{INSIDE[0]};{INSIDE[1]};00;148,00;00000000;1,00\n")
        file.write(f"{INSIDE[0]};2020-03;{INSIDE[1]};148,00;{INSIDE[1]};1,00\n")


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that is written or sent on the road, with canaries in every source."""
    folder = tmp_path_factory.mktemp("canary")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        town = simulated(folder)
        plant(town)
        sent = {"reports": repr([town.enrol(), town.pull_all()]).encode()}
        for window in ("2018H2", "2019H1", "2019H2", "2020H1", "2020H2"):
            sent[f"payment {window}"] = release(town.gateway, "impact60", window, "payment_document", "operator").bundle
        sent["total"] = release(town.gateway, "impact60", "2020H2", "contract_total", "investor").bundle
        publication.publish(town.gateway)
        dpo = Party("aalborg-kommune", Role.DPO)
        sent["access log"] = repr(oversight.read_log(town.gateway, dpo, first=0, count=500)).encode()
        sent["errors"] = "\n".join(errors(town)).encode()
        sent["http"] = http(town)
        sent["command line"] = command_line(town)
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(logging.WARNING)
    town.gateway.store.dispose()
    return {**sent, "logging": stream.getvalue().encode(), **files(folder / "gateway")}


def errors(town: Municipality) -> Iterator[str]:
    """The messages and reprs of everything that goes wrong with files full of canaries."""
    header = town.drop.income.read_text().splitlines()[0]
    body = "".join(f"{cpr};2020-03;00;1,00;1;1,00\n" for cpr in CANARIES)
    broken = {
        "indkomst-2020-01.csv": f"{body}{header}\n",  # a number in the header's place
        "indkomst-2020-02.csv": f"{header}\n{body}".rstrip(),  # cut off
        "indkomst-2020-03.csv": f"{header};{INSIDE[0]};{INSIDE[0]}\n{body}",  # a number as a doubled column
        "indkomst-2020-04.csv": f"{header}\n" + body.replace("2020-03", INSIDE[0]),  # no month at all
    }
    for name, text in broken.items():
        path = town.folder / name
        path.write_text(text)
        with pytest.raises(Exception) as caught:
            pulling.pull(town.gateway, "impact60", "income", path)
        assert outcome(caught.value) is not None, type(caught.value)
        yield f"{caught.value} {caught.value!r} {caught.value.__dict__}"
    referrals = town.folder / "again.csv"
    referrals.write_text(town.drop.referrals.read_text() + f"{INSIDE[0]};2018-10-01;{INSIDE[0]};x\n")
    with pytest.raises(Exception) as caught:
        enrolment.enrol(town.gateway, "impact60", "2018", referrals)
    yield f"{caught.value} {caught.value!r}"


def http(town: Municipality) -> bytes:
    """What the API answers to requests that carry a number."""
    client = TestClient(create_app(town.gateway), raise_server_exceptions=False)
    answers = [client.get(path) for path in ("/health", "/openapi.json", "/docs", "/trust.json", "/status/1")]
    return b"".join(answer.content + repr(dict(answer.headers)).encode() for answer in answers)


def command_line(town: Municipality) -> bytes:
    """What the command prints, and a traceback of it if there were one."""
    environment = {**os.environ, "GATEWAY_DATA_DIRECTORY": str(town.folder / "gateway")}
    output = b""
    for arguments in (
        ["pull", "impact60", "income", str(town.drop.income)],
        ["pull", "impact60", "income", str(town.folder / "indkomst-2020-02.csv")],
        ["evaluate", "impact60", "--week", "2020-W10"],
        ["log", "show", "--count", "500"],
        ["doctor"],
    ):
        command = [sys.executable, "-m", "gateway.cli.app", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        output += done.stdout + done.stderr
    assert b"sources complete to" in output  # the commands did run
    return output


def test_no_canary_leaves_the_boundary(channels: dict[str, bytes]):
    assert leaks(channels) == []


def test_every_channel_was_filled(channels: dict[str, bytes]):
    """A search of nothing finds nothing."""
    assert any("gateway.sqlite" in name for name in channels)
    assert any("public" in name for name in channels)
    empty = [name for name, data in channels.items() if not data and not name.endswith(("-wal", "-shm"))]
    assert empty == []


def test_the_search_finds_each_form_in_each_channel(channels: dict[str, bytes]):
    """Positive control: a planted number is found, whatever the form and wherever it stands."""
    for name, data in channels.items():
        middle = len(data) // 2
        for form, pattern in forms(INSIDE[0]):
            assert leaks({name: data[:middle] + pattern + data[middle:]}), (name, form)


def test_base64_is_found_wherever_the_number_stands(channels: dict[str, bytes]):
    for before in range(6):
        text = base64.b64encode(b"x" * before + INSIDE[0].encode() + b"yyy")
        assert leaks({"text": text})
