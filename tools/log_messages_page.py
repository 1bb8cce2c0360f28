"""Writes docs/log-messages.md and docs/log-messages.ja.md: every message that `log explain` knows.

    python tools/log_messages_page.py [--check]

With --check nothing is written; it fails if the pages are not what would be written.
"""

from __future__ import annotations

import re
from pathlib import Path

from made_pages import keep

from mailproof.catalog.log_messages import LogMessage, log_messages

DOCS = Path(__file__).resolve().parent.parent / "docs"
LANGUAGES = {"en": "log-messages.md", "ja": "log-messages.ja.md"}

_WORDS = {
    "en": {
        "title": "Messages of mail logs, and what they mean",
        "other": "[日本語](log-messages.ja.md)",
        "about": "Made by `make docs` from the table that `mailproof log explain` ([log.md](log.md)) uses. "
        "{n} causes, the grave ones first; each with a line as the program writes it.",
        "ranks": (
            "The server does not work",
            "Mail is stuck or lost",
            "Refusals and logins",
            "Worth a look",
            "Harmless",
        ),
        "page": "More: `mailproof explain {page}`.",
    },
    "ja": {
        "title": "メールログのメッセージとその意味",
        "other": "[English](log-messages.md)",
        "about": "`mailproof log explain`([log.ja.md](log.ja.md))が使う対応表から `make docs` で作成したものです。"
        "{n} 件を重大なものから順に、プログラムが書く行とともに示します。",
        "ranks": (
            "サーバーが動作しない",
            "メールが滞留または消失する",
            "拒否とログイン",
            "要確認",
            "無害",
        ),
        "page": "詳細: `mailproof explain {page}`",
    },
}

# Of syslog, or of Exim's own log, which has no host in it: when and where it was tells nothing.
_STAMP = re.compile(r"(?:[A-Z][a-z]{2} [ \d]\d|\d{4}-\d\d-\d\d) [\d:]{8} (?:(?:example|mail) )?")


def main() -> int:
    return keep({DOCS / name: render(lang) for lang, name in LANGUAGES.items()})


def render(lang: str) -> str:
    words, rows = _WORDS[lang], log_messages()
    lines = [f"# {words['title']}", "", str(words["other"]), "", str(words["about"]).format(n=len(rows))]
    for rank, title in enumerate(words["ranks"], 1):
        lines += ["", f"## {title}"]
        for row in sorted((row for row in rows if row.rank == rank), key=lambda row: row.name):
            lines += ["", *_row(row, lang)]
    return "\n".join(lines) + "\n"


def _row(row: LogMessage, lang: str) -> list[str]:
    line = _STAMP.sub("", row.sample)
    page = [str(_WORDS[lang]["page"]).format(page=row.page)] if row.page else []
    text = (
        " ".join([row.meaning[lang], row.mend[lang], *page])
        if lang == "en"
        else "".join([row.meaning[lang], row.mend[lang], *page])
    )
    return [f"### {row.name}", "", f"    {line}", "", text]


if __name__ == "__main__":
    raise SystemExit(main())
