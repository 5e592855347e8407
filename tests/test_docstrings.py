"""Public functions with three or more parameters describe each of them, and what they raise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [
    module
    for folder in ("mock_server", "client", "scenarios", "fixtures")
    for module in sorted((ROOT / folder).rglob("*.py"))
]
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Functions whose parameters are not the caller's to fill in: commands, endpoints, rules, fixtures,
# and each form of an overload.
DECORATORS = re.compile(
    r"click|command|takes_|setting|rule\(|serve\(|blueprint|fixture|overload|hookimpl"
)
# They take what a class takes, and refer to it.
REFERRING = {"serve": "those of `Operation`", "rule": "see `Rule`"}


def functions(body: list[ast.stmt]) -> Iterator[Function]:
    """The public functions and methods of a module or class."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body)
        elif isinstance(node, Function) and not node.name.startswith("_"):
            yield node


def parameters(function: Function) -> list[str]:
    """The names of its parameters."""
    taken = function.args
    given = [*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg]
    return [each.arg for each in given if each and each.arg not in ("self", "cls")]


def raised(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """What a function raises itself: no exception raised again, and none that it may catch."""
    for node in nodes:
        if isinstance(node, Function | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield ast.unparse(node.exc.func)
        for name, inner in ast.iter_fields(node):
            is_caught = isinstance(node, ast.Try) and node.handlers and name == "body"
            if isinstance(inner, list) and not is_caught:
                yield from raised(inner)


def undescribed(module: Path) -> list[str]:
    """The parameters that no docstring of the module describes, and the exceptions."""
    missing = []
    for function in functions(ast.parse(module.read_text("utf-8")).body):
        names = parameters(function)
        if len(names) < 3:
            continue
        if any(DECORATORS.search(ast.unparse(each)) for each in function.decorator_list):
            continue
        docstring = " ".join((ast.get_docstring(function) or "").split())
        if REFERRING.get(function.name, "\0") in docstring:
            continue
        shown = [name for name in names if not name.startswith("_")]
        described = docstring.partition("Args:")[2]
        missing += [f"{function.name}: {name}" for name in shown if f"{name}: " not in described]
        if "Raises:" not in docstring:
            missing += [f"{function.name} raises {name}" for name in raised(function.body)]
    return missing


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_parameter_of_a_long_signature_is_described(module: Path) -> None:
    assert undescribed(module) == []


def test_a_parameter_without_a_description_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    text = '"""Add.\n\n    Args:\n        a: one.\n        b: two.\n    """'
    module.write_text(f"def add(a, b, *, c):\n    {text}\n", "utf-8")
    assert undescribed(module) == ["add: c"]


def test_an_exception_without_a_description_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    text = '"""Add.\n\n    Args:\n        a: one.\n        b: two.\n        c: three.\n    """'
    module.write_text(f"def add(a, b, c):\n    {text}\n    if a:\n        raise Odd(a)\n", "utf-8")
    assert undescribed(module) == ["add raises Odd"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("for a in b:\n    with a:\n        raise m.E(a)", ["m.E"]),
        ("match a:\n    case 1:\n        raise E()", ["E"]),
        ("try:\n    a()\nexcept E as e:\n    raise F() from e", ["F"]),
        ("try:\n    raise E()\nexcept E:\n    pass", []),
        ("try:\n    a()\nexcept E as e:\n    raise\nraise e", []),
        ("def inner():\n    raise E()", []),
    ],
)
def test_only_what_a_function_raises_itself_has_to_be_described(
    body: str, names: list[str]
) -> None:
    assert [*raised(ast.parse(body).body)] == names
