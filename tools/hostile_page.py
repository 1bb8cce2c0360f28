"""Runs the real command against every hostile server, and writes docs/hostile.md and docs/hostile.ja.md.

    python tools/hostile_page.py [--check]

The seconds and megabytes are those measured in this run. With --check nothing is run and nothing written; it fails
if the pages do not name the servers that there are, what they do, and what a check of each names.
"""

from __future__ import annotations

import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "hostile"), str(ROOT / "tests")]

from wild import Hostile  # noqa: E402
from wildrun import Outcome, Place, run  # noqa: E402
from wildzoo import FRIENDS, MOST_MEGABYTES, SERVERS, deadline, friend_of  # noqa: E402

PAGES = {"en": ROOT / "docs" / "hostile.md", "ja": ROOT / "docs" / "hostile.ja.md"}
# Few at once: what is measured is to be what one check takes.
_AT_ONCE = 2
_ROW = re.compile(r"^\| (\S+ \(\w+\)) \| (.*?) \| (`\S+`|–) \| [\d.]+ \| \d+ \| [+-][\d.]+ \|$", re.MULTILINE)

_WORDS = {
    "en": {
        "title": "Hostile servers",
        "other": "[日本語](hostile.ja.md)",
        "about": "Made by `make hostile`. Each of these {n} servers is real, on a loopback socket (`tests/hostile`), "
        "and is checked by the real command, a process of its own. Whatever the server does, the check is over after "
        "ten times `--timeout` (the limit here), takes less than {most} MB more than one of a friendly server of the "
        "same kind (some {friendly} MB), writes no escape to the terminal, and names what is wrong. `–` is a server "
        "that nothing can be held against, or of which nothing could be told (exit code 3).",
        "head": ("server", "what it does", "first cause named", "seconds", "limit", "MB"),
        "megabytes": "MB are the largest resident size of the command, less that of the check of the friendly one. "
        "Below zero are checks that ended before they needed all of the program, such as TLS.",
    },
    "ja": {
        "title": "悪意あるサーバー",
        "other": "[English](hostile.md)",
        "about": "`make hostile` で作成したものです。ここに挙げる {n} 種類のサーバーはいずれもループバックのソケット"
        "上の実物で(`tests/hostile`)、それぞれを別プロセスで起動した実際のコマンドで確認しています。サーバーが何を"
        "しても、`--timeout` の 10 倍(表の「上限」)までに終わり、同種の正常なサーバーを確認したとき"
        "(およそ {friendly} MB)より {most} MB 以上は多く使わず、端末へエスケープシーケンスを書かず、問題の名前を"
        "挙げます。`–` は、サーバーに問題があるとは言えないか、判定不能(終了コード 3)のものです。",
        "head": ("サーバー", "動作", "最初に挙げる原因", "秒", "上限", "MB"),
        "megabytes": "MB は、コマンドの最大常駐サイズから、正常なサーバーを確認したときの値を引いたものです。"
        "負の値は、TLS などの部分を読み込む前に終わったことを示します。",
    },
}


def main() -> int:
    if "--check" in sys.argv[1:]:
        stale = [path.name for lang, path in PAGES.items() if not _is_current(path, lang)]
        for name in stale:
            print(f"docs/{name} is stale: make hostile", file=sys.stderr)
        return 1 if stale else 0
    with tempfile.TemporaryDirectory() as folder:
        place = Place.make(Path(folder))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            friends = dict(zip(FRIENDS, pool.map(lambda server: run(server, place), FRIENDS.values()), strict=True))
            made = list(zip(SERVERS, pool.map(lambda server: run(server, place), SERVERS), strict=True))
    wrong = [server.name for server, outcome in made if outcome.causes[:1] != server.causes[:1]]
    for name in wrong:
        print(f"{name}: another first cause than the table says", file=sys.stderr)
    for lang, path in PAGES.items():
        path.write_text(page(lang, friends, made), "utf-8")
    return 1 if wrong else 0


def page(lang: str, friends: dict[str, Outcome], made: list[tuple[Hostile, Outcome]]) -> str:
    words = _WORDS[lang]
    usual = round(sum(outcome.megabytes for outcome in friends.values()) / len(friends))
    about = str(words["about"]).format(n=len(made), most=MOST_MEGABYTES, friendly=usual)
    lines = [f"# {words['title']}", "", str(words["other"]), "", about, "", str(words["megabytes"]), ""]
    lines += [_row(words["head"]), "|---|---|---|--:|--:|--:|"]
    for server, outcome in made:
        more = outcome.megabytes - friends[_scheme(server)].megabytes
        measured = (f"{outcome.record.seconds:.1f}", f"{deadline(server):.0f}", f"{more:+.1f}")
        lines.append(_row((*_told(server, lang), *measured)))
    return "\n".join(lines) + "\n"


def _told(server: Hostile, lang: str) -> tuple[str, str, str]:
    """What of a row does not depend on a measurement."""
    first = f"`{server.causes[0]}`" if server.causes else "–"
    return f"{server.name} ({server.scheme})", server.ja if lang == "ja" else server.en, first


def _scheme(server: Hostile) -> str:
    return friend_of(server).scheme


def _row(cells: object) -> str:
    return f"| {' | '.join(cells)} |"  # type: ignore[call-overload]


def _is_current(path: Path, lang: str) -> bool:
    if not path.exists():
        return False
    rows = re.findall(
        r"^\| (\S+ \(\w+\)) \| (.*?) \| (`\S+`|–) \| [\d.]+ \| \d+ \| [+-][\d.]+ \|$", path.read_text(), re.M
    )
    return rows == [_told(server, lang) for server in SERVERS]


if __name__ == "__main__":
    sys.exit(main())
