"""Public functions with three or more parameters describe each of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = [
    module
    for folder in ("mock_server", "client", "scenarios", "fixtures")
    for module in sorted((ROOT / folder).rglob("*.py"))
]
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Functions whose parameters are not the caller's to fill in: commands, callbacks of options,
# endpoints, rules, fixtures, and each form of an overload.
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


def undescribed(module: Path) -> list[str]:
    """The parameters that no docstring of the module describes."""
    missing = []
    for function in functions(ast.parse(module.read_text("utf-8")).body):
        names = parameters(function)
        if len(names) < 3 or names[:2] == ["_ctx", "_param"]:
            continue
        if any(DECORATORS.search(ast.unparse(each)) for each in function.decorator_list):
            continue
        docstring = " ".join((ast.get_docstring(function) or "").split())
        if REFERRING.get(function.name, "\0") in docstring:
            continue
        shown = [name for name in names if not name.startswith("_")]
        described = docstring.partition("Args:")[2]
        missing += [f"{function.name}: {name}" for name in shown if f"{name}: " not in described]
    return missing


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_parameter_of_a_long_signature_is_described(module: Path) -> None:
    assert undescribed(module) == []


def test_a_parameter_without_a_description_is_found(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    text = '"""Add.\n\n    Args:\n        a: one.\n        b: two.\n    """'
    module.write_text(f"def add(a, b, *, c):\n    {text}\n", "utf-8")
    assert undescribed(module) == ["add: c"]
