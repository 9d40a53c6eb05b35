"""The `gateway` command: in this process where quick is enough, and as the installed program where it must be real."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.cli.app import main

PROGRAMS = Path(sys.executable).parent
WIDE = {"COLUMNS": "200"}  # no line of output is broken


@dataclass(frozen=True)
class Ran:
    """What a command did: exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def run(*arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None) -> Ran:
    """`gateway ARGUMENTS` through its entry point, in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in {**WIDE, **(environment or {})}.items():
            patch.setenv(name, value)
        if cwd is not None:
            patch.chdir(cwd)
        patch.setattr(sys, "argv", ["gateway", *map(str, arguments)])
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return Ran(code, out.getvalue(), err.getvalue())


def on_terminal(*arguments: str | Path) -> str:
    """All that `gateway ARGUMENTS` ever wrote to the terminal that it was run at, as a program of its own."""
    ours, its = pty.openpty()
    command = [PROGRAMS / "gateway", *map(str, arguments)]
    environment = {**os.environ, **WIDE, "TERM": "xterm"}
    with (
        os.fdopen(ours, "rb", buffering=0) as screen,
        subprocess.Popen(command, env=environment, stdout=its) as program,
    ):
        os.close(its)
        written = b""
        with suppress(OSError):  # a terminal that nobody writes to any more
            while part := screen.read(65536):
                written += part
        assert program.wait() == 0
    return written.decode()


def run_program(
    program: str, *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> Ran:
    """An installed program in a process of its own."""
    done = subprocess.run(
        [PROGRAMS / program, *map(str, arguments)],
        env={**os.environ, **WIDE, **(environment or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
