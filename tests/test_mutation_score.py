"""The page of the mutation score, which the run itself writes, and what a mutant's line is."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Thread
from typing import Any

import mutation_run
import pytest
from mutant_files import HEAD, FileCosts, with_rows
from mutant_tests import (
    FAILED,
    IMPORTED,
    NOTICED,
    UNNOTICED,
    ChosenTests,
    Measured,
    RunLines,
    result_of,
)
from mutants import ROOT, Mutant, equivalents, is_equivalent, is_left_out
from mutation_run import PACKAGES, PAGE, Score, write

pytest_plugins = ["pytester"]


def test_every_package_has_a_row_and_a_list_of_what_was_not_noticed() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| (\w+) \|", page, re.MULTILINE) == ["package", *PACKAGES]
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == [*PACKAGES]


def test_a_score_replaces_that_of_its_package_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "score.md"
    copy.write_bytes(PAGE.read_bytes())
    monkeypatch.setattr(mutation_run, "PAGE", copy)
    score = Score("rules", 2000, 7, noticed=18, survivors=["a.py:1\n  - a\n  + b"] * 2)
    assert str(score) == "rules: 18 of 20 noticed (90%), 0 equivalent, of 2000 mutants"
    assert score.is_enough
    write(score)
    write(Score("proxy", 10, None, noticed=8, survivors=["c.py:2\n  - c\n  + d"] * 2))
    written = copy.read_text(encoding="utf-8")
    assert "\n| rules | 2,000 | 20, by seed 7 | 18 | 0 | 90% |\n" in written
    assert "\n| proxy | 10 | 10, all | 8 | 0 | 80% |\n" in written
    assert written.count("a.py:1") == written.count("c.py:2") == 2
    before = PAGE.read_text(encoding="utf-8")
    kept = re.search(r"^### accounting\n.*?(?=^### )", before, re.MULTILINE | re.DOTALL)
    assert kept
    assert kept[0] in written


@pytest.mark.parametrize(
    ("line", "lines"),
    [(1, [1]), (3, [2, 3]), (4, [4]), (5, [5, 6]), (6, [5, 6]), (8, [7, 8]), (9, [9])],
)
def test_the_lines_of_a_mutant_are_those_of_its_statement(
    tmp_path: Path, line: int, lines: list[int]
) -> None:
    file = tmp_path / "code.py"
    file.write_text(
        "A = 1\nB = (1,\n     2)\ndef f(x):\n    if (x\n        > 1):\n        return (x\n"
        "                + 1)\n    return 2\n",
        encoding="utf-8",
    )
    assert [*Mutant(file, "", 0, line).statement()] == lines


def test_what_is_equivalent_has_a_reason() -> None:
    known = equivalents()
    assert all(each["reason"] for each in (*known["kind"], *known["mutant"]))
    first = known["mutant"][0]
    assert is_equivalent((first["before"], first["after"]))
    assert not is_equivalent((first["after"], first["before"]))


@pytest.mark.parametrize(
    ("operator", "before", "after", "is_left"),
    [
        ("ReplaceComparisonOperator_Eq_GtE", "if plan.outcome ", '== "Complete":', True),
        ("ReplaceComparisonOperator_Eq_NotEq", "if plan.outcome ", '== "Complete":', False),
        ("ReplaceComparisonOperator_Eq_Gt", "if len(keys) ", '== 1 and kind == "A":', False),
        ("ReplaceComparisonOperator_NotEq_Lt", "if each.data_type ", "!= data_type:", True),
        ("ReplaceComparisonOperator_Lt_LtE", "if rest ", "< amount:", False),
        ("ReplaceComparisonOperator_Lt_Is", "if rest ", "< amount:", True),
        ("ReplaceComparisonOperator_Is_IsNot", "if row ", "is None:", False),
        ("ReplaceComparisonOperator_Is_Lt", "if row ", "is None:", True),
        ("ReplaceBinaryOperator_Sub_Add", "left = ends ", "- now", False),
        ("ReplaceBinaryOperator_Sub_BitXor", "left = ends ", "- now", True),
        ("ReplaceBinaryOperator_LShift_RShift", "MAX_BYTES: Final = 512 ", "<< 20", False),
        ("ReplaceBinaryOperator_Pow_Mul", "return {", "**values, **others}", True),
        ("ReplaceBinaryOperator_Pow_Mul", "NEVER: Final = 2", "**63 - 1", False),
        ("ReplaceBinaryOperator_BitOr_BitAnd", "Row = tuple[str, int ", "| None]", True),
        ("ReplaceBinaryOperator_BitOr_BitAnd", "flags = os.O_WRONLY ", "| os.O_CREAT", False),
        ("ReplaceUnaryOperator_USub_UAdd", "last = rows[", "-1]", True),
        ("ReplaceUnaryOperator_Delete_USub", "last = rows[", "-1]", False),
    ],
)
def test_what_nobody_writes_by_mistake_is_left_out(
    operator: str, before: str, after: str, is_left: bool
) -> None:
    assert is_left_out(operator, before + after, len(before)) == is_left


def test_a_mutant_is_tried_on_the_quickest_tests_of_its_line_for_two_minutes(
    tmp_path: Path,
) -> None:
    file = tmp_path / "code.py"
    file.write_text("a = 1\nb = 2\n", encoding="utf-8")
    seconds = {
        "slow": 5.5,
        "others": 0.5,
        **{f"t{number}": 4.5 for number in range(40)},
        "first": 1.0,
    }
    near = ["slow", "first", *(f"t{number}" for number in range(40))]
    measured = Measured(seconds, {str(file): {1: near, 2: [IMPORTED]}}, [])
    found = measured.nearest(Mutant(file, "", 0, 1))
    assert (found[0], len(found), "slow" in found) == ("first", 27, False)
    assert measured.nearest(Mutant(file, "", 0, 2))[:2] == ["others", "first"]
    assert (
        Measured({"slow": 5.5}, {str(file): {1: ["slow"]}}, []).nearest(Mutant(file, "", 0, 1))
        == []
    )


THROWN = """\
def wait():
    try:
        yield
    except ValueError:
        return

def delegate():
    yield from wait()
    yield 1

def run():
    waiting = delegate()
    next(waiting)
    waiting.throw(ValueError)
    return 2
"""


def test_each_line_has_the_tests_that_run_it_after_an_exception_in_a_generator_as_well(
    tmp_path: Path,
) -> None:
    file = tmp_path / "code.py"
    file.write_text(THROWN, encoding="utf-8")
    names: dict[str, Any] = {}
    notes = RunLines(tmp_path)
    with notes.noting():
        exec(compile(THROWN, str(file), "exec"), names)  # noqa: S102  (our own)
        notes.switch("run")
        names["run"]()
        notes.switch("only waits")
        waiting = names["wait"]()
        next(waiting)
    by_test: dict[str, list[int]] = {}
    for line, tests in sorted(notes.lines[str(file)].items()):
        for test in tests:
            by_test.setdefault(test, []).append(line)
    assert by_test == {
        IMPORTED: [1, 7, 11],
        "run": [2, 3, 4, 5, 8, 9, 12, 13, 14, 15],
        "only waits": [2, 3],
    }


def test_a_recursion_that_is_too_deep_loses_the_lines_of_no_other_test(tmp_path: Path) -> None:
    code, names = "def deep():\n    deep()\ndef run():\n    return 1\n", dict[str, Any]()
    notes = RunLines(tmp_path)
    with notes.noting():
        exec(compile(code, str(tmp_path / "a.py"), "exec"), names)  # noqa: S102  (our own)
        notes.switch("deep")
        with pytest.raises(RecursionError):
            names["deep"]()
        notes.switch("run")
        names["run"]()
    assert notes.lines[str(tmp_path / "a.py")][4] == ["run"]


def test_the_lines_of_threads_are_noted_and_those_of_other_folders_are_not(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    notes = RunLines(tmp_path)
    with notes.noting():
        for folder in (tmp_path, tmp_path.with_name(f"{tmp_path.name}-other")):
            exec(compile("def f():\n    return 1\n", str(folder / "a.py"), "exec"), names)  # noqa: S102
            thread = Thread(target=names["f"])
            thread.start()
            thread.join()
    assert {path: sorted(lines) for path, lines in notes.lines.items()} == {
        str(tmp_path / "a.py"): [1, 2]
    }


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (pytest.ExitCode.OK, UNNOTICED),
        (pytest.ExitCode.TESTS_FAILED, NOTICED),
        (pytest.ExitCode.INTERRUPTED, NOTICED),
        (pytest.ExitCode.USAGE_ERROR, NOTICED),
        (pytest.ExitCode.INTERNAL_ERROR, FAILED),
        (pytest.ExitCode.NO_TESTS_COLLECTED, UNNOTICED),
    ],
)
def test_a_mutant_is_noticed_where_a_test_or_an_import_fails_and_not_where_pytest_does(
    status: pytest.ExitCode, result: int
) -> None:
    assert result_of(status) == result


def test_the_chosen_tests_run_in_their_order_without_those_that_have_gone(
    pytester: pytest.Pytester,
) -> None:
    items = pytester.getitems("def test_a(): pass\ndef test_b(): pass\ndef test_c(): pass\n")
    first, _, last = items
    file = first.nodeid.partition("::")[0]
    chosen = ChosenTests({last.nodeid: 0.1, f"{file}::test_gone": 0.2, first.nodeid: 0.3})
    chosen.pytest_collection_modifyitems(items)
    assert items == [last, first]
    assert chosen.files == [str(ROOT / file)]


def test_the_other_tests_of_a_file_that_has_noticed_a_change_are_passed_over(
    request: pytest.FixtureRequest,
) -> None:
    chosen = ChosenTests({})
    chosen.pytest_runtest_setup(request.node)
    chosen.noticed.add(request.node.nodeid.partition("::")[0])
    with pytest.raises(pytest.skip.Exception):
        chosen.pytest_runtest_setup(request.node)


def test_each_file_has_what_it_costs_and_what_only_it_notices() -> None:
    costs = FileCosts("rules", {"tests/a.py::x": 0.75, "tests/a.py::y": 0.75, "tests/b.py::z": 0.5})
    costs.add(["tests/a.py::x", "tests/a.py::y"], {"tests/a.py"})
    costs.add([*costs.seconds], {"tests/a.py", "tests/b.py"})
    costs.add(["tests/b.py::z"], set())
    rows = [*costs.rows()]
    assert rows == [
        "| `a.py` | rules | 2 | 1.5 | 2 of 3 | 2 | 1 |\n",
        "| `b.py` | rules | 1 | 0.5 | 2 of 3 | 1 | 0 |\n",
    ]
    old = [
        "| `old.py` | rules | 1 | 9.0 | 1 of 1 | 0 | 0 |\n",
        "| `c.py` | proxy | 1 | 2.0 | 1 of 1 | 0 | 0 |\n",
    ]
    page = with_rows(f"before\n{HEAD}{''.join(old)}\nafter\n", costs, ["rules", "proxy"])
    assert page == f"before\n{HEAD}{rows[0]}{old[1]}\nafter\n"


def test_the_page_has_the_table_of_the_files() -> None:
    assert HEAD in PAGE.read_text(encoding="utf-8")
