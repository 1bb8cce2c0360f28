"""Runs the broken servers of the corpus, checks each from outside and with its own evidence, and keeps the answers.

    python tools/corpus.py [--only PREFIX] [--from wire|inside] [--pages | --check]

The answers go to `tests/corpus/causes.json` and, as tables, to `docs/corpus.md` and `docs/corpus.ja.md`; standard
output has the score. It needs root, the servers that `tools/install-test-servers.sh` installs, and the corpus beside
the project. With --pages nothing is run: the pages are written from the answers that were kept. With --check nothing
is written either; it fails if the pages are not what would be written.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "corpus"), str(ROOT / "tests")]

from broken_servers import cases, check, notes, running  # noqa: E402
from made_pages import keep  # noqa: E402

from nameservers import own_resolv_conf  # noqa: E402

ANSWERS = ROOT / "tests" / "corpus" / "causes.json"
PAGES = {"en": ROOT / "docs" / "corpus.md", "ja": ROOT / "docs" / "corpus.ja.md"}

_WORDS = {
    "en": {
        "title": "Broken servers, and what the check names",
        "other": "[日本語](corpus.ja.md)",
        "about": "Made by `make corpus`: each server is a real Postfix and Dovecot, or Exim, broken in one way, "
        "started, and checked with the call that its case describes: from the wire alone, and with the server’s own "
        "logs, configuration and sockets (`--here --log … --postfix-dir … --dovecot-conf …`). “Right” are the first "
        "causes that are true; where there is none, nothing is wrong that a client could see, and no cause of "
        "severity `fail` may be named. Where the answer is another one, the last column says why.",
        "score": "{right} of {all} cases are answered with a right cause; {other} have another, with its reason.",
        "wire": "From outside",
        "inside": "With the server’s own evidence",
        "head": ("case", "right", "first cause named", "answer"),
        "none": "none",
        "infos": "none (info: {names})",
        "right": "right",
        "other-answer": "other: {why}",
    },
    "ja": {
        "title": "壊れたサーバーと、検査が挙げた原因",
        "other": "[English](corpus.md)",
        "about": "`make corpus` で作成したものです。どのサーバーも実物の Postfix と Dovecot(または Exim)で、1 か所"
        "だけ壊して起動し、事例に書かれた呼び出しで検査しています。外からだけの検査と、サーバー自身のログ、設定、ソケットも"
        "使う検査(`--here --log … --postfix-dir … --dovecot-conf …`)の両方です。「正解」は、最初に挙げる原因"
        "として正しいものです。「なし」は、その証拠から分かる異常がないことを表し、重大度 `fail` の原因を挙げて"
        "はなりません。答えが正解と違うときは、最後の列に理由を示します。",
        "score": "{all} 件のうち {right} 件で正しい原因を挙げています。{other} 件は別の答えで、理由を示しています。",
        "wire": "外からの検査",
        "inside": "サーバー自身の証拠も使った検査",
        "head": ("事例", "正解", "最初に挙げた原因", "答え"),
        "none": "なし",
        "infos": "なし(情報: {names})",
        "right": "正解",
        "other-answer": "別の答え: {why}",
    },
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--only", default="", metavar="PREFIX", help="cases whose name begins with this")
    arguments.add_argument("--from", dest="sides", choices=("wire", "inside"), help="only with this evidence")
    arguments.add_argument("--pages", action="store_true", help="write the pages from the answers that were kept")
    arguments.add_argument("--check", action="store_true", help="fail if the pages are not what would be written")
    given = arguments.parse_args()
    if given.check or given.pages:
        return keep(pages(kept()))
    wanted = cases(given.only)
    if not wanted:
        print("no case: is the corpus beside the project?", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _end)
    known = kept()
    sides = [given.sides] if given.sides else ["wire", "inside"]
    with tempfile.TemporaryDirectory() as folder, own_resolv_conf(Path(folder, "resolv.conf")):
        for case in wanted:
            for side in sides:
                known.setdefault(case["id"], {})[side] = answer(case, side)
            told = [known[case["id"]][side]["causes"][:1] for side in sides]
            print(f"{case['id']:40} {told}", flush=True)
    ANSWERS.write_text(json.dumps(dict(sorted(known.items())), indent=1, ensure_ascii=False) + "\n", "utf-8")
    keep(pages(known))
    for side in ("wire", "inside"):
        told = [found[side] for found in known.values() if side in found]
        print(f"{side}: {sum(map(is_right, told))} of {len(told)} right")
    return 0 if all(is_right(found["wire"]) or name in notes() for name, found in known.items()) else 1


def _end(*_: object) -> None:
    """As by Ctrl-C, and not twice: the server of the case must not stay behind, for its ports are the next run's."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def answer(case: dict[str, Any], side: str) -> dict[str, Any]:
    """The names that are right, and the causes named: those of severity `fail` or `warn`, the first first."""
    with running(case) as server:
        report = check(case, server, inside=side == "inside")
    causes = [[item["name"], item["severity"]] for item in report["causes"]]
    infos = sorted({item["name"] for item in report["findings"] if item["severity"] == "info"})
    return {"right": case["right"][side], "causes": causes, "info": infos}


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


def pages(known: dict[str, Any]) -> dict[Path, str]:
    """The text of each page."""
    return {path: render(known, lang) for lang, path in PAGES.items()}


def render(known: dict[str, Any], lang: str) -> str:
    """The page in a language."""
    say: dict[str, Any] = _WORDS[lang]
    lines = [f"# {say['title']}", "", say["other"], "", say["about"]]
    for side in ("wire", "inside"):
        told = {name: found[side] for name, found in sorted(known.items()) if side in found}
        right = sum(map(is_right, told.values()))
        score = say["score"].format(right=right, all=len(told), other=len(told) - right)
        lines += ["", f"## {say[side]}", "", score, "", _row(say["head"]), _row(["---"] * len(say["head"]))]
        lines += [_row(_cells(name, found, side, say, lang)) for name, found in told.items()]
    return "\n".join(lines) + "\n"


def _cells(name: str, found: dict[str, Any], side: str, say: dict[str, Any], lang: str) -> list[str]:
    infos = say["infos"].format(names=", ".join(found["info"])) if found["info"] else say["none"]
    first = found["causes"][0][0] if found["causes"] else infos
    note = notes().get(name, {}) if side == "wire" else notes().get(name, {}).get("inside", {})
    why = note["why"][lang] if "why" in note else ""
    answer_ = say["right"] if is_right(found) else say["other-answer"].format(why=why)
    return [name, ", ".join(found["right"]) or say["none"], first, answer_]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
