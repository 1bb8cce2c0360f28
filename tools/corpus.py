"""Runs the broken servers of the corpus, checks each from outside, and writes down what was named.

    python tools/corpus.py [--only PREFIX | --pages | --check]

The answers go to `tests/corpus/causes.json` and, as tables, to `docs/corpus.md` and `docs/corpus.ja.md`; standard
output has the score. It needs root, the servers that `tools/install-test-servers.sh` installs, and the corpus beside
the project. With --pages nothing is run: the pages are written from the answers that were kept. With --check nothing
is written either; it fails if the pages are not what would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "corpus"))

from broken_servers import cases, check, notes, running  # noqa: E402

ANSWERS = ROOT / "tests" / "corpus" / "causes.json"
PAGES = {"en": ROOT / "docs" / "corpus.md", "ja": ROOT / "docs" / "corpus.ja.md"}
# Well below the ephemeral ports, and each case on ports of its own: the kernel keeps closed ones busy for a minute.
_FIRST_PORT, _STEP, _BASES = 20000, 1000, 10

_WORDS = {
    "en": {
        "title": "Broken servers, checked from outside",
        "other": "[日本語](corpus.ja.md)",
        "about": "Made by `make corpus`: each server is a real Postfix and Dovecot, or Exim, broken in one way, "
        "started, and checked with the call that its case describes, from the wire alone. “Right” are the first "
        "causes that are true; where there is none, nothing is wrong that a client could see, and no cause of "
        "severity `fail` may be named. Where the answer is another one, the last column says why.",
        "score": "{right} of {all} cases are answered with a right cause; {other} have another, with its reason.",
        "head": ("case", "right from outside", "first cause named", "answer"),
        "none": "none",
        "infos": "none (info: {names})",
        "right": "right",
        "other-answer": "other: {why}",
    },
    "ja": {
        "title": "壊れたサーバーを外から検査した結果",
        "other": "[English](corpus.md)",
        "about": "`make corpus` で作成したものです。どのサーバーも実物の Postfix と Dovecot(または Exim)で、1 か所"
        "だけ壊して起動し、事例に書かれた呼び出しで外からだけ検査しています。「外から見た正解」は、最初に挙げる原因"
        "として正しいものです。「なし」は、クライアントから見える異常がないことを表し、重大度 `fail` の原因を挙げて"
        "はなりません。答えが正解と違うときは、最後の列に理由を示します。",
        "score": "{all} 件のうち {right} 件で正しい原因を挙げています。{other} 件は別の答えで、理由を示しています。",
        "head": ("事例", "外から見た正解", "最初に挙げた原因", "答え"),
        "none": "なし",
        "infos": "なし(情報: {names})",
        "right": "正解",
        "other-answer": "別の答え: {why}",
    },
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", metavar="PREFIX", help="cases whose name begins with this")
    arguments.add_argument("--pages", action="store_true", help="write the pages from the answers that were kept")
    arguments.add_argument("--check", action="store_true", help="fail if the pages are not what would be written")
    given = arguments.parse_args()
    if given.check:
        stale = [path.name for path, text in pages(kept()).items() if text != path.read_text("utf-8")]
        print("".join(f"docs/{name} is stale: make docs\n" for name in stale), end="", file=sys.stderr)
        return 1 if stale else 0
    if given.pages:
        write_pages(kept())
        return 0
    wanted = cases(given.only)
    if not wanted:
        print("no case: is the corpus beside the project?", file=sys.stderr)
        return 2
    known = kept()
    for number, case in enumerate(wanted):
        known[case["id"]] = answer(case, _FIRST_PORT + number % _BASES * _STEP)
        print(f"{case['id']:40} {known[case['id']]['causes'][:1]}", flush=True)
    ANSWERS.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    write_pages(known)
    right = sum(map(is_right, known.values()))
    print(f"{right} of {len(known)} right")
    return 0 if all(is_right(found) or name in notes() for name, found in known.items()) else 1


def answer(case: dict[str, Any], base_port: int) -> dict[str, Any]:
    """The names that are right, and the causes named: those of severity `fail` or `warn`, the first first."""
    with running(case, base_port) as server:
        report = check(case, server)
    causes = [[item["name"], item["severity"]] for item in report["causes"]]
    infos = sorted({item["name"] for item in report["findings"] if item["severity"] == "info"})
    return {"right": case["right"]["wire"], "causes": causes, "info": infos}


def is_right(known: dict[str, Any]) -> bool:
    """Whether the first cause is a right one; where none is, whether nothing was said to fail."""
    if not known["right"]:
        return not any(severity == "fail" for _, severity in known["causes"])
    named = [name for name, _ in known["causes"][:1]] or known["info"]
    return bool(set(named) & set(known["right"]))


def kept() -> dict[str, Any]:
    """The answers of former runs, by case."""
    known: dict[str, Any] = json.loads(ANSWERS.read_text("utf-8")) if ANSWERS.exists() else {}
    return known


def write_pages(known: dict[str, Any]) -> None:
    for path, text in pages(known).items():
        path.write_text(text, "utf-8")


def pages(known: dict[str, Any]) -> dict[Path, str]:
    """The text of each page."""
    return {path: render(known, lang) for lang, path in PAGES.items()}


def render(known: dict[str, Any], lang: str) -> str:
    """The page in a language."""
    say: dict[str, Any] = _WORDS[lang]
    right = sum(map(is_right, known.values()))
    score = say["score"].format(right=right, all=len(known), other=len(known) - right)
    lines = [f"# {say['title']}", "", say["other"], "", say["about"], "", score, ""]
    lines += [_row(say["head"]), _row(["---"] * len(say["head"]))]
    for name, found in sorted(known.items()):
        infos = say["infos"].format(names=", ".join(found["info"])) if found["info"] else say["none"]
        first = found["causes"][0][0] if found["causes"] else infos
        why = notes()[name]["why"][lang] if name in notes() else ""
        told = say["right"] if is_right(found) else say["other-answer"].format(why=why)
        lines.append(_row([name, ", ".join(found["right"]) or say["none"], first, told]))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
