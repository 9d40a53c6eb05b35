"""What mutmut left behind, read back: which mutants lived, what each changes in one line, and if it is text alone."""

from __future__ import annotations

import ast
import difflib
import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.staging import source_of, stage_of

_STATUS = {
    0: "survived",
    5: "survived",
    33: "survived",
    1: "killed",
    3: "killed",
    None: "not run",
}  # 33: no test met it


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutant: `change` is its diff in one line, by which the reasons know it again."""

    function: str
    change: str
    status: str
    is_message: bool


def mutants(module: str) -> Iterator[Mutant]:
    """Every mutant of the module, in its order."""
    path = _mutated(module)
    lines = path.read_text("utf-8").split("\n")
    spans = json.loads(Path(f"{path}.spans").read_text("utf-8"))["spans"]
    verdicts = json.loads(Path(f"{path}.meta").read_text("utf-8"))["exit_code_by_key"]
    for key, code in verdicts.items():
        name = key.rpartition(".")[2]
        mangled = name.partition("__mutmut_")[0]
        before, after = (_source(lines, spans, which, mangled) for which in (f"{mangled}__mutmut_orig", name))
        function = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        yield Mutant(function, _one_line(before, after), _STATUS.get(code, "timeout"), _is_message(before, after))


def forget_survivors(module: str) -> None:
    """Let mutmut try those again that lived: tests may have been added since."""
    path = Path(f"{_mutated(module)}.meta")
    if path.exists():
        meta = json.loads(path.read_text("utf-8"))
        codes = meta["exit_code_by_key"]
        meta["exit_code_by_key"] = {k: None if _STATUS.get(v) == "survived" else v for k, v in codes.items()}
        path.write_text(json.dumps(meta, indent=4), "utf-8")


def _mutated(module: str) -> Path:
    return stage_of(module) / "mutants" / source_of(module)


def _source(lines: list[str], spans: dict[str, list[int]], name: str, mangled: str) -> str:
    first, last = spans[name]
    text = "\n".join(lines[first - 1 : last]).replace(name, mangled)
    return textwrap.dedent(text)


def _one_line(before: str, after: str) -> str:
    changed = list(difflib.ndiff(before.split("\n"), after.split("\n")))
    old, new = (" ".join(line[2:].strip() for line in changed if line.startswith(sign)) for sign in ("- ", "+ "))
    return f"{old} → {new}"


def _is_message(before: str, after: str) -> bool:
    """Whether only the text of a raised error differs: the error's class, and whether it is raised, stay the same."""
    return ast.dump(_Silent().visit(ast.parse(before))) == ast.dump(_Silent().visit(ast.parse(after)))


class _Silent(ast.NodeTransformer):
    """Takes the text out of `raise Error("text")`."""

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        call = node.exc
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id[0].isupper():
            call.args = call.args[1:]
        return node
