"""The command line when it goes wrong: an exit code, a sentence, and nothing half done."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli.app import tree
from gateway.errors.table import _OUTCOMES
from tests.support.command_line import run
from tests.support.histories import EXAMPLES
from tests.support.road import INIT, Place, place, spelled, walked

__all__ = ["place", "walked"]


def without_installation(place: Place) -> None:
    shutil.rmtree(place.data)


def another_schema(place: Place) -> None:
    place.sql("UPDATE alembic_version SET version_num = '9999'")


def changed_log(place: Place) -> None:
    place.sql("UPDATE logentry SET body = replace(body, '851', '852') WHERE log = 'access' AND idx = 0")


def second_contract(place: Place) -> None:
    """A contract that nobody has accepted."""
    texts = [(place.folder / f"impact60{part}.toml").read_text("utf-8") for part in ("", ".programme")]
    second, programme = (text.replace('id = "impact60"', 'id = "second"') for text in texts)
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (texts[0], second)]
    (place.folder / "second.toml").write_text(second, "utf-8")
    (place.folder / "second.programme.toml").write_text(programme.replace(*digests), "utf-8")


def deleted_acceptance(place: Place) -> None:
    place.sql("DELETE FROM acceptancerow WHERE role = 'investor'")


def later_log(place: Place) -> None:
    """Every event happened in 2099; instants are microseconds since 1970."""
    place.sql("UPDATE logentry SET at = 4070908800000000 WHERE log = 'access'")


def open_keys(place: Place) -> None:
    (place.data / "keys").chmod(0o755)
    for path in (place.data / "keys").iterdir():
        path.chmod(0o644)


def other_passphrase(place: Place) -> None:
    (place.data / "passphrase").write_text("another one")


def cut_income(place: Place) -> None:
    file = next((place.folder / "drop" / "income").glob("*.csv"))
    file.write_bytes(file.read_bytes()[:-20])


def fewer_people(place: Place) -> None:
    """A new list for a batch that nobody enrolled yet."""
    place.sql("DELETE FROM batch")
    file = place.folder / "drop" / "enrolment" / "impact60.csv"
    file.write_text("\n".join(file.read_text().splitlines()[:-3]) + "\n")


def nothing(place: Place) -> None:
    """Nothing is broken."""


COURSE = str(EXAMPLES / "courses" / "impact60.toml")
RELEASE = ("release", "impact60", "2018H2", "--to", "operator", "--template")
ERRORS: list[tuple[int, str, Callable[[Place], None], tuple[str, ...]]] = [
    (2, "", nothing, ("no-such-command",)),
    (2, "", nothing, ("pull", "impact60")),
    (2, "", nothing, ("pull", "impact60", "dream", "STATUS", "--purpose", "curiosity")),
    (2, "", nothing, ("evaluate", "impact60", "--week", "2020-W60")),
    (2, "", nothing, ("evaluate", "impact60")),
    (2, "", nothing, (*RELEASE, "everything")),
    (2, "", nothing, ("release", "impact60", "2018H2", "--to", "press", "--template", "predicate")),
    (2, "", nothing, ("log", "checkpoint", "other")),
    (2, "", nothing, ("keys", "client", "a", "--organisation", "b", "--role", "municipality", "--jwk", "total.json")),
    (3, "file-unreadable", nothing, ("contract", "check", "no-such-file.toml")),
    (3, "declaration-invalid", nothing, ("contract", "check", "impact60.programme.toml")),
    (
        3,
        "client-invalid",
        nothing,
        ("keys", "client", "a", "--organisation", "b", "--role", "dpo", "--jwk", "total.json"),
    ),
    (3, "file-truncated", cut_income, ("pull", "impact60", "income", "INCOME")),
    (3, "file-unreadable", nothing, ("pull", "impact60", "income", "no-such-file.csv")),
    (3, "file-unreadable", nothing, ("log", "verify", "--against", "no-such-file")),
    (4, "contract-unknown", nothing, ("evaluate", "other", "--week", "2020-W10")),
    (4, "contract-unknown", nothing, ("log", "show", "--contract", "other")),
    (4, "window-unknown", nothing, ("release", "impact60", "1999H1", "--to", "operator", "--template", "predicate")),
    (4, "source-unknown", nothing, ("pull", "impact60", "other", "STATUS")),
    (4, "client-unknown", nothing, ("keys", "revoke", "nobody")),
    (5, "sources-incomplete", nothing, ("evaluate", "impact60", "--week", "2021-W40")),
    (
        5,
        "programme-mismatch",
        nothing,
        ("contract", "add", "impact60.toml", str(EXAMPLES / "programmes/impact60.toml")),
    ),
    (
        5,
        "window-out-of-order",
        nothing,
        ("release", "impact60", "2019H2", "--to", "operator", "--template", "payment_document"),
    ),
    (
        3,
        "acceptance-refused",
        nothing,
        ("contract", "accepted", "impact60.toml", "operator.jwt", "--key", "KEY-investor"),
    ),
    (5, "acceptance-missing", second_contract, ("contract", "add", "second.toml", "second.programme.toml")),
    (9, "acceptances-corrupt", deleted_acceptance, (*RELEASE, "payment_document")),
    (
        5,
        "enrolment-refused",
        fewer_people,
        ("enrol", "impact60", "drop/enrolment/impact60.csv", "--batch", "2018", "--yes"),
    ),
    (6, "not-installed", without_installation, ("contract", "list")),
    (6, "already-installed", nothing, (*INIT[:-1], "another.example", "--demo-keys")),
    (6, "kind-mismatch", nothing, INIT),
    (6, "key-store-unsafe", open_keys, ("keys", "list")),
    (6, "key-store-locked", other_passphrase, ("keys", "list")),
    (6, "unsafe-directory", nothing, ("demo", "--no-serve", "--directory", ".")),
    (6, "output-unwritable", nothing, ("demo", "--no-serve", "--directory", "total.json/made")),
    (6, "output-unwritable", nothing, ("simulate", "--course", COURSE, "--out", "total.json/drop")),
    (8, "policy-denied", nothing, ("pull", "impact60", "dream", "STATUS", "--purpose", "marketing")),
    (8, "policy-denied", nothing, (*RELEASE, "predicate")),
    (8, "policy-denied", nothing, ("enrol", "impact60", "impact60.toml", "--batch", "2018", "--yes")),
    (9, "log-corrupt", changed_log, ("log", "verify")),
    (10, "schema-outdated", another_schema, ("contract", "list")),
    (10, "clock-went-back", later_log, ("evaluate", "impact60", "--week", "2020-W10")),
]


@pytest.mark.parametrize(
    ("code", "kind", "break_it", "arguments"), ERRORS, ids=[f"{e[0]} {e[1]} {' '.join(e[3][:2])}" for e in ERRORS]
)
def test_what_goes_wrong_has_an_exit_code_and_a_sentence(
    place: Place, code: int, kind: str, break_it: Callable[[Place], None], arguments: tuple[str, ...]
):
    break_it(place)
    ran = place.gateway(*spelled(place, arguments))
    assert ran.code == code, ran.text
    assert "Traceback" not in ran.text
    assert f"({kind})" in ran.err if kind else "Usage:" in ran.err


WRITERS = {
    "release": (*RELEASE, "payment_document"),
    "release again": ("release", "impact60", "2018H2", "--template", "contract_total", "--to", "investor"),
    "checkpoint": ("log", "checkpoint", "access"),
    "trust": ("trust", "export"),
}
PLACES = {
    "a folder that is missing": "no/such/folder/made.json",
    "a folder that is a file": "total.json/made.json",
    "a file that is a folder": "drop",
    "no regular file": "/dev/null",
}


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(
    place: Place, command: tuple[str, ...], where: str
):
    before = place.events
    ran = place.gateway(*command, "--out", where)
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text
    assert where in ran.err
    assert "nothing was done" in ran.err
    assert place.events == before
    assert place.sql("SELECT count(*) FROM releaserow") == [(1,)]


@pytest.mark.parametrize("command", WRITERS.values(), ids=WRITERS)
def test_a_file_is_written_whole_and_nothing_is_left_beside_it(place: Place, command: tuple[str, ...]):
    folder = place.folder / "out"
    folder.mkdir()
    assert place.gateway(*command, "--out", "out/made").code == 0
    first = (folder / "made").read_bytes()
    assert len(first) > 100
    (folder / "linked").symlink_to("made")
    assert place.gateway(*command, "--out", "out/linked").code == 0
    assert (folder / "linked").is_symlink()
    assert sorted(path.name for path in folder.iterdir()) == ["linked", "made"]


def test_a_refused_release_leaves_the_file_that_was_there(place: Place):
    first = (place.folder / "total.json").read_bytes()
    ran = place.gateway(*RELEASE, "predicate", "--out", "total.json")
    assert ran.code == 8, ran.text
    assert (place.folder / "total.json").read_bytes() == first
    assert not list(place.folder.glob("*.new"))
    assert not list(place.folder.glob(".*"))


def test_a_file_that_cannot_be_put_in_its_place_afterwards_can_be_had_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    real = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "due.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        ran = place.gateway(*RELEASE, "payment_document", "--out", "due.json")
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text
    assert "No space left" in ran.err
    assert "run the command again" in ran.err
    assert not list(place.folder.glob("*due.json*"))
    assert "handed out again" in place.gateway(*RELEASE, "payment_document", "--out", "due.json").out


def test_an_installation_where_nothing_can_be_written_is_no_unreadable_file(place: Place):
    ran = run(*INIT, environment={"GATEWAY_DATA_DIRECTORY": str(place.folder / "total.json" / "installed")})
    assert (ran.code, "(output-unwritable)" in ran.err) == (6, True), ran.text


def test_the_help_names_every_exit_code():
    named = {int(number) for number in re.findall(r"(\d+) [a-z]", tree().info.epilog)}
    assert named == {0, 2} | {shown.exit_code for shown in _OUTCOMES.values()}


def test_production_refuses_development_keys(place: Place):
    environment = {**place.environment, "GATEWAY_PROFILE": "production"}
    ran = run("contract", "list", environment=environment)
    assert (ran.code, "(unsafe-for-production)" in ran.err) == (6, True)
    ran = run("doctor", environment=environment)
    assert (ran.code, "does not open" in ran.out) == (1, True)


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_production_makes_nobody_up(tmp_path: Path, command: str):
    """And writes nothing: the demo would empty its folder first."""
    made = tmp_path / "made"
    arguments = {
        "demo": ("--no-serve", "--directory", made),
        "simulate": ("--course", EXAMPLES / "courses" / "impact60.toml", "--out", made),
    }
    ran = run(command, *arguments[command], environment={"GATEWAY_PROFILE": "production"})
    assert (ran.code, ran.out) == (6, "")
    assert f"the production profile refuses this: `gateway {command}` makes people who do not exist" in ran.err
    assert "(unsafe-for-production)" in ran.err
    assert not made.exists()


def test_a_setting_that_makes_no_sense_is_named_without_its_value(place: Place):
    ran = run("contract", "list", environment={**place.environment, "GATEWAY_TOKEN_LIFE_SECONDS": "zebra"})
    assert ran.code == 2, ran.text
    assert "GATEWAY_TOKEN_LIFE_SECONDS" in ran.err
    assert "zebra" not in ran.err


def test_doctor_tells_what_is_wrong_and_ends_with_one(place: Place):
    later_log(place)
    ran = place.gateway("doctor")
    assert ran.code == 1
    assert "the clock stands before the newest log entry" in ran.out
