"""Asks the examples of docs/postfix*.md and docs/rewriting*.md again and pastes what is said (part of `make docs`).

    python tools/postfix_samples.py [--check]

Every `$ mailproof postfix` of a page is run in a folder with the configurations of FOLDERS; what a page shows of a
file has to be in one of them. A block behind `<!-- sample NAME -->` needs a server: tools/hand_samples.py makes it.
With --check nothing is written, and it fails if a page shows anything else.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from made_pages import keep

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {"en": "", "ja": ".ja"}
_BLOCK = re.compile(r"(<!-- sample [a-z-]+ -->\n\n)?((?:    .*\n|\n+(?=    ))+)")
_ASKED = re.compile(r"^\$ mailproof (postfix .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_WIDTH = "100"

_BY_SENDER = "@example.co.jp      {0}[relay1.example.com]:25\n@sub.example.co.jp  {1}[relay2.example.com]:25\n"
_SERVICES = """smtp inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
"""
_SMTP = "smtp unix - - n - - smtp\n"
_FOR_USERS = """smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
rewrite unix - - n - - trivial-rewrite
smtp unix - - n - - smtp
"""
_HUB = """myhostname = hub.example.co.jp
mynetworks = 127.0.0.0/8, 192.0.2.0/24
sender_canonical_maps = hash:/etc/postfix/sender_canonical
compatibility_level = 3.6
"""
_ALICE = "alice@pc1.example.co.jp  alice@example.co.jp\n"

FOLDERS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "postfix": {
        "copy": {
            "main.cf": "myhostname = mail.example.com\nrelayhost = [gw.example.com]:587\n"
            "sender_dependent_default_transport_maps =\n    hash:/etc/postfix/sender_transport\n"
            "transport_maps = hash:/etc/postfix/transport\n",
            "master.cf": f"smtp inet n - n - - smtpd\n{_SMTP}",
            "sender_transport": "# by the sender\n" + _BY_SENDER.format("smtp:", "smtp:"),
            "transport": "partner.example  smtp:[direct.example.com]\n",
        },
        "by-relayhost": {
            "main.cf": "myhostname = mail.example.com\n"
            "sender_dependent_relayhost_maps = hash:/etc/postfix/sender_relay\n",
            "master.cf": f"{_SERVICES}{_SMTP}",
            "sender_relay": _BY_SENDER.format("", ""),
        },
        "by-transport": {
            "main.cf": "myhostname = mail.example.com\n"
            "sender_dependent_default_transport_maps = hash:/etc/postfix/sender_transport\n",
            "master.cf": f"{_SERVICES}{_SMTP}"
            "viascanner  unix  -  -  n  -  -  smtp\n  -o smtp_helo_name=scanner.example.co.jp\n",
            "sender_transport": _BY_SENDER.format("viascanner:", "smtp:"),
        },
        "hub": {
            "main.cf": f"{_HUB}sender_dependent_relayhost_maps = hash:/etc/postfix/sender_relay\n",
            "master.cf": _FOR_USERS,
            "sender_canonical": _ALICE,
            "sender_relay": "@example.co.jp [relay1.example.co.jp]:25\n"
            "@sub.example.co.jp [relay2.example.co.jp]:25\n",
        },
    },
    "rewriting": {
        "copy": {"main.cf": _HUB, "master.cf": _FOR_USERS, "sender_canonical": _ALICE},
        "copy-all": {
            "main.cf": f"{_HUB}smtpd_sasl_auth_enable = no\nlocal_header_rewrite_clients = static:all\n",
            "master.cf": _FOR_USERS,
            "sender_canonical": f"{_ALICE}@partner.example  partner@example.co.jp\n",
        },
    },
}
"""By page and name of the folder: files."""
MESSAGE = """From: Alice <alice@pc1.example.co.jp>
To: Bob <bob@example.net>
Subject: hello
Date: Sat, 21 Nov 2026 10:00:00 +0000
Message-ID: <1@pc1.example.co.jp>

hello
"""
# One interpreter for all commands of a page: most of the time of each is its start.
_RUN_ALL = """
import json, sys
from mailproof.cli.program import run
for words in json.loads(sys.argv[1]):
    code = run(words)
    sys.stdout.write(chr(0) + str(code) + chr(0))
"""


def laid_out(page: str, folder: Path) -> None:
    """The folders of a page below this one."""
    for name, files in FOLDERS[page].items():
        (folder / name).mkdir()
        for file, text in files.items():
            (folder / name / file).write_text(text, "utf-8")
    (folder / "mail.eml").write_text(MESSAGE, "utf-8")


def made(page: str, text: str, lang: str) -> str:
    """The page with what its commands print now. Raises ValueError for a line of a file that is in no folder."""
    known = {line.strip() for files in FOLDERS[page].values() for each in files.values() for line in each.split("\n")}
    bodies = [(match[1], re.sub(r"^    ", "", match[2], flags=re.MULTILINE)) for match in _BLOCK.finditer(text)]
    asked = [found[1] for mark, body in bodies if not mark for found in _ASKED.finditer(body)]
    results = iter(printed(page, asked, lang))

    def block(match: re.Match[str]) -> str:
        body = re.sub(r"^    ", "", match[2], flags=re.MULTILINE)
        if match[1] or not _ASKED.search(body):
            return match[0]
        shown = body.partition("$ mailproof")[0].split("\n")
        strange = [line for line in shown if line and not line.startswith("#") and line.strip() not in known]
        if strange:
            raise ValueError(f"docs/{page}: no example has the line {strange[0]!r}")
        body = _ASKED.sub(lambda found: f"$ mailproof {found[1]}\n{next(results)}", body)
        return "".join(f"    {line}\n" if line else "\n" for line in body.rstrip("\n").split("\n"))

    return _BLOCK.sub(block, text)


def printed(page: str, commands: Sequence[str], lang: str) -> Sequence[str]:
    """By each command, in lines of 100 characters, among the folders of a page."""
    with tempfile.TemporaryDirectory() as folder:
        laid_out(page, Path(folder))
        env = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "COLUMNS": _WIDTH,
            "LANG": "C.UTF-8",
            "MAILPROOF_LANG": lang,
        }
        words = json.dumps([shlex.split(each) for each in commands])
        command = [sys.executable, "-c", _RUN_ALL, words]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    parts = done.stdout.split("\0")
    if done.stderr or len(parts) != 2 * len(commands) + 1 or set(parts[1::2]) != {"0"}:
        raise SystemExit(f"{page}, {lang}: {parts[1::2]} {done.stderr}")
    return parts[:-1:2]


def main() -> int:
    texts = {}
    for page in FOLDERS:
        for lang, suffix in LANGUAGES.items():
            path = ROOT / "docs" / f"{page}{suffix}.md"
            texts[path] = made(page, path.read_text("utf-8"), lang)
    return keep(texts)


if __name__ == "__main__":
    raise SystemExit(main())
