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


def files() -> list[Path]:
    folders = ("benchmarks", "client", "docs", "fixtures", "mock_server", "scenarios", "tests")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found += [path for path in ROOT.iterdir() if path.is_file()]
    return sorted(
        path.relative_to(ROOT)
        for path in found
        if path.suffix in SEARCHED and path.relative_to(ROOT) not in EXEMPT
    )


def words_of(text: str) -> str:
    """The text with its names taken apart: `is_told` is two words, and so is `isTold`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text.replace("_", " "))


@pytest.mark.parametrize("path", files(), ids=str)
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
    [
        "The user is told why",
        "def is_told():",
        '{"isAsTold": 1}',
        "It stands\n    # in the file",
        "Wants x",
    ],
)
def test_a_word_is_found_in_prose_names_and_across_lines(sentence: str) -> None:
    assert WORDS.search(words_of(sentence))
