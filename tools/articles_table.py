"""Writes docs/articles.md and docs/articles.ja.md from docs/articles.toml: what the articles do by hand, and ours.

    python tools/articles_table.py [--check]

With --check nothing is written; it fails if the pages are not what would be written.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from made_pages import keep

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "docs" / "articles.toml"
LANGUAGES = {"en": "articles.md", "ja": "articles.ja.md"}

Row = dict[str, Any]

# Where a test of a short name is: the file to link to, and the whole name for pytest.
_SHORT = {
    "check": ("tests/articles/check/{}.dialogue",
              "tests/articles/test_articles.py::test_a_check_finds_what_is_marked_and_passes_what_is_sound[{}]"),
    "login": ("tests/articles/login/{}.dialogue",
              "tests/articles/test_article_logins.py::test_a_login_ends_as_the_article_says[{}]"),
    "by_hand": ("tests/articles/by_hand/{}.dialogue",
                "tests/articles/test_articles.py::test_what_was_typed_by_hand_is_read_the_same_in_single_bytes[{}]"),
    "page": ("src/mailproof/catalog/en/{}.md",
             "tests/catalog/test_examples.py::test_the_first_example_gives_the_finding_of_its_page[{}-triggers-1]"),
}  # fmt: skip

_WORDS = {
    "en": {
        "title": "What the articles do by hand, and what does it here",
        "other": "[日本語](articles.ja.md)",
        "about": "Five Japanese articles show how administrators test mail servers by hand, with `openssl "
        "s_client`, `telnet`, `nmap`, `base64` and `tail -f`, what they see, and where they trip. Each command "
        "line, each line typed into a session, each setting and each error in them has a row; the numbers are "
        "those of their lines. Names in `code` are findings: `mailproof explain NAME` has a page for each. Made by "
        "`make docs`; a test reads the articles and fails where a line has no row.",
        "all": "All {all} lines are answered.",
        "count": "{done} of {all} lines are answered. {later} wait for commands that do not exist yet: {by}.",
        "article": "Article {n}: {title}",
        "head": ("line", "by hand", "here", "test"),
        "not-yet": "not yet: `{command}` ({issue})",
    },
    "ja": {
        "title": "記事の手作業と mailproof の対応表",
        "other": "[English](articles.md)",
        "about": "管理者が `openssl s_client`、`telnet`、`nmap`、`base64`、`tail -f` を使ってメールサーバーを手作"
        "業で確認する方法、そこで目にするもの、つまずく点を書いた 5 本の記事があります。そのコマンドライン、セッシ"
        "ョンへの入力、設定、エラーのすべてに対応する行を設けました。数字は記事の行番号です。`コード` の名前は検出"
        "事項で、`mailproof explain NAME` で説明を読めます。`make docs` で作成しています。テストが記事を読み、対応"
        "する行がなければ失敗します。",
        "all": "{all} 行のすべてに対応しています。",
        "count": "{all} 行のうち {done} 行に対応しています。残り {later} 行は、まだないコマンドを待っています"
        "({by})。",
        "article": "記事 {n}: {title}",
        "head": ("行", "手作業", "mailproof では", "テスト"),
        "not-yet": "未対応: `{command}`({issue})",
    },
}


def main() -> int:
    data = read()
    return keep({ROOT / "docs" / name: render(data, lang) for lang, name in LANGUAGES.items()})


def read() -> dict[str, Any]:
    """The data: `later` by command, and `article`, a list with the rows of each."""
    return tomllib.loads(DATA.read_text("utf-8"))


def lines_of(row: Row) -> list[int]:
    """The numbers that `21, 41-43` stands for."""
    numbers = []
    for part in row["lines"].split(","):
        first, _, last = part.strip().partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def words_of(row: Row) -> list[str]:
    """The words of each line."""
    words = row["words"]
    return words if isinstance(words, list) else [words] * len(lines_of(row))


def tests_of(row: Row) -> list[tuple[str, str]]:
    """The file of each test, from the root, and its whole name for pytest."""
    named = row.get("test", [])
    found = []
    for name in [named] if isinstance(named, str) else named:
        kind, slash, rest = name.partition("/")
        short = _SHORT.get(kind) if slash else None
        found.append((short[0].format(rest), short[1].format(rest)) if short else (name.partition("::")[0], name))
    return found


def render(data: dict[str, Any], lang: str) -> str:
    """The page in a language."""
    say: dict[str, Any] = _WORDS[lang]
    rows = [row for article in data["article"] for row in article["row"]]
    waiting = Counter(row["later"] for row in rows for _ in lines_of(row) if "later" in row)
    total, later = sum(len(lines_of(row)) for row in rows), sum(waiting.values())
    by = ", ".join(f"`{name}` {number}" for name, number in sorted(waiting.items()))
    count = say["count" if later else "all"].format(done=total - later, all=total, later=later, by=by)
    page = [f"# {say['title']}", "", say["other"], "", say["about"], "", count]
    for number, article in enumerate(data["article"], 1):
        page += ["", f"## {say['article'].format(n=number, title=article[lang])}", ""]
        page += [_row(say["head"]), _row(["---"] * len(say["head"]))]
        for row in article["row"]:
            by_hand = "<br>".join(f"`{text}`" for text in dict.fromkeys(words_of(row)))
            tests = "<br>".join(f"[{_name(file, test)}](../{file})" for file, test in tests_of(row))
            page.append(_row([row["lines"], by_hand, _ours(row, data, lang), tests]))
    return "\n".join(page) + "\n"


def _ours(row: Row, data: dict[str, Any], lang: str) -> str:
    if "later" in row:
        first = _WORDS[lang]["not-yet"].format(command=row["later"], issue=data["later"][row["later"]]["issue"][lang])
    else:
        first = f"`{row['ours']}`"
    return "<br>".join(filter(None, [str(first), row.get(lang, "")]))


def _name(file: str, test: str) -> str:
    """What a link to a test is called: the dialogue, the page, or the function."""
    return Path(file).stem if not file.endswith(".py") else test.rpartition("::")[2].partition("[")[0]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main())
