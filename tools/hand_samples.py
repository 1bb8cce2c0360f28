"""Runs the commands by hand against the private Postfix and Dovecot and pastes what they print into their pages.

    python tools/hand_samples.py [--check]      (root, tmux, and the packages of the tests)

A block of a page that stands behind `<!-- sample NAME -->` is what that command printed. Ports, times, dates, ids and
lengths of lines differ from run to run: where nothing else does, a page and its other language are left as they are.
With --check nothing is written, and it fails if a page shows anything else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from made_pages import keep
from postfix_samples import laid_out
from talk_screenshot import captured

from mailproof.lab.real.server import RealLab

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("talk", "login", "send", "fetch", "roundtrip", "postfix")
LANGUAGES = {"en": "", "ja": ".ja"}
_BLOCK = re.compile(r"(<!-- sample ([a-z-]+) -->\n\n)((?:    .*\n|\n(?=    ))+)")
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
# What no two runs have in common: an id has ten characters or more, a digit among them, or is one of Dovecot's, of
# twenty-two, which has none now and then; days; then every number.
_CHANCE = re.compile(
    r"(?<![\w+/-])(?:(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{10,}|[A-Za-z0-9+/]{22})(?![\w+/-])"
    r"|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d+ \w{3}\b"
)

LOGIN = "-u alice@example.test --password-env PW"
TRUST = "--ca-file root.pem --name mail.example.test"
COMMANDS = {
    "fetch-table": ("imaps", f"fetch @ -u bob@example.test --password-env BOB {TRUST}"),
    "fetch-hops": ("imaps", f"fetch @ -u bob@example.test --password-env BOB --message last --hops {TRUST}"),
    "fetch-masked": ("imaps", f"fetch @ -u bob@example.test --password-env BOB --message last --mask {TRUST}"),
    "login-accepted": ("submission", f"login @ {LOGIN} {TRUST}"),
    "login-refused": ("imaps", f"login @ -u alice@example.test --password-env BOB {TRUST}"),
    "login-names": ("imaps", f"login @ -u alice --password-env PW --try-names {TRUST}"),
    "send-taken": ("submission", f'send @ {LOGIN} --to bob@example.test --subject hello --body "It works." {TRUST}'),
    "send-some": ("smtp", f"send @ --from a@x.test --to bob@example.test,nobody@example.test {TRUST}"),
    "roundtrip": (
        "submission imaps",
        f"roundtrip @ @ {LOGIN} --mailbox-user bob@example.test --mailbox-password-env BOB {TRUST}",
    ),
    "prove": (
        "",
        "postfix prove alice@pc1.example.co.jp bob@sub.example.co.jp --to carol@example.net --postfix-dir hub",
    ),
}
"""In this order: what `fetch` finds was sent before."""
MESSAGE = "From: a@x.test\\nTo: bob@example.test\\nSubject: =?iso-2022-jp?B?GyRCN29MPhsoQg==?= {n}\\n\\ntext\\n"
_WIDTH = 100


def samples() -> dict[str, dict[str, str]]:
    """By language and name: the command with what it printed, as it stands in a page."""
    made: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    with tempfile.TemporaryDirectory() as folder, RealLab() as lab:
        directory = Path(folder)
        shutil.copy(lab.ca_file, directory / "root.pem")
        laid_out("postfix", directory)
        for number in (1, 2):
            words = ("send", lab.urls["smtp"], "--from", "a@x.test", "--to", "bob@example.test", "--ehlo", "x.test")
            _run(lab, directory, [*words, "--data", MESSAGE.format(n=number)])
        while "2" not in (said := _run(lab, directory, _words(lab, *COMMANDS["fetch-table"]))).split("\n", 1)[0]:
            assert said  # LMTP answers Postfix when it is there, and Postfix is asked for no more than a moment
        for name, (schemes, command) in COMMANDS.items():
            for lang in LANGUAGES:
                printed = _run(lab, directory, ["--lang", lang, *_words(lab, schemes, command)])
                made[lang][name] = "\n".join([*_typed(lab, schemes, command), printed.rstrip("\n")])
        for lang in LANGUAGES:
            screen = _COLORS.sub("", captured(lab, lang, directory))
            made[lang]["talk"] = "\n".join(line.rstrip() for line in screen.rstrip("\n").split("\n"))
    return made


def _words(lab: RealLab, schemes: str, command: str) -> list[str]:
    import shlex

    return shlex.split(_at(lab, schemes, command))


def _at(lab: RealLab, schemes: str, command: str) -> str:
    for scheme in schemes.split():
        command = command.replace("@ ", f"{lab.urls[scheme]} ", 1)
    return command


def _run(lab: RealLab, directory: Path, words: list[str]) -> str:
    secrets = {"PW": lab.accounts["alice@example.test"], "BOB": lab.accounts["bob@example.test"]}
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "COLUMNS": str(_WIDTH), "LANG": "C.UTF-8", **secrets}
    command = [sys.executable, "-m", "mailproof", *words]
    done = subprocess.run(command, cwd=directory, env=env, capture_output=True, text=True, timeout=120, check=False)
    if done.stderr:
        raise SystemExit(f"{words}: {done.stderr}")
    return done.stdout


def _typed(lab: RealLab, schemes: str, command: str) -> list[str]:
    """The command as one types it, in lines that a page can hold."""
    lines = ["$ mailproof"]
    for word in re.findall(r'(?:--?[\w-]+ (?:"[^"]*"|[^-\s]\S*)|\S+)', _at(lab, schemes, command)):
        if len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append(f"      {word}")
        else:
            lines[-1] += f" {word}"
    return lines


def pasted(page: str, made: dict[str, str]) -> str:
    """The page with these blocks. Raises KeyError for a sample that is not made."""

    def block(match: re.Match[str]) -> str:
        return match[1] + "".join(f"    {line}\n" if line else "\n" for line in made[match[2]].split("\n"))

    return _BLOCK.sub(block, page)


def steady(text: str) -> str:
    """Without what differs by chance: blanks and line ends, ids, numbers."""
    ids = _CHANCE.sub("0", text.replace("\\\n", ""))
    return re.sub(r"[\d.]*\d", "0", re.sub(r"\s+", "", ids))


def main() -> int:
    made, texts = samples(), {}
    for page in PAGES:
        paths = {lang: ROOT / "docs" / f"{page}{suffix}.md" for lang, suffix in LANGUAGES.items()}
        old = {lang: path.read_text("utf-8") for lang, path in paths.items()}
        new = {lang: pasted(text, made[lang]) for lang, text in old.items()}
        # Both or none: the commands are the same in both languages, ports and all.
        if any(steady(old[lang]) != steady(new[lang]) for lang in LANGUAGES):
            texts.update({paths[lang]: new[lang] for lang in LANGUAGES})
    return keep(texts, "make samples")


if __name__ == "__main__":
    raise SystemExit(main())
