"""The verifier as an investor installs it: a wheel and what it needs, into an empty environment, without network."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
VECTORS = ROOT / "tests" / "vectors"
GOOD = "good/full.bundle.json"
NEEDED = ("cryptography", "cffi", "pycparser")  # the first is what the verifier names, the others what that one names


def pip(*words: str | Path, python: Path | None = None) -> subprocess.CompletedProcess[str]:
    """This environment's pip, acting on another environment, and unable to ask an index."""
    chosen = ["--python", str(python)] if python else []
    return subprocess.run(
        [sys.executable, "-m", "pip", *chosen, *map(str, words)], capture_output=True, text=True, check=False
    )


def line_of_the_page(beginning: str) -> list[str]:
    [line] = re.findall(rf"^{re.escape(beginning)}.*$", PAGE, flags=re.MULTILINE)
    return line.split()


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the page's line for a clone that was set up, which asks no index."""
    words = line_of_the_page(".venv/bin/pip wheel")
    folder = tmp_path_factory.mktemp("built") / "wheels"
    assert words[-3:] == ["--wheel-dir", "wheels", "./verifier"]
    done = pip("wheel", "--no-index", *words[2:-3], "--wheel-dir", folder, ROOT / "verifier")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """An environment without any package."""
    venv.create(tmp_path / "investor", with_pip=False, symlinks=True)
    return tmp_path / "investor" / "bin" / "python"


def lend(empty: Path, *names: str) -> None:
    """Make installed packages of this environment, and no other ones, visible to the empty one."""
    [packages] = (empty.parents[1] / "lib").glob("python*/site-packages")
    for name in names:
        files = distribution(name).files or []
        for top in {file.parts[0] for file in files if file.parts[0] not in ("..", "__pycache__")}:
            (packages / top).symlink_to(Path(str(distribution(name).locate_file(top))))


def install(empty: Path, wheels: Path) -> subprocess.CompletedProcess[str]:
    """The page's line for a machine without a network."""
    program, *words = line_of_the_page("pip install --no-index")
    assert program == "pip"
    return pip(*(str(wheels) if word == "wheels" else word for word in words), python=empty)


def test_the_page_names_all_that_the_wheel_needs(wheels: Path, empty: Path):
    [wheel] = wheels.iterdir()
    assert wheel.name.startswith("outcome_verifier-")
    lend(empty, *NEEDED)
    done = install(empty, wheels)
    assert done.returncode == 0, done.stderr
    [needs] = re.findall(r"^`wheels/` then holds .*?\n\n", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert all(f"`{name}`" in needs for name in ("outcome-verifier", *NEEDED))


def test_what_was_installed_verifies_a_bundle(wheels: Path, empty: Path):
    lend(empty, *NEEDED)
    assert install(empty, wheels).returncode == 0
    [vector] = [one for one in json.loads((VECTORS / "index.json").read_bytes()) if one["path"] == GOOD]
    trust, now = VECTORS / vector["trust"], str(vector["now"])
    command = [empty.with_name("verify-outcome"), VECTORS / GOOD, "--trust", trust, "--at", now]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=empty.parents[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "VERIFIED" in done.stdout


def test_what_was_installed_makes_a_key_and_accepts_a_contract(wheels: Path, empty: Path):
    """A party needs no more than a reader does."""
    lend(empty, *NEEDED)
    assert install(empty, wheels).returncode == 0
    folder = empty.parents[1]
    contract, trust = ROOT / "examples" / "contracts" / "impact60.toml", VECTORS / "TRUST.json"
    party = "investor/den-sociale-kapitalfond"
    for words in (
        ("key", "our.key.pem"),
        ("accept", contract, "--trust", trust, "--as", party, "--key", "our.key.pem", "--out", "investor.jwt"),
    ):
        command = [empty.with_name("verify-outcome"), *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=folder, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "ACCEPTED       IMPACT60" in done.stdout
    assert (folder / "investor.jwt").read_text().count(".") == 2


def test_a_package_that_is_missing_is_noticed(wheels: Path, empty: Path):
    """Positive control: the same line where nothing that the wheel needs is at hand."""
    done = install(empty, wheels)
    assert done.returncode != 0
    assert "cryptography" in done.stderr
