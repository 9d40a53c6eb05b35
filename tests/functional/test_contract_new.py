"""`gateway contract new`: from answers or flags to a contract that is checked, put in force, released and verified."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import termios
from contextlib import suppress
from pathlib import Path
from select import select
from signal import SIG_DFL, SIGINT, signal
from time import sleep

import pytest

from gateway.outcomes.contract_file import load_contract
from gateway.wording.drafting import QUESTIONS
from tests.support.command_line import PROGRAMS, WIDE, run
from tests.support.drafted import carried_through

FLAGS = {
    "--title": "Job på Øen 2027",
    "--municipality": "851 Aalborg Kommune",
    "--operator": "Foreningen Åben Dør",
    "--legal-role": "processor",
    "--status-source": "dream",
    "--result": "job",
    "--price": "25.000",
    "--people": "60",
    "--enrolment-from": "2027-01-04",
    "--enrolment-to": "2027-03-28",
    "--last-day": "2029-06-30",
    "--sustained-weeks": "13",
    "--hours": "15",
    "--cap": "1.000.000",
    "--case-number": "15.20.00-G01-1-27",
}
DANISH = {"--legal-role": "1", "--status-source": "1", "--result": "1", "--enrolment-from": "4.1.2027"}
DANISH |= {"--enrolment-to": "28.3.2027", "--last-day": "30.6.2029"}
_PATIENCE = 60  # seconds
_INTERRUPT = "\x03"
FILES = ["contract.toml", "notice.da.md", "programme.toml"]


def flags(**others: str) -> list[str]:
    given = FLAGS | {f"--{name.replace('_', '-')}": text for name, text in others.items()}
    return [word for flag, text in given.items() if text for word in (flag, text)]


def at_a_terminal(folder: Path, answers: list[str], *more: str) -> tuple[int, str]:
    """The exit code of `gateway contract new`, typed at a terminal, and all that it showed."""

    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal(SIGINT, SIG_DFL)  # which a shell makes its background jobs ignore, and their children after them

    ours, its = pty.openpty()
    flags = termios.tcgetattr(its)
    flags[3] |= termios.NOFLSH  # else the terminal throws away what is said while it takes the interrupt
    termios.tcsetattr(its, termios.TCSANOW, flags)
    command = [PROGRAMS / "gateway", "contract", "new", folder, *more]
    environment = {**os.environ, **WIDE, "TERM": "dumb"}
    program = subprocess.Popen(
        command, env=environment, stdin=its, stdout=its, stderr=its, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(its)
    shown, left = b"", list(answers)
    with suppress(OSError):  # a terminal that nobody writes to any more
        while select([ours], [], [], _PATIENCE)[0] and (part := os.read(ours, 65536)):
            shown += part
            if shown.endswith((b"Svar: ", b"Answer: ")) and left:
                if left[0] == _INTERRUPT:
                    sleep(0.5)  # until it waits: a signal before then waits for the next key
                os.write(ours, left.pop(0).encode())
    os.close(ours)  # which ends a program that still waits for an answer
    return program.wait(_PATIENCE), shown.decode().replace("\r\n", "\n")


def typed(*changes: tuple[int, str]) -> list[str]:
    answers = [f"{text}\n" for text in (FLAGS | DANISH).values()]
    for place, text in changes:
        answers.insert(place, text)
    return answers


def test_flags_alone_draft_a_contract_that_is_released_and_verified(tmp_path: Path):
    done = run("contract", "new", tmp_path / "draft", *flags())
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "draft").iterdir()) == FILES
    contract, programme = (tmp_path / "draft" / f"{name}.toml" for name in ("contract", "programme"))
    checked = run("contract", "check", contract, "--programme", programme)
    assert checked.code == 0, checked.err
    assert "refused" not in checked.out
    loaded, paid = carried_through(contract, programme, tmp_path / "town")
    assert (loaded.id, loaded.title) == ("job-paa-oeen-2027", "Job på Øen 2027")
    assert sum(paid.values()) == 30 * 2_500_000
    assert loaded.caps.contract_minor == 100_000_000


def test_a_person_is_asked_at_most_fifteen_questions_and_hears_the_money(tmp_path: Path):
    code, shown = at_a_terminal(tmp_path / "asked", typed())
    assert code == 0, shown
    assert shown.count("Svar: ") == len(QUESTIONS) == 15
    for said in (
        "25.000,00 kr.: femogtyve tusind kroner",
        "højst 1.500.000,00 kr.",
        "Det højeste går fra 1.500.000,00 kr. til 1.000.000,00 kr.",
        "1.000.000,00 kr.: en million kroner",
        "kr.; til sammenligning med 6 uger",
        "Loftet svarer til 40 resultater.",
        "Der måles til og med uge 26, 2029.",
        "Loftet over det hele: en million kroner",
    ):
        assert said in shown, said
    assert "kr.." not in shown
    assert run("contract", "new", tmp_path / "flags", *flags()).code == 0
    for name in FILES:
        assert (tmp_path / "asked" / name).read_bytes() == (tmp_path / "flags" / name).read_bytes(), name


def test_what_flags_answer_is_not_asked_and_english_is_spoken(tmp_path: Path):
    left = ("price", "cap")
    code, shown = at_a_terminal(
        tmp_path / "draft", ["1,500\n", "0\n"], "--language", "en", *flags(**dict.fromkeys(left, ""))
    )
    assert code == 0, shown
    assert shown.count("Answer: ") == len(left)
    assert "1,500.00 kr.: one thousand five hundred kroner" in shown
    assert "No cap." in shown
    draft = load_contract((tmp_path / "draft" / "contract.toml").read_bytes(), file="contract.toml")
    assert (draft.tariffs[0].single_price, draft.caps.contract_minor) == (150_000, 0)


def test_a_wrong_answer_is_asked_again_and_one_may_go_back(tmp_path: Path):
    wrong = typed((13, "75.00\n"), (7, "<\n"), (8, "2.000\n"), (5, "99\n"), (1, "Aalborg Kommune\n"))
    code, shown = at_a_terminal(tmp_path / "draft", wrong)
    assert code == 0, shown
    for said in ("Skriv kommunekoden", "Vælg et nummer", "to tusind kroner"):
        assert said in shown, said


def test_nobody_is_asked_where_there_is_no_terminal(tmp_path: Path):
    done = run("contract", "new", tmp_path / "draft", *flags(price="", cap=""))
    assert done.code == 2
    assert "--price, --cap" in done.err
    assert not (tmp_path / "draft").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path, name: str):
    folder = tmp_path / "draft"
    folder.mkdir()
    (folder / name).write_text("mine", "utf-8")
    done = run("contract", "new", folder, *flags())
    assert done.code == 6
    assert "never overwritten" in done.err
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_text("utf-8") == "mine"


@pytest.mark.parametrize("at", [0, 7, 14])
def test_an_interrupt_writes_nothing(tmp_path: Path, at: int):
    code, shown = at_a_terminal(tmp_path / "draft", [*typed()[:at], _INTERRUPT])
    assert code == 1
    assert "Afbrudt. Der er intet skrevet." in shown
    assert not (tmp_path / "draft").exists()


@pytest.mark.parametrize(
    ("flag", "text", "says"),
    [
        ("--price", "25,000.5", "Skriv et beløb"),
        ("--people", "0", "Skriv et helt tal fra 1 til 100000"),
        ("--enrolment-to", "2026-12-31", "skal ligge efter 2027-01-04"),
        ("--result", "happiness", "Vælg et nummer fra 1 til 3"),
        ("--operator", "Aalborg Kommune", "kan ikke også være leverandør"),
        ("--every", "month", "must be one of"),
        ("--language", "sv", "must be one of"),
    ],
)
def test_a_flag_that_cannot_be_meant_is_a_usage_error(tmp_path: Path, flag: str, text: str, says: str):
    done = run("contract", "new", tmp_path / "draft", *flags(**{flag[2:].replace("-", "_"): text}))
    assert done.code == 2
    assert says in " ".join(done.err.replace("│", " ").split())
    assert not (tmp_path / "draft").exists()


def test_education_asks_for_no_hours(tmp_path: Path):
    done = run("contract", "new", tmp_path / "draft", *flags(result="education", hours=""))
    assert done.code == 0, done.err
    draft = load_contract((tmp_path / "draft" / "contract.toml").read_bytes(), file="contract.toml")
    assert [state.id for state in draft.states] == ["education"]
    assert draft.income_source == ""
    assert run("contract", "new", tmp_path / "other", *flags(result="education")).code == 2
