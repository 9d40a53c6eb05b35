"""What the command line says of itself, where it listens, and which moment a question is about."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import urlopen

import pytest
import typer

from gateway.cli.app import tree
from tests.support.command_line import PROGRAMS, WIDE, run, run_program
from tests.support.examples import every_third
from tests.support.road import Place, make_key, place, register, walked

__all__ = ["place", "walked"]


def commands() -> Iterator[tuple[str, ...]]:
    """Every command of the tree."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path
        else:
            for name, child in inner.items():
                yield from below(child, (*path, name))

    yield from below(typer.main.get_command(tree()), ())


@pytest.mark.parametrize("path", every_third(commands()), ids=" ".join)
def test_the_help_of_every_command_has_an_example_that_parses(path: tuple[str, ...]):
    ran = run(*path, "--help")
    assert ran.code == 0
    assert "Example:" in ran.out
    command: Any = typer.main.get_command(tree())
    for name in path:
        command = command.commands[name]
    example = " ".join(re.search(r"Example: (gateway .*)", command.help or "", re.DOTALL)[1].split("\n"))
    words = shlex.split(example)
    assert tuple(words[1 : len(path) + 1]) == path
    command.make_context(" ".join(path), words[len(path) + 1 :])  # raises a usage error where it does not parse


@pytest.mark.parametrize("path", every_third([(), *commands()]), ids=" ".join)
def test_the_help_says_every_word_that_was_written(path: tuple[str, ...]):
    """Lines are folded; nothing is dropped, and no word in [brackets] is read as a colour."""
    said = "".join(run(*path, "--help").out.split())
    command: Any = typer.main.get_command(tree())
    for name in path:
        command = command.commands[name]
    written = [command.help, command.epilog, *(getattr(one, "help", None) for one in command.params)]
    for text in filter(None, written):
        assert "".join(text.split()) in said, text


def test_a_word_in_brackets_is_shown():
    """Positive control of the words above: some of them stand in brackets."""
    assert "A file with [contact]:" in run("contract", "leaflet", "--help").out


def test_the_commands_are_all_there():
    """Positive control of the table above."""
    found = {" ".join(path) for path in commands()}
    assert found >= {"init", "doctor", "simulate", "serve", "demo", "enrol", "pull", "evaluate", "release"}
    assert found >= {"contract check", "contract add", "contract list", "contract source", "keys list", "keys client"}
    assert found >= {"keys clients", "keys revoke"}
    assert found >= {"log show", "log verify", "log checkpoint", "trust export"}


@pytest.fixture
def busy() -> Iterator[str]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield str(taken.getsockname()[1])


@pytest.mark.parametrize("command", [("serve",), ("demo", "--directory", "made")], ids=["serve", "demo"])
def test_a_busy_port_is_told_before_anything_is_started(place: Place, busy: str, command: tuple[str, ...]):
    ran = place.gateway(*command, "--port", busy)
    assert (ran.code, "(cannot-listen)" in ran.err) == (6, True), ran.text
    assert f"127.0.0.1:{busy}" in ran.err
    assert ran.out == ""
    assert not (place.folder / "made").exists()


def test_an_address_that_is_not_this_machine_s_cannot_be_listened_on(place: Place):
    ran = place.gateway("serve", "--host", "192.0.2.1", "--port", "0")  # RFC 5737: an address of nobody
    assert (ran.code, "(cannot-listen)" in ran.err) == (6, True), ran.text
    assert place.gateway("serve", "--host", "no.such.host.invalid", "--port", "0").code == 6
    assert place.gateway("serve", "--port", "70000").code == 2


@pytest.mark.long
def test_what_is_said_to_be_served_is_served_until_it_is_interrupted(place: Place):
    served = subprocess.Popen(
        [PROGRAMS / "gateway", "serve", "--port", "0"],
        env={**os.environ, **WIDE, **place.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = served.stdout.readline()
        address = re.search(r"serving on (http://127\.0\.0\.1:[1-9]\d*) ", said)
        assert address, said
        with urlopen(f"{address[1]}/health") as answer:
            assert json.load(answer) == {"status": "ok"}
        served.send_signal(signal.SIGINT)
        assert served.wait(10) == 0
        told = [line for line in served.stderr.read().splitlines() if not line.startswith("DEVELOPMENT KEY")]
        assert [json.loads(line)["route"] for line in told] == ["/health"]
    finally:
        served.kill()
        served.communicate()


PIPED: list[tuple[str, ...]] = [
    ("contract", "check", "impact60.toml"),
    ("contract", "list"),
    ("contract", "add", "impact60.toml", "impact60.programme.toml"),
    ("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018", "--yes"),
    ("evaluate", "impact60", "--week", "2020-W10"),
    ("keys", "clients"),
    ("log", "show", "--count", "3"),
    ("log", "verify"),
    ("trust", "export"),
]


@pytest.mark.long
def test_nothing_is_folded_or_cut_for_a_program_that_reads_it(place: Place):
    """Digests, fingerprints, ids and paths come out in one piece, however short lines are said to be."""
    assert register(place, "an-api-client-with-a-name", make_key(place, "fokus.jwk")).code == 0
    whole = [place.gateway(*command).out for command in PIPED]
    environment = {**place.environment, "COLUMNS": "30"}
    with ThreadPoolExecutor(4) as threads:
        short = list(
            threads.map(lambda it: run_program("gateway", *it, environment=environment, cwd=place.folder).out, PIPED)
        )
    for command, long, narrow in zip(PIPED, whole, short, strict=True):
        numbers = r"known at .*|\d+ entries.*|\d+ signed.*"  # another look is another event
        assert re.sub(numbers, "", long) == re.sub(numbers, "", narrow), command
        assert max(map(len, narrow.splitlines())) > 60, command


def test_a_name_is_shown_as_it_is_spelled(place: Place):
    """Nothing in a file's name is read as a colour or a picture."""
    assert "wrote [bold]:cat:.json\n" in place.gateway("trust", "export", "--out", "[bold]:cat:.json").out


QUICK = {
    "help": (("--help",), {"sqlalchemy", "numpy", "pydantic", "cedarpy", "cryptography", "alembic", "fastapi"}),
    "doctor": (("doctor",), {"fastapi", "uvicorn", "jwt"}),
    "log verify": (("log", "verify"), {"fastapi", "uvicorn", "jwt"}),
}


@pytest.mark.parametrize("name", QUICK)
def test_a_small_command_loads_what_it_needs_and_no_more(place: Place, name: str):
    arguments, heavy = QUICK[name]
    code = "import sys; from gateway.cli.app import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **place.environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert heavy & set(done.stderr.split()) == set()


WHEN: list[tuple[tuple[str, ...], str]] = [
    ((), "give --week or --as-of"),
    (("--week", "2020-W10", "--as-of", "2020-03-02"), "not both"),
    (("--week", "2020-W60"), "2020-W60"),
    (("--as-of", "2020-02-30"), "--as-of"),
]


@pytest.mark.parametrize(("options", "words"), WHEN, ids=[" ".join(options) or "neither" for options, _ in WHEN])
def test_a_week_is_named_once_and_clearly(place: Place, options: tuple[str, ...], words: str):
    before = place.events
    ran = place.gateway("evaluate", "impact60", *options)
    assert (ran.code, "Usage:" in ran.err) == (2, True), ran.text
    assert words in ran.err
    assert place.events == before


def test_a_day_is_evaluated_with_its_whole_week_and_this_is_said(place: Place):
    ran = place.gateway("evaluate", "impact60", "--as-of", "2020-03-02")
    assert "2020-03-02 lies in 2020-W10" in ran.out
    assert "2020-03-08" in ran.out
    assert "whole weeks" in ran.out
    assert "whole weeks" not in place.gateway("evaluate", "impact60", "--week", "2020-W10").out


def test_the_doctor_names_the_source_that_is_missing(place: Place):
    out = place.gateway("doctor").out
    assert "ok    impact60: source dream is complete to 2021-W0" in out
    place.sql("DELETE FROM pullrow WHERE source_id = 'income'")
    place.sql("DELETE FROM sourcerow WHERE id = 'income'")
    ran = place.gateway("doctor")
    assert ran.code == 0, ran.text
    assert "warn  impact60: source income is not declared" in ran.out
    assert "warn  impact60: source income does not cover the first week" in ran.out
    assert "ok    impact60: source dream is complete to 2021-W0" in ran.out
    shown = "income is not there from the first week on, needed to 2020-W53"
    assert f"warn  impact60 2020H2: cannot be released yet: {shown}" in ran.out
    assert "pull the missing files of income," in ran.out
