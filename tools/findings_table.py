"""Writes docs/findings.md and docs/findings.ja.md: by what each finding is shown.

    python tools/findings_table.py [--check]

With --check nothing is written; it fails if the pages are not what would be written, or if a finding is shown nowhere
of a kind and `docs/findings-reasons.toml` does not say why.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from made_pages import keep

from mailproof.catalog.pages import load
from mailproof.catalog.profiles import load_profile
from mailproof.checks import kinds
from mailproof.lab.embedded.faults import FAULTS

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
REASONS = ROOT / "docs" / "findings-reasons.toml"
LANGUAGES = {"en": "findings.md", "ja": "findings.ja.md"}
_MARK = re.compile(r"# <- ([a-z0-9-]+(?:, ?[a-z0-9-]+)*)")

_WORDS = {
    "en": {
        "title": "Findings, and where each is shown",
        "other": "[日本語](findings.ja.md)",
        "about": "Made by `make docs` from the checks, the pages, the lab and the tests. Every finding has a page "
        "(`mailproof explain NAME`) whose two examples are played as tests.",
        "head": ("finding", "what it says", "severity", "scripts", "lab fault", "real server"),
        "page": "page",
        "more": "and {n} more",
        "by": "by case",
        "logs": "told by the server's log",
        "files": "seen in files, by the linters",
        "logs-real": "by the log lines on its page; no real server set up for it yet",
        "files-real": "by the files on its page; no real server set up for it yet",
    },
    "ja": {
        "title": "検出事項と、それを再現するもの",
        "other": "[English](findings.md)",
        "about": "チェック、ページ、ラボ、テストから `make docs` で作成したものです。どの検出事項にもページ"
        "(`mailproof explain NAME`)があり、その 2 つの例はテストとして実行されます。",
        "head": ("検出事項", "内容", "重大度", "スクリプト", "ラボの障害", "実サーバー"),
        "page": "ページ",
        "more": "ほか {n} 件",
        "by": "条件による",
        "logs": "サーバーのログで検出",
        "files": "ファイルの lint で検出",
        "logs-real": "ページのログの行で確認。実サーバーの構成はまだない",
        "files-real": "ページの設定ファイルで確認。実サーバーの構成はまだない",
    },
}


def main() -> int:
    code = keep({ROOT / "docs" / name: render(lang) for lang, name in LANGUAGES.items()})
    if "--check" not in sys.argv[1:]:
        return code
    lacking = [f"{finding}: {kind}" for finding, kind in unexplained()]
    for line in lacking:
        print(f"shown nowhere, and docs/{REASONS.name} gives no reason: {line}", file=sys.stderr)
    return 1 if code or lacking else 0


def findings() -> list[str]:
    """Every finding that a check can make, in the order of the path of mail."""
    order = ("reach", "tls", "certificate", "login", "relay", "delivery", "retrieval", "configuration", "database")
    layers: dict[str, list[str]] = defaultdict(list)
    for kind in kinds().values():
        layers[str(kind.layer)].append(kind.name)
    return [name for layer in order for name in sorted(layers[layer])]


def scripts() -> dict[str, list[str]]:
    """Dialogues among the tests, by the finding that they mark."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("*.dialogue")):
        for mark in _MARK.findall(path.read_text("utf-8")):
            for name in re.split(r", ?", mark):
                if path.stem not in found[name]:
                    found[name].append(path.stem)
    return found


def real() -> dict[str, list[str]]:
    """Real servers that give a finding: cases of the corpus, as `make corpus` found them, and our own tests."""
    found: dict[str, list[str]] = defaultdict(list)
    answers = TESTS / "corpus" / "causes.json"
    for case, answer in json.loads(answers.read_text("utf-8")).items() if answers.exists() else ():
        sides = answer.values()
        named = (name for side in sides for name in (*(cause for cause, _ in side["causes"]), *side["info"]))
        for name in dict.fromkeys(named):
            found[name].append(case)
    known = set(findings())
    for folder in ("real", "brands"):
        for path in sorted((TESTS / folder).glob("test_*.py")):
            for name in dict.fromkeys(re.findall(r'"([a-z0-9-]+)"', path.read_text("utf-8"))):
                if name in known:
                    found[name].append(f"tests/{folder}/{path.name}")
    return found


def reasons() -> dict[str, dict[str, dict[str, str]]]:
    """By kind of cell (`fault`, `real`) and finding: why it is empty, by language."""
    return tomllib.loads(REASONS.read_text("utf-8")) if REASONS.exists() else {}


def unexplained() -> Iterable[tuple[str, str]]:
    given, shown = reasons(), real()
    for name in findings():
        if in_logs(name) or in_files(name):
            continue
        if name not in FAULTS and name not in given.get("fault", {}):
            yield name, "lab fault"
        if name not in shown and name not in given.get("real", {}):
            yield name, "real server"


def in_logs(name: str) -> bool:
    """Whether its page shows it with lines of a log: no connection sees it."""
    page = load(name)
    return bool(page.logs("triggers")) and not page.dialogues("triggers")


def in_files(name: str) -> bool:
    """Whether its page shows it with files: no connection sees it."""
    return bool(load(name).configurations("triggers")) and not load(name).dialogues("triggers")


def render(lang: str) -> str:
    """The page in a language."""
    say, in_scripts, on_real, why = _WORDS[lang], scripts(), real(), reasons()
    head = say["head"]
    lines = [
        f"# {say['title']}",
        "",
        str(say["other"]),
        "",
        str(say["about"]),
        "",
        _row(head),
        _row(["---"] * len(head)),
    ]
    for name in findings():
        page = load(name, lang)
        elsewhere = "logs" if in_logs(name) else "files" if in_files(name) else ""
        given = str(say[elsewhere]) if elsewhere else why.get("fault", {}).get(name, {}).get(lang, "")
        fault = f"`--fault {name}`" if name in FAULTS else given
        shown = _some(on_real.get(name, []), str(say["more"])) or why.get("real", {}).get(name, {}).get(lang, "")
        shown = shown or (str(say[f"{elsewhere}-real"]) if elsewhere else "")
        told = ", ".join([str(say["page"]), *in_scripts.get(name, [])])
        lines.append(_row([f"`{name}`", page.title, _severity(name, str(say["by"])), told, fault, shown]))
    return "\n".join(lines) + "\n"


def _severity(name: str, by_case: str) -> str:
    given = load_profile().severities.get(name)
    return str(given) if isinstance(given, str) else by_case


def _some(places: list[str], more: str) -> str:
    """The first three, and how many more."""
    hidden = len(places) - 3
    return ", ".join([*places[:3], more.format(n=hidden)] if hidden > 0 else places)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main())
