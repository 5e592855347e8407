"""The documentation site: its generated pages are current, every page is in it, links work."""

from __future__ import annotations

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from codat_mock.http.operations import operations

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SITE: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
PAGES = sorted(DOCS.glob("*.md"))
MADE = {
    "commands.md",
    "exit-codes.md",
    "fixtures.md",
    "limits.md",
    "settings.md",
}  # from the code, when the site is built


@pytest.fixture(scope="module")
def build() -> ModuleType:
    """The program that builds the site."""
    spec = importlib.util.spec_from_file_location("build", DOCS / "build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages_of(nav: list[Any]) -> list[str]:
    found = []
    for part in nav:
        [(_, value)] = part.items()
        found += [value] if isinstance(value, str) else pages_of(value)
    return found


def test_every_page_is_in_the_navigation_once() -> None:
    assert sorted(pages_of(SITE["nav"])) == sorted({page.name for page in PAGES} | MADE)


def anchors(page: Path) -> set[str]:
    """The ids of the headings, as the site makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {
        re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", each.encode("ascii", "ignore").decode()))
        .strip("- ")
        .lower()
        for each in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(
        r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8")
    ):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert file.is_relative_to(DOCS), f"{target} is not part of the site"
        if anchor:
            assert anchor in anchors(file), f"{target}#{anchor}"


def test_the_page_of_commands_has_the_help_of_each(build: ModuleType) -> None:
    page = build.commands_page()
    for name in ("check", "fault add", "serve", "story run"):
        assert page.count(f"\n## codat-mock {name}\n\n```text\nUsage: codat-mock {name} ") == 1


def test_the_page_of_limits_has_each_operation_with_its_section(build: ModuleType) -> None:
    page = build.limits_page()
    for operation in operations():
        [row] = re.findall(
            rf"^\| {re.escape(f'{operation.method} {operation.path}')} \|.*$", page, re.M
        )
        assert f"| {operation.section} |" in row


def test_the_pages_that_are_made_are_those_of_the_navigation(build: ModuleType) -> None:
    assert set(build.MADE) == MADE


def test_the_page_of_settings_names_each_option_everywhere(build: ModuleType) -> None:
    page = build.settings_page()
    assert "| `--port` | `CODAT_MOCK_PORT` | `port` | 4620 |" in page
    assert re.findall(r"^## codat-mock (\w+)$", page, re.M) == ["check", "explore", "serve"]


def test_the_page_of_fixtures_has_each_with_its_members(build: ModuleType) -> None:
    page = build.fixtures_page()
    for name in ("codat_server", "codat", "codat_httpx", "codat_requests"):
        assert re.search(rf"^\| `{name}` \| \w.*\. \|$", page, re.M), name
    for title in ("codat", "codat.clock", "codat.faults", "codat.outcomes", "codat.alerts"):
        assert re.search(rf"^## {re.escape(title)}\n\n\|.*\n\|.*\n\| `\w+", page, re.M), title


def test_the_page_of_exit_codes_has_those_of_each_verdict(build: ModuleType) -> None:
    page = build.exit_codes_page()
    for name in ("check", "explore", "judge", "proxy", "drift"):
        assert re.search(rf"^## codat-mock {name}\n\n```text\nExit codes:\n", page, re.M), name


def test_the_page_for_language_models_lists_every_page(build: ModuleType, tmp_path: Path) -> None:
    build.write_sources(tmp_path)
    text = (tmp_path / "docs" / "llms.txt").read_text(encoding="utf-8")
    assert text.startswith("# codat-mock\n\n> ")
    listed = re.findall(r"^- \[[^\]]+\]\(([\w-]+\.md)\): \S", text, re.M)
    assert sorted(listed) == sorted({page.name for page in PAGES} - {"index.md"} | MADE)


needs_zensical = pytest.mark.skipif(
    importlib.util.find_spec("zensical") is None,
    reason="needs zensical: pip install '.[docs]'; .ci/run builds the site",
)


@needs_zensical
def test_the_site_is_built_with_every_page(build: ModuleType, tmp_path: Path) -> None:
    assert build.build(tmp_path / "site") == 0
    for name in {page.stem for page in PAGES} | {Path(each).stem for each in MADE}:
        page = "index.html" if name == "index" else f"{name}/index.html"
        assert "codat-mock" in (tmp_path / "site" / page).read_text(encoding="utf-8")


@needs_zensical
def test_a_link_that_leads_nowhere_fails_the_build(
    build: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    docs = Path(shutil.copytree(DOCS, tmp_path / "docs"))
    (docs / "index.md").write_text("# Home\n\n[broken](nowhere.md)\n", encoding="utf-8")
    monkeypatch.setattr(build, "DOCS", docs)
    assert build.build(tmp_path / "site") != 0
    shown = capfd.readouterr()
    assert "page does not exist" in shown.out + shown.err
    assert not (tmp_path / "site").exists()
