"""What rooms hand each other has a shape with a name: no public signature says `Any`, `object` or a bare mapping.

A reader of `dict[str, Any]` has to run the program to learn what is in it, and no type checker notices a member that
was renamed. What a use case shows is a frozen dataclass (`gateway.wording.views`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.imports import tree_of

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "cli", "documents", "settlement", "rights", "oversight", "release")
SHAPELESS = {"Any", "object"}
MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "OrderedDict"}
MOST_EXCEPTIONS = 15

# module: name of what is public -> why it has no narrower shape
EXCEPTIONS: dict[str, str] = {
    "gateway/api/document.py: DocumentedAPI.openapi": "overrides a method of FastAPI, whose type it is",
    "gateway/api/page.py: render": "reads an OpenAPI document as FastAPI returns it",
}
# what is left of the time before views, by module: it only ever shrinks, and then it is gone
NOT_YET: dict[str, int] = {}


def is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def shapeless(annotation: ast.expr | None) -> bool:
    """Whether an annotation holds, at any depth, `Any`, `object` or a mapping without parameters."""
    if annotation is None:
        return False
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return shapeless(ast.parse(annotation.value, mode="eval").body)
    named = annotation.id if isinstance(annotation, ast.Name) else getattr(annotation, "attr", "")
    if named in SHAPELESS or named in MAPPINGS:
        return True
    if isinstance(annotation, ast.Subscript):
        head = annotation.value
        is_mapping = (head.id if isinstance(head, ast.Name) else getattr(head, "attr", "")) in MAPPINGS
        if isinstance(head, ast.Name) and head.id == "Annotated":  # the rest is no type
            return shapeless(annotation.slice.elts[0] if isinstance(annotation.slice, ast.Tuple) else None)
        return (not is_mapping and shapeless(head)) or shapeless(annotation.slice)
    return any(shapeless(child) for child in ast.iter_child_nodes(annotation) if isinstance(child, ast.expr))


def signatures(body: list[ast.stmt], within: str = "") -> Iterator[tuple[str, list[ast.expr | None]]]:
    """Every public function, method, field and constant with the annotations that it shows."""
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if is_public(name):
                given = node.args
                parameters = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
                yield f"{within}{name}", [*(one.annotation for one in parameters if one), node.returns]
            case ast.ClassDef(name=name) if is_public(name):
                yield from signatures(node.body, f"{within}{name}.")
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation) if is_public(name):
                yield f"{within}{name}", [annotation]
            case _:
                continue


def found(module: Path) -> list[str]:
    tree = tree_of(module)
    name = module.relative_to(ROOT).as_posix()
    return [f"{name}: {public}" for public, shown in signatures(tree.body) if any(map(shapeless, shown))]


MODULES = sorted(path for room in ROOMS for path in (ROOT / "gateway" / room).rglob("*.py"))
FOUND = [one for module in MODULES for one in found(module)]


def test_what_is_public_has_a_shape():
    left = Counter(one.partition(":")[0] for one in FOUND if one not in EXCEPTIONS)
    assert dict(left) == NOT_YET, [one for one in FOUND if one.partition(":")[0] not in NOT_YET]


def test_exceptions_are_few_and_each_has_a_reason():
    assert len(EXCEPTIONS) <= MOST_EXCEPTIONS
    assert set(EXCEPTIONS) <= set(FOUND)
    assert all(len(reason.split()) > 3 for reason in EXCEPTIONS.values())


@pytest.mark.parametrize(
    "text",
    [
        "def f(a: Any) -> None: ...",
        "def f(a: int, *, b: dict[str, Any]) -> None: ...",
        "def f() -> Mapping: ...",
        "def f() -> 'list[object]': ...",
        "def f(*a: object) -> None: ...",
        "class C:\n    a: dict",
        "class C:\n    def m(self) -> typing.Any: ...",
        "a: Callable[[Any], None]",
    ],
)
def test_the_search_finds_what_has_no_shape(text: str):
    """Positive control."""
    assert [name for name, shown in signatures(ast.parse(text).body) if any(map(shapeless, shown))]


@pytest.mark.parametrize(
    "text",
    [
        "def f(a: Mapping[str, int]) -> dict[str, tuple[int, ...]]: ...",
        "def _f(a: Any) -> None: ...",
        "class C:\n    _a: object",
        "def f(a: Annotated[int, Option(default=object)]) -> None: ...",
    ],
)
def test_the_search_lets_shapes_pass(text: str):
    assert not [name for name, shown in signatures(ast.parse(text).body) if any(map(shapeless, shown))]


if __name__ == "__main__":  # what to write into NOT_YET
    print(*FOUND, sep="\n")
    print(dict(Counter(one.partition(":")[0] for one in FOUND)))
