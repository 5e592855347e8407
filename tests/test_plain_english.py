"""Words that make a reader stumble do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What must not be written, with what to write instead.
INSTEAD = {
    r"told": "message, payload, reports, shows, says",
    r"anew": "again, resets, replaces",
    r"wants": "needs, expects, requires",
    r"wanted": "expected, needed, required",
    r"occasion": "exercised, applies",
    r"says no": "refuses, rejects",
    r"tells of": "describes, lists",
    r"stands? (?:in|at|under|beside|there|for nothing)": "is in, is at, is under, is beside",
    r"(?:request|command|it) means the": "selects the, uses the",
    r"(?:are|is) meant": "applies, matches",
    r"comes? to (?:its|a) good end": "succeeds",
}
GAP = r"[\s#]+"  # between two words: a phrase may go on in the next line of a comment
WORDS = re.compile(
    "|".join(rf"(?P<w{n}>\b{word.replace(' ', GAP)}\b)" for n, word in enumerate(INSTEAD)), re.I
)
SEARCHED = {".py", ".md", ".html", ".toml", ".sh", ".yml"}
# The words themselves, and the old names of what was renamed.
EXEMPT = {Path(__file__).relative_to(ROOT), Path("CHANGELOG.md")}
# Folders and files that still hold such words; a line goes when its folder is clean.
UNCLEAN: tuple[str, ...] = (
    "mock_server/codat_mock/accounting",
    "mock_server/codat_mock/clock.py",
    "mock_server/codat_mock/domain/dataset_lifecycle.py",
    "mock_server/codat_mock/domain/sync_schedule.py",
    "mock_server/codat_mock/http",
    "mock_server/codat_mock/http/api/flow.py",
    "mock_server/codat_mock/http/control",
    "mock_server/codat_mock/sandbox",
    "mock_server/codat_mock/storage",
    "mock_server/codat_mock/templates",
    "scenarios/codat_scenarios/cli/explain.py",
    "scenarios/codat_scenarios/cli/story.py",
    "scenarios/codat_scenarios/sandbox_driver.py",
    "tests/mock_server/accounting",
    "tests/mock_server/cli",
    "tests/mock_server/conftest.py",
    "tests/mock_server/fuzz/test_schedule.py",
    "tests/mock_server/har/test_reader_writer.py",
    "tests/mock_server/http",
    "tests/mock_server/http/control/test_books.py",
    "tests/mock_server/http/control/test_control_api.py",
    "tests/mock_server/http/portal/test_alerts.py",
    "tests/mock_server/replay/test_proxy.py",
    "tests/mock_server/reports/test_reports.py",
    "tests/mock_server/sandbox",
    "tests/mock_server/storage/test_schema.py",
    "tests/mock_server/test_pytest_plugin.py",
    "tests/mock_server/testing/test_fuzzing.py",
    "tests/scenarios/cli/test_story.py",
    "tests/support",
    "tests/vendor/sdk_flow.py",
)


def files() -> list[Path]:
    folders = ("benchmarks", "client", "docs", "fixtures", "mock_server", "scenarios", "tests")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found += [path for path in ROOT.iterdir() if path.is_file()]
    return sorted(
        path.relative_to(ROOT)
        for path in found
        if path.suffix in SEARCHED and path.relative_to(ROOT) not in EXEMPT
    )


def is_clean(path: Path) -> bool:
    return not any(path.is_relative_to(unclean) for unclean in UNCLEAN)


def words_of(text: str) -> str:
    """The text with its names taken apart: `is_told` is two words."""
    return text.replace("_", " ")


@pytest.mark.parametrize("path", [path for path in files() if is_clean(path)], ids=str)
def test_a_file_is_written_in_plain_english(path: Path) -> None:
    text = words_of((ROOT / path).read_text(encoding="utf-8"))
    problems = [
        f"{path}:{text.count(chr(10), 0, found.start()) + 1}: '{found[0]}'; "
        f"write: {list(INSTEAD.values())[int((found.lastgroup or '')[1:])]}"
        for found in WORDS.finditer(text)
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "sentence",
    ["The user is told why", "def is_told():", "It stands\n    # in the file", "Wants x"],
)
def test_a_word_is_found_in_prose_names_and_across_lines(sentence: str) -> None:
    assert WORDS.search(words_of(sentence))
