"""The house: small modules, telling names, CPR text behind one door, and no number of a real person anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

from tests.architecture.imports import modules, nodes_of, tree_of

ROOT = Path(__file__).parents[2]
MODULES = sorted(modules(ROOT).values())
MOST_LINES = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "misc"}

# a CPR number of somebody who could exist: day 01 to 31, month 01 to 12, and no letter or digit around it
REAL_NUMBER = re.compile(r"(?<![0-9A-Za-z])(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d{2}-?\d{4}(?![0-9A-Za-z])")


def tracked() -> list[Path]:
    """Every text file of the repository; the files on disk where this is no checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()] or list(MODULES)


def test_modules_are_short():
    assert [path for path in MODULES if len(path.read_text("utf-8").splitlines()) > MOST_LINES] == []


def test_names_of_modules_say_something():
    names = {path: {path.stem, *path.relative_to(ROOT).parts[:-1]} for path in MODULES}
    assert [path for path, parts in names.items() if EMPTY_NAMES & parts] == []


def test_the_gateway_has_rooms_and_no_module_beside_them():
    assert [path.name for path in (ROOT / "gateway").glob("*.py")] == ["__init__.py"]


def test_modules_say_what_they_promise():
    silent = [path for path in MODULES if not ast.get_docstring(tree_of(path))]
    assert [path for path in silent if "migrations" not in path.parts] == []


def test_what_stands_at_the_bottom_is_needed_by_two_roots():
    """A module enters the bottom root only where two roots import it; there is no exception."""
    users: dict[str, set[str]] = {path.stem: set() for path in (ROOT / "vocabulary").glob("[a-z]*.py")}
    for path in MODULES:
        for node in nodes_of(path):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("vocabulary."):
                users[str(node.module).removeprefix("vocabulary.")].add(path.relative_to(ROOT).parts[0])
    assert {name: found for name, found in users.items() if len(found - {"vocabulary"}) < 2} == {}


def test_declarations_have_one_reader():
    """The verifier has its own, since it imports nothing of ours."""
    readers = [path for path in MODULES if "tomllib" in path.read_text(encoding="utf-8")]
    ours = [str(path.relative_to(ROOT)) for path in readers if path.relative_to(ROOT).parts[0] != "verifier"]
    assert ours == ["vocabulary/declaration.py"]


def test_the_digits_of_a_number_are_read_in_two_rooms_alone():
    for module in MODULES:
        if module.relative_to(ROOT).parts[0] in ("keys", "connectors"):
            continue
        names = {node.attr for node in nodes_of(module) if isinstance(node, ast.Attribute)}
        assert "digits" not in names, module


def test_no_check_is_silenced_without_a_reason():
    for module in MODULES:
        for number, line in enumerate(module.read_text(encoding="utf-8").splitlines(), start=1):
            assert "type: ignore" not in line, (module, number)
            if "noqa" in line:
                assert re.search(r"# noqa: [A-Z0-9, ]+ - \w+", line), (module, number)


def test_time_is_read_in_one_place():
    readers = [path for path in MODULES if re.search(r"datetime\.now\(|time\.time\(\)", path.read_text())]
    commands = {f"verifier/outcome_verifier/{name}.py" for name in ("cli", "accept", "balances", "countersign")}
    allowed = {
        "gateway/installation/settings.py",
        "gateway/cli/demo.py",
        "connectors/transport.py",
        "gateway/simulate/serving.py",
        *commands,
    }
    assert {str(path.relative_to(ROOT)) for path in readers} <= allowed


def test_no_number_of_a_real_person_stands_in_the_repository():
    found = []
    for path in tracked():
        if path.suffix in (".lock", ".png") or "lock" in path.name:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [
            f"{path.relative_to(ROOT)}:{text[: match.start()].count(chr(10)) + 1}"
            for match in REAL_NUMBER.finditer(text)
        ]
    assert found == []


def test_the_search_for_real_numbers_finds_one():
    """Positive control, put together so that this file does not hold one."""
    assert REAL_NUMBER.search("see " + "01" + "0180" + "-1234.")
    assert not REAL_NUMBER.search("6101801234")


def test_no_key_material_stands_in_the_repository():
    marks = [f"BEGIN {kind}PRIVATE KEY" for kind in ("", "EC ", "RSA ", "OPENSSH ")]
    for path in tracked():
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not any(mark in text for mark in marks), path


def test_lock_files_have_hashes_and_no_address():
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9-]+==", text, flags=re.MULTILINE)
        assert len(pins) > 20
        assert text.count("--hash=sha256:") >= len(pins)
        assert "://" not in text
        assert "--index-url" not in text
        assert "--find-links" not in text
