"""No link of the documentation leads nowhere, and no command line in it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documentation import ROOT, anchors, broken, complaint, lines, lines_of, lines_of_help, links, pages

from mailproof.cli.overview import COMMANDS


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILPROOF_FORMAT", raising=False)


def test_every_link_leads_somewhere() -> None:
    found = [(path, link) for path in pages() for link in links(path)]
    assert found
    assert [f"{path.relative_to(ROOT)}: {why}" for path, link in found if (why := broken(path, link))] == []


def test_every_command_line_of_ours_is_taken_as_it_stands() -> None:
    found = [line for path in pages() for line in lines(path)] + list(lines_of_help())
    assert {line.words[0] for line in found if line.words} >= set(COMMANDS)
    assert [f"{line.place}: {line.text}: {why}" for line in found if (why := complaint(line.words))] == []


def test_every_page_of_the_docs_is_there_in_both_languages_and_they_lead_to_each_other() -> None:
    for path in (*(ROOT / "docs").glob("*.md"), *ROOT.glob("README*.md")):
        stem = path.name.removesuffix(".md").removesuffix(".ja")
        other = f"{stem}.md" if path.name.endswith(".ja.md") else f"{stem}.ja.md"
        assert other in links(path), path


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_every_page_is_found_from_the_readme(readme: str) -> None:
    """Of its own language; a page that nothing leads to is read by nobody."""
    japanese = readme.endswith(".ja.md")
    found, todo = set(), [ROOT / readme]
    while todo:
        page = todo.pop()
        if page in found or page.suffix != ".md" or not page.exists() or page.name.endswith(".ja.md") != japanese:
            continue
        found.add(page)
        todo += [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if ":" not in link]
    wanted = {page for page in (ROOT / "docs").glob("*.md") if page.name.endswith(".ja.md") == japanese}
    assert sorted(page.name for page in wanted - found) == []


def test_both_languages_show_the_same_command_lines() -> None:
    for path in (*(ROOT / "docs").glob("*.ja.md"), *ROOT.glob("*.ja.md")):
        english, japanese = (
            {tuple(word for word in line.words if word not in ("--lang", "ja")) for line in lines(page)}
            for page in (path.with_name(path.name.replace(".ja.", ".")), path)
        )
        assert english == japanese, path.name


def test_what_the_developers_pages_name_is_there() -> None:
    """ARCHITECTURE.md: what it names, exists. Paths from the root, from the package, or from a folder of it."""
    missing = []
    for page in (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"`([a-z_./-]+(?:/|\.(?:py|sh|md|toml|json|css)))`", page.read_text("utf-8")):
            places = (ROOT, ROOT / "src" / "mailproof", ROOT / "src" / "mailproof" / "catalog")
            if not any((place / name).exists() for place in places) and not list(ROOT.glob(f"[st]*/**/{name}")):
                missing.append(f"{page.name}: {name}")
    assert missing == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("mailproof check a.example", [("check", "a.example")]),
        ("$ PW=x mailproof check a.example \\\n   --deliver >out.json", [("check", "a.example", "--deliver")]),
        ("mailproof token base64 1.zip > 1; mailproof token base64 -d 1", [("token", "base64", "1.zip"),
                                                                            ("token", "base64", "-d", "1")]),
        ("mailproof demo   # the lab", [("demo",)]),
        ("make demo; pip install mailproof", []),
        ("it is mailproof's", []),
    ],
)  # fmt: skip
def test_a_command_line_is_found_in_code(code: str, words: list[tuple[str, ...]]) -> None:
    assert [line.words for line in lines_of(code, "here")] == words


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("check --no-such-option", "No such option"),
        ("chekc a.example", "there is no command"),
        ("check smtp://user:pw@a.example", "login-in-url"),
        ("check --timeout soon", "is no time"),
        ("explain certificate-expierd", "there is no page"),
        ("lab --fault no-such-fault", "no-such-fault"),
        ("--lang fr check", "--lang"),
    ],
)
def test_a_command_line_that_would_be_refused_is_seen(words: str, why: str) -> None:
    assert why.lower() in complaint(tuple(words.split())).lower()


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    assert "no such file" in broken(page, "docs/nothing.md")
    assert "no such heading" in broken(page, "docs/guide.md#nothing")
    assert broken(page, "docs/guide.md#where-you-stand") == ""
    assert broken(page, "https://www.example.com/") == ""


def test_headings_are_anchors_as_github_makes_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b-c` (d), e!\n\n## 用語: 検出事項\n\n## Twice\n\n## Twice\n", "utf-8")
    assert anchors(page) == {"a-b-c-d-e", "用語-検出事項", "twice", "twice-1"}
